/// A configuration key with its type, value and origin. Used by `pulse config check`, by the reference in the documentation, and to find
/// what a reload changes.
public struct ConfigurationEntry: Sendable, CustomStringConvertible {
    /// When a changed value takes effect.
    public enum Reload: Sendable { case live, restart }

    /// Where a value comes from.
    public enum Origin: Sendable, Equatable, CustomStringConvertible {
        case standard
        case line(String, Int?)
        case variable(String)

        public var description: String {
            switch self {
            case .standard: "default"
            case .line(let file, let line): line.map { "\(file):\($0)" } ?? file
            case .variable(let name): name
            }
        }
    }

    /// The key with its section: `server.port`.
    public let key: String
    /// The accepted values in words: `a whole number from 0 to 65535`.
    public let accepts: String
    /// The unit, such as `seconds`; "" if there is none.
    public let unit: String
    /// A one-line description; "" if the comments in `config/pulse.yaml` explain the key.
    public let summary: String
    /// The environment variable that overrides the file; nil if no variable does.
    public let variable: String?
    /// When a change takes effect.
    public let reload: Reload
    /// The default as displayed; secrets are hidden.
    public let standard: String
    /// The value as displayed; secrets are hidden.
    public let value: String
    /// Where the value comes from.
    public let origin: Origin

    /// The complete value, including secrets, to detect changes.
    let identity: Secret

    /// The entry as one line: `server.port: 9090 (config/pulse.yaml:12)`.
    public var description: String { "\(key): \(value) (\(origin))" }
}
