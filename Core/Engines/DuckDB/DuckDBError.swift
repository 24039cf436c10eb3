import Common
import Storage

/// What DuckDB refused: the kind of error, its words and the statement, with placeholders and never with the bound values.
public struct DuckDBError: Error, Sendable, Equatable, CustomStringConvertible {
    /// DuckDB's name of the kind, in `snake_case`: `binder`, `catalog`, `constraint`, `conversion`, `io`, `fatal` ...
    public let code: String
    public let message: String
    /// Nil when no statement of ours was running.
    public let statement: String?

    init(code: String, message: String, statement: String? = nil) {
        self.code = code
        self.message = message
        self.statement = statement
    }

    public var description: String {
        "DuckDB error \(code): \(message)" + (statement.map { " - while executing: \($0.excerpt(2_000))" } ?? "")
    }

    /// A use of the store that can't work: a mistake of ours.
    static func misuse(_ message: String, statement: String? = nil) -> DuckDBError {
        DuckDBError(code: "misuse", message: message, statement: statement)
    }

    /// The database can't be used any more, or not at the moment: its disk is full or broken, or it stopped itself.
    var isUnavailable: Bool { code == "fatal" || code == "io" }

    /// Neither memory nor its temporary files were enough for what is asked at a time.
    var isOutOfMemory: Bool { code == "out_of_memory" }

    var isDuplicateKey: Bool { code == "constraint" && message.hasPrefix("Duplicate key") }

    /// Another transaction is in the way.
    var isConflict: Bool { code == "transactioncontext" || code == "transaction" }

    /// The database stopped itself; it must be opened anew.
    var isFatal: Bool { code == "fatal" }
}

extension DuckDBError {
    /// DuckDB's text, `Binder Error: ...`, without what it may quote of rows and bound values.
    init(text: String, statement: String?, values: [Value] = []) {
        guard let colon = text.firstRange(of: " Error: ") else {
            self.init(code: "unknown", message: Self.masked(text, values), statement: statement)
            return
        }
        let code = text[..<colon.lowerBound].lowercased().split(separator: " ").joined(separator: "_")
        // From "LINE 1:" on it repeats the statement.
        var message = String(text[colon.upperBound...])
        if let line = message.firstRange(of: "\n\nLINE ") { message = String(message[..<line.lowerBound]) }
        if Self.quotingRows.contains(code) { message = Self.withoutQuotations(message) }
        self.init(code: code, message: Self.masked(message, values), statement: statement)
    }

    /// Kinds whose messages quote data; the others quote names.
    private static let quotingRows: Set = ["conversion", "out_of_range", "invalid_input", "constraint", "mismatch_type"]

    /// Without what stands in quotes, and without numbers (but with those in names of types).
    static func withoutQuotations(_ text: String) -> String {
        var result = "", quote: Character?, previous: Character = " ", isInNumber = false
        for character in text {
            if let open = quote {
                if character == open {
                    quote = nil
                    result += "...\(character)"
                }
            } else if character == "'" || character == "\"" {
                // An apostrophe inside a word opens nothing: "can't".
                if !(character == "'" && previous.isLetter) { quote = character }
                result.append(character)
            } else if character.isNumber, isInNumber || !(previous.isLetter || previous == "_") {
                if !isInNumber { result += "..." }
                isInNumber = true
                previous = character
                continue
            } else {
                result.append(character)
            }
            isInNumber = false
            previous = character
        }
        return quote == nil ? result : result + "..."
    }

    private static func masked(_ message: String, _ values: [Value]) -> String {
        values.compactMap(\.text).filter { !$0.isEmpty }.reduce(message) { $0.replacing($1, with: "...") }
    }
}

/// A fact's bytes are not what its table's columns are: a mistake of ours, found before anything is kept.
struct RowMismatch: Error, CustomStringConvertible {
    let table: String
    let column: String?
    let problem: String

    var description: String { "fact for table '\(table)'" + (column.map { ", column '\($0)'" } ?? "") + ": \(problem)" }
}

extension ServiceError {
    static func eventStoreUnavailable(retryAfterSeconds: Int = 1) -> ServiceError {
        .unavailable(
            "event_store_unavailable", "The event store is not available at the moment. Try again in a few seconds.",
            retryAfterSeconds: retryAfterSeconds
        )
    }

    static let eventStoreExhausted = ServiceError.unavailable(
        "event_store_exhausted",
        "There is not enough memory and temporary space for all that is asked at the moment. Try again in a few seconds, or ask for a shorter range or fewer filters.",
        retryAfterSeconds: 5
    )

    static let eventStoreBusy = ServiceError.unavailable(
        "event_store_busy", "The event store has more to do than it can at the moment. Try again in a few seconds.",
        retryAfterSeconds: 2
    )
}
