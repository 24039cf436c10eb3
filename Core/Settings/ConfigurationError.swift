/// One mistake in the configuration, and where it is.
///
/// Printed as `config/pulse.yaml:12: modules.funels: unknown module; did you mean 'funnels'?`. If an environment variable is wrong, its
/// name takes the place of file, line and key: `PULSE_PORT: must be a whole number from 0 to 65535; got 'http'`.
public struct ConfigurationError: Sendable, Equatable, CustomStringConvertible {
    /// Where a mistake can be.
    public enum Place: Sendable, Equatable {
        /// A file and a line; a nil line means the file as a whole.
        case line(String, Int?)
        /// An environment variable.
        case variable(String)
        /// Neither a file nor a variable, because there is no file.
        case nowhere
    }

    /// Where the mistake is.
    public let place: Place
    /// The key with its sections, such as `server.port` or `projects[0].name`; "" for the file as a whole.
    public let key: String
    /// The problem, worded to follow a colon after the key or the variable.
    public let message: String

    public init(_ place: Place, _ key: String, _ message: String) {
        self.place = place
        self.key = key
        self.message = message
    }

    public var description: String {
        let subject = key.isEmpty ? "" : "\(key): "
        return switch place {
        case .line(let file, let line?): "\(file):\(line): \(subject)\(message)"
        case .line(let file, nil): "\(file): \(subject)\(message)"
        case .variable(let name): "\(name): \(message)"
        case .nowhere: "\(subject)\(message)"
        }
    }
}

/// All mistakes in the configuration. Printed as one line per mistake.
public struct ConfigurationErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// The mistakes, in the order of their lines. Mistakes in environment variables come last.
    public let errors: [ConfigurationError]

    /// Sorts the errors by line. Errors in environment variables come last.
    public init(_ errors: [ConfigurationError]) {
        func rank(_ error: ConfigurationError) -> Int {
            switch error.place {
            case .line(_, let line): line ?? 0
            case .nowhere: .max - 1
            case .variable: .max
            }
        }
        self.errors = errors.enumerated()
            .sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
            .map(\.element)
    }

    public var description: String { errors.map(\.description).joined(separator: "\n") }
}
