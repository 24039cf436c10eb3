import Access
import HTTPTypes

/// Names all operations by one rule: a verb, followed by a noun made from the words of the path.
///
/// `GET /api/v1/goals/{id}` is `getGoal`, `GET /api/v1/goals` is `listGoals`, `POST /api/v1/cohorts/{id}/analyze` is `analyzeCohort`.
enum OpenAPIOperationName {
    /// Last path segments that are verbs, not nouns.
    private static let verbs: Set<String> = [
        "analyze", "collect", "compare", "disable", "drill", "enable", "evaluate", "export", "preview", "query", "rotate", "run", "test",
    ]

    /// The name of a route's operation. Routes that set their own name don't use this.
    /// - Parameter isCollection: whether single resources below this path have routes, or can be created at this path.
    static func name(of route: Route, isCollection: Bool) -> String {
        if let name = route.operationName { return name }
        var parts = route.path.split(separator: "/").map(String.init)
        if parts.count > 1, parts[0] == "api" { parts.removeFirst(["v1", "admin"].contains(parts[1]) ? 2 : 1) }
        if let last = parts.last, verbs.contains(last), [.get, .post].contains(route.method) {
            parts.removeLast()
            // A POST without an id acts on a single resource, which its body describes.
            let isOne = route.method == .post && !(parts.last?.hasPrefix("{") ?? true)
            return last + noun(parts, isOne: isOne)
        }
        let isItem = parts.last?.hasPrefix("{") ?? false
        switch route.method {
        case .get: return (isCollection && !isItem ? "list" : "get") + (parts.isEmpty ? "Root" : noun(parts))
        case .post where route.success.status == 201: return "create" + noun(parts, isOne: true)
        case .post where route.access == .read: return "run" + noun(parts)
        case .put: return "update" + noun(parts)
        case .delete: return "delete" + noun(parts)
        default: return route.method.rawValue.lowercased() + noun(parts)
        }
    }

    /// Joins the path segments into one word. A segment that is followed by a parameter becomes singular.
    private static func noun(_ parts: [String], isOne: Bool = false) -> String {
        parts.indices.filter { !parts[$0].hasPrefix("{") }.map { index in
            let followed = index + 1 < parts.count ? parts[index + 1].hasPrefix("{") : isOne
            let word = capitalized(parts[index])
            return followed ? singular(word) : word
        }.joined()
    }

    /// Joins the parts of a name in camel case: `web_vitals` becomes `WebVitals`.
    static func capitalized(_ text: some StringProtocol) -> String {
        text.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private static let unchanged = ["Stats", "Analytics", "Series", "series", "Status", "Ms", "Seconds"]

    /// The singular of a word that ends in an English plural; other words are returned unchanged.
    static func singular(_ word: String) -> String {
        if unchanged.contains(where: word.hasSuffix) { return word }
        if word.hasSuffix("ies") { return word.dropLast(3) + "y" }
        if word.hasSuffix("Aliases") { return String(word.dropLast(2)) }
        return word.hasSuffix("s") && !word.hasSuffix("ss") ? String(word.dropLast()) : word
    }

    /// Splits an operation name into its verb and its noun.
    static func parts(of name: String) -> (verb: String, noun: String) {
        let end = name.firstIndex(where: \.isUppercase) ?? name.endIndex
        return (String(name[..<end]), String(name[end...]))
    }
}
