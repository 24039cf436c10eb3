/// Who made something that runs or is shown later, such as a task, a schedule or an embed. It is stored along with that.
///
/// A maker is only a name. Its rights are looked up each time, so what it made never has more rights than the maker itself has then.
public enum Maker: Sendable, Equatable {
    /// A module, for work that nobody asked for. Only the project's switches limit it.
    case module
    /// The API key with this id.
    case key(String)
    /// Whoever has the admin token.
    case administrator
    /// Someone whom only one surface knows, such as a user. The surface says what that principal may do now: `Surface.principal`.
    case member(surface: String, kind: String, id: String)
    /// Someone for whom nothing may run later, such as a visitor with a public link.
    case nobody

    public static func == (left: Maker, right: Maker) -> Bool { left.description.isExactly(right.description) }
}

extension Maker: CustomStringConvertible {
    /// The maker as it is stored: `module`, `key <id>`, `administrator`, `member <surface> <kind> <id>` or `nobody`.
    public var description: String {
        switch self {
        case .module: "module"
        case .key(let id): "key \(id)"
        case .administrator: "administrator"
        case .member(let surface, let kind, let id): "member \(surface) \(kind) \(id)"
        case .nobody: "nobody"
        }
    }

    /// The maker in text that `description` has. Any other text was written by a newer version: nobody.
    public init(stored text: String) {
        // Ids of a surface's principals come from elsewhere, and may contain spaces.
        let words = text.utf8.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false).map {
            String(Substring($0))
        }
        self =
            switch (words[0], words.count) {
            case ("module", 1): .module
            case ("key", 2): .key(words[1])
            case ("administrator", 1): .administrator
            case ("member", 4): .member(surface: words[1], kind: words[2], id: words[3])
            default: .nobody
            }
    }
}
