/// A key of the configuration with what holds for it: for `pulse config check`, for the reference in the documentation
/// and to tell what a reload changes.
public struct ConfigurationEntry: Sendable, CustomStringConvertible {
    /// When a changed value takes effect.
    public enum Reload: Sendable { case live, restart }

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

    /// `server.port`
    public let key: String
    /// What is accepted: `a whole number from 0 to 65535`.
    public let accepts: String
    /// `seconds`; "" where the value has none.
    public let unit: String
    /// One line for people; "" where the comments of `config/pulse.yaml` say it.
    public let summary: String
    /// The environment variable that overrides the file; nil when there is none.
    public let variable: String?
    public let reload: Reload
    /// As shown: secrets are hidden.
    public let standard: String
    public let value: String
    public let origin: Origin

    /// The value in full, to find out whether it changed.
    let identity: Secret

    /// `server.port: 9090 (config/pulse.yaml:12)`
    public var description: String { "\(key): \(value) (\(origin))" }
}
