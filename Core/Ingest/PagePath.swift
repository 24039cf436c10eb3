/// How a page's path is kept.
public enum PagePath {
    /// Without query and fragment, which hold what identifies people; a path of a hash route (`/#/inbox`) keeps it.
    public static func clean(_ path: String) -> String {
        let utf8 = path.utf8
        guard let cut = utf8.firstIndex(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) else { return path }
        guard utf8[cut] == UInt8(ascii: "#"), [UInt8(ascii: "/"), UInt8(ascii: "!")].contains(utf8[utf8.index(after: cut)...].first) else {
            return String(path[..<cut])
        }
        return String(path[..<(utf8.firstIndex(of: UInt8(ascii: "?")) ?? path.endIndex)])
    }
}
