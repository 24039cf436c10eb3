import Core

/// The severity of an entry, lowest first.
enum LogLevel: String, CaseIterable, Sendable {
    case debug, info, warn, error, fatal

    static let names = allCases.map(\.rawValue)

    /// Reads `error` or `error,fatal`.
    /// - Throws: A 400 that names the unknown level.
    static func parse(list text: String) throws -> [LogLevel] {
        try text.split(separator: ",").map { name in
            guard let level = LogLevel(rawValue: String(name)) else {
                throw ServiceError.parameter(
                    "level",
                    "must be one or more, separated by commas, of \(names.map { "'\($0)'" }.joined(separator: ", ")); got '\(String(name).excerpt(60))'."
                )
            }
            return level
        }
    }
}
