/// How a page's path is kept.
public enum PagePath {
    /// Without query and fragment, which hold what identifies people; a path of a hash route (`/#/inbox`) keeps it.
    public static func clean(_ path: String) -> String {
        let withoutQuery = path.prefix { $0 != "?" }
        guard let hash = withoutQuery.firstIndex(of: "#") else { return String(withoutQuery) }
        let route = withoutQuery[withoutQuery.index(after: hash)...]
        return route.hasPrefix("/") || route.hasPrefix("!") ? String(withoutQuery) : String(withoutQuery[..<hash])
    }
}
