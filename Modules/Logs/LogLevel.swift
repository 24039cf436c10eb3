import Core

/// The severity of an entry. The cases are in ascending order.
enum LogLevel: String, CaseIterable, Sendable {
    case debug, info, warn, error, fatal

    static let names = allCases.map(\.rawValue)

    /// Parses one level or several separated by commas, such as `error,fatal`.
    /// - Throws: A 400 that names the unknown level.
    static func parse(list text: String) throws -> [LogLevel] {
        try text.split(separator: ",").map { name in
            guard let level = LogLevel(rawValue: String(name)) else {
                throw ServiceError.parameter(
                    "level",
                    "must be one or more of \(names.map { "'\($0)'" }.joined(separator: ", ")), separated by commas; got '\(String(name).excerpt(60))'."
                )
            }
            return level
        }
    }
}
