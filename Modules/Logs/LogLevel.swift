import Core

/// How much an entry matters, in rising order.
enum LogLevel: String, CaseIterable, Sendable {
    case debug, info, warn, error, fatal

    static let names = allCases.map(\.rawValue)

    /// Reads `error` or `error,fatal`.
    /// - Throws: 400 that names what is none.
    static func parse(list text: String) throws -> [LogLevel] {
        try text.split(separator: ",").map { name in
            guard let level = LogLevel(rawValue: String(name)) else {
                throw ServiceError.parameter(
                    "level",
                    "must be one or several, with commas, of \(names.map { "'\($0)'" }.joined(separator: ", ")); "
                        + "got '\(String(name).excerpt(60))'.")
            }
            return level
        }
    }
}
