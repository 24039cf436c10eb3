/// A configuration key with its type, value and origin. Used by `pulse config check`, by the documentation's reference, and to find out
/// what a reload changes.
public struct ConfigurationEntry: Sendable, CustomStringConvertible {
    /// When a change takes effect: immediately on SIGHUP, or when Pulse is restarted.
    public enum Reload: Sendable { case live, restart }

    /// Where a value comes from: the default, a line of a file (nil if there is no line number), or an environment variable.
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

    /// The key with its section, such as `server.port`.
    public let key: String
    /// The accepted values in words, such as `a whole number from 0 to 65535`.
    public let accepts: String
    /// The unit, such as `seconds`; "" if there is none.
    public let unit: String
    /// A one-line description; "" for keys that only the comments in `config/pulse.yaml` explain.
    public let summary: String
    /// The environment variable that overrides the file; nil if there is none.
    public let variable: String?
    /// When a change takes effect.
    public let reload: Reload
    /// The default value as displayed; secrets are hidden.
    public let standard: String
    /// The value as displayed; secrets are hidden.
    public let value: String
    /// Where `value` comes from.
    public let origin: Origin

    /// The complete value, including secrets, which is compared to detect changes.
    let identity: Secret

    /// The entry as one line: `server.port: 9090 (config/pulse.yaml:12)`.
    public var description: String { "\(key): \(value) (\(origin))" }
}
