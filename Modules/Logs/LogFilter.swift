import Core

/// The conditions on log entries in a request's parameters.
struct LogFilter: Sendable {
    let levels: [LogLevel]
    let release: String?
    let environment: String?
    let words: [String]

    static let parameters = [
        Parameter("level", .text(maximum: 60), "One or more of debug, info, warn, error and fatal, separated by commas."),
        Parameter("release", .text(maximum: 200), "Only entries from this release."),
        Parameter("environment", .text(maximum: 100), "Only entries from this environment."),
        Parameter(
            "search", .text(maximum: 1_000),
            "Text to find in the message, ignoring case: all of the words, and \"several words\" in quotes as one phrase."),
    ]

    private static let maximumWords = 20

    init(_ call: ProjectRequest) throws {
        levels = try call.text("level").map(LogLevel.parse) ?? []
        release = call.text("release")
        environment = call.text("environment")
        words = Self.words(of: call.text("search") ?? "")
        guard words.count <= Self.maximumWords else {
            throw ServiceError.parameter("search", "must have at most \(Self.maximumWords) words; got \(words.count).")
        }
    }

    /// Splits a search into words and phrases: `retry "card declined"` is one word and one phrase. An unclosed quote extends to the end of
    /// the text.
    static func words(of search: String) -> [String] {
        search.lowercased().parts(separatedBy: "\"").enumerated().flatMap { index, part in
            index % 2 == 1 ? [part] : part.split(whereSeparator: \.isWhitespace).map(String.init)
        }.filter { !$0.isEmpty }
    }

    /// The SQL condition that selects matching rows of `logs_entries`.
    var condition: SQL {
        var conditions: [SQL] = []
        if !levels.isEmpty { conditions.append("level IN \(list: levels.map(\.rawValue))") }
        if let release { conditions.append("release = \(release)") }
        if let environment { conditions.append("environment = \(environment)") }
        conditions += words.map { "strpos(search_text, \($0)) > 0" }
        return SQL.all(conditions)
    }
}
