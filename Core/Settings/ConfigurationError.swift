/// One mistake in the configuration, and where it is.
///
/// Printed as `config/pulse.yaml:12: modules.funels: unknown module; did you mean 'funnels'?`. If an environment variable is wrong, its
/// name comes first: `PULSE_PORT: must be a whole number from 0 to 65535; got 'http'`.
public struct ConfigurationError: Sendable, Equatable, CustomStringConvertible {
    /// The place of a mistake.
    public enum Place: Sendable, Equatable {
        /// A line of a file; a nil line means the file as a whole.
        case line(String, Int?)
        case variable(String)
        /// There is no file, so the key has its default.
        case nowhere
    }

    /// Where the mistake is.
    public let place: Place
    /// The key with its sections: `server.port`, `projects[0].name`; "" for the file as a whole.
    public let key: String
    /// The problem, worded to follow the key and a colon.
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

/// All mistakes in the configuration, in file order. Printed with one line for each.
public struct ConfigurationErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// The mistakes, those in environment variables last.
    public let errors: [ConfigurationError]

    /// Sorts by line, with environment variables last.
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
