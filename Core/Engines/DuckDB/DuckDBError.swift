import Common
import Storage

/// An error from DuckDB: its kind, its message, and the statement with placeholders instead of the bound values.
public struct DuckDBError: Error, Sendable, Equatable, CustomStringConvertible {
    /// DuckDB's name for the kind of error, in `snake_case`: `binder`, `catalog`, `constraint`, `conversion`, `io`, `fatal` ...
    public let code: String
    /// DuckDB's message, without quoted data.
    public let message: String
    /// The statement that failed, or `open` and the path for a file that can't be opened. Nil when no statement was running.
    public let statement: String?

    init(code: String, message: String, statement: String? = nil) {
        self.code = code
        self.message = message
        self.statement = statement
    }

    public var description: String {
        "DuckDB error \(code): \(message)" + (statement.map { " - while executing: \($0.excerpt(2_000))" } ?? "")
    }

    /// A misuse of the store: a bug in the calling code.
    static func misuse(_ message: String, statement: String? = nil) -> DuckDBError {
        DuckDBError(code: "misuse", message: message, statement: statement)
    }

    /// Whether the database is unusable: its disk is full or broken, or DuckDB has shut the database down.
    var isUnavailable: Bool { code == "fatal" || code == "io" }

    /// Whether memory and temporary files together were too small for the running statements.
    var isOutOfMemory: Bool { code == "out_of_memory" }

    var isDuplicateKey: Bool { code == "constraint" && message.hasPrefix("Duplicate key") }

    /// Whether the statement conflicts with another transaction.
    var isConflict: Bool { code == "transactioncontext" || code == "transaction" }

    /// Whether DuckDB has shut the database down after a fatal error. It must be reopened.
    var isFatal: Bool { code == "fatal" }
}

extension DuckDBError {
    /// Parses DuckDB's text, `Binder Error: ...`, and removes quoted row data and bound values.
    init(text: String, statement: String?, values: [Value] = []) {
        guard let colon = text.firstRange(of: " Error: ") else {
            self.init(code: "unknown", message: Self.masked(text, values), statement: statement)
            return
        }
        let code = text[..<colon.lowerBound].lowercased().split(separator: " ").joined(separator: "_")
        // Starting at "LINE 1:", DuckDB's message repeats the statement.
        var message = String(text[colon.upperBound...])
        if let line = message.firstRange(of: "\n\nLINE ") { message = String(message[..<line.lowerBound]) }
        if Self.quotingRows.contains(code) { message = Self.withoutQuotations(message) }
        self.init(code: code, message: Self.masked(message, values), statement: statement)
    }

    /// The kinds of errors whose messages quote data. Other kinds quote only names.
    private static let quotingRows: Set = ["conversion", "out_of_range", "invalid_input", "constraint", "mismatch_type"]

    /// Returns `text` with quoted parts and numbers replaced by `...`. Numbers inside words, such as type names, stay.
    static func withoutQuotations(_ text: String) -> String {
        var result = "", quote: Character?, previous: Character = " ", isInNumber = false
        for character in text {
            if let open = quote {
                if character == open {
                    quote = nil
                    result += "...\(character)"
                }
            } else if character == "'" || character == "\"" {
                // An apostrophe inside a word ("can't") doesn't open a quotation.
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

extension ServiceError {
    static func eventStoreUnavailable(retryAfterSeconds: Int = 1) -> ServiceError {
        .unavailable(
            "event_store_unavailable", "The event store is not available at the moment. Try again in a few seconds.",
            retryAfterSeconds: retryAfterSeconds
        )
    }

    static let eventStoreExhausted = ServiceError.unavailable(
        "event_store_exhausted",
        "The event store has too little memory and temporary space for the current queries. Try again in a few seconds, or use a shorter range or fewer filters.",
        retryAfterSeconds: 5
    )

    static let eventStoreBusy = ServiceError.unavailable(
        "event_store_busy", "The event store is overloaded at the moment. Try again in a few seconds.",
        retryAfterSeconds: 2
    )
}
