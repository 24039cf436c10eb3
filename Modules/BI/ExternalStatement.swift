import Core

/// Checks statements for external databases. A single statement that only reads is passed on unchanged, except for a semicolon at its end.
///
/// The read-only transaction and the database user's rights ensure that the statement changes nothing. The rules here only reject
/// other statements earlier, and with a clear message.
enum ExternalStatement {
    /// Keywords that let a SELECT or WITH statement change data. Other keywords, such as `comment` and `load`, may be column names.
    private static let changing: Set<String> = ["insert", "update", "delete", "merge", "into"]
    /// Prefixes of functions that are rejected.
    private static let functions = [
        "pg_sleep", "pg_read", "pg_ls", "pg_stat_file", "pg_terminate", "pg_cancel", "pg_reload", "pg_rotate", "pg_advisory",
        "pg_try_advisory",
        "pg_switch", "pg_create", "pg_drop", "pg_logical", "pg_promote", "pg_export", "lo_", "loread", "lowrite", "dblink", "set_config",
        "query_to_xml", "database_to_xml", "table_to_xml", "schema_to_xml", "cursor_to_xml", "nextval", "setval", "pg_notify", "pg_file",
        "pg_stat_reset", "pg_replication", "pg_backup", "pg_start_backup", "pg_stop_backup", "pg_wal_replay", "pg_import_system_collations",
        "pg_log_backend_memory_contexts", "pg_log_standby", "txid_current", "pg_current_xact_id", "pg_current_logfile", "pg_show_all",
        "pg_hba_file",
        "pg_ident_file", "ts_stat", "ts_rewrite", "crosstab", "connectby",
    ]

    /// Returns the statement without the semicolon at its end.
    /// - Throws: 400 that says what is wrong and where.
    static func checked(_ text: String) throws -> String {
        do { return try scan(text) } catch let refusal as SQLRefusal { throw refusal.error }
    }

    private static func scan(_ text: String) throws -> String {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count <= SQLTokenizer.maximumCharacters else {
            throw SQLRefusal(message: "a statement may have at most \(SQLTokenizer.maximumCharacters) characters.", place: SQLPlace())
        }
        var at = 0, place = SQLPlace(), isFirst = true
        func peek(_ ahead: Int = 0) -> Unicode.Scalar { at + ahead < scalars.count ? scalars[at + ahead] : "\u{0}" }
        func take() {
            if scalars[at] == "\n" { place = SQLPlace(line: place.line + 1, column: 1) } else { place.column += 1 }
            at += 1
        }
        /// Whether an opening parenthesis is next.
        func isCall() -> Bool { scalars[at...].first { ![" ", "\t", "\n", "\r"].contains($0) } == "(" }
        func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
            ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "_"
        }
        while at < scalars.count {
            let start = place, scalar = scalars[at]
            if SQLTail.begins(in: scalars[at...]) { break }
            switch scalar {
            case "'", "\"":
                take()
                let from = at
                var isClosed = false
                while at < scalars.count, !isClosed {
                    // A backslash is an ordinary character in a string, because the session uses standard strings and E'...' is rejected.
                    guard peek().value != 0 else { throw SQLRefusal(message: "a NUL character is not accepted.", place: place) }
                    // Reject the placeholder even in quotes, because its author would expect the project's id in its place.
                    guard peek() != "{" || !isPlaceholder(scalars[at...]) else { throw placeholder(place) }
                    isClosed = peek() == scalar && peek(1) != scalar
                    if peek() == scalar, !isClosed { take() }
                    take()
                }
                guard isClosed else { throw SQLRefusal(message: "the \(scalar) that opens here is not closed.", place: start) }
                // Quoting a function's name doesn't change what it calls.
                if scalar == "\"", isCall() { try check(function: String(String.UnicodeScalarView(scalars[from..<at - 1])), start) }
            case "-" where peek(1) == "-", "/" where peek(1) == "*": throw SQLRefusal(message: "comments are not accepted.", place: start)
            case ";": throw SQLRefusal(message: SQLTail.refusal, place: start)
            case "$":
                throw SQLRefusal(message: "'$' is not accepted; write text in single quotes, and other values directly.", place: start)
            case "\\": throw SQLRefusal(message: "a backslash is not accepted.", place: start)
            case "{" where peek(1) == "{":
                throw placeholder(start)
            case _ where isWordPart(scalar):
                var word = ""
                while at < scalars.count, isWordPart(scalars[at]) {
                    word.unicodeScalars.append(scalars[at])
                    take()
                }
                try check(word.lowercased(), isFirst: isFirst, isCall: isCall(), next: peek(), start)
                isFirst = false
            case _ where !scalar.isASCII || scalar.value < 0x20 && !["\t", "\n", "\r"].contains(scalar):
                throw SQLRefusal(message: "non-ASCII characters and control characters are accepted only in quotes.", place: start)
            case " ", "\t", "\n", "\r": take()
            default:
                if isFirst { throw SQLRefusal(message: "a statement must start with SELECT or WITH; got '\(scalar)'.", place: start) }
                take()
            }
        }
        if isFirst { throw SQLRefusal(message: "a statement must start with SELECT or WITH; got the end.", place: place) }
        return String(String.UnicodeScalarView(scalars[..<at]))
    }

    private static func placeholder(_ place: SQLPlace) -> SQLRefusal {
        SQLRefusal(message: "{{project_id}} has no meaning in an external database.", place: place)
    }

    private static func isPlaceholder(_ rest: ArraySlice<Unicode.Scalar>) -> Bool { rest.starts(with: "{{project_id}}".unicodeScalars) }

    private static func check(function name: String, _ place: SQLPlace) throws {
        if functions.contains(where: name.hasPrefix) { throw SQLRefusal(message: "'\(name.excerpt(40))' is not accepted.", place: place) }
    }

    private static func check(_ word: String, isFirst: Bool, isCall: Bool, next: Unicode.Scalar, _ place: SQLPlace) throws {
        if isFirst, word != "select", word != "with" {
            throw SQLRefusal(message: "a statement must start with SELECT or WITH; got '\(word.excerpt(40))'.", place: place)
        }
        if changing.contains(word) {
            throw SQLRefusal(message: "'\(word.uppercased())' is not accepted: statements may only read.", place: place)
        }
        if isCall { try check(function: word, place) }
        // U&"..." spells names by code point.
        if word == "u" && next == "&" || word == "uescape" {
            throw SQLRefusal(message: "U&'...' and UESCAPE are not accepted; write names and text in plain quotes.", place: place)
        }
        if next == "'", ["e", "b", "x", "n"].contains(word) {
            throw SQLRefusal(message: "\(word)'...' is not accepted; write text in plain quotes.", place: place)
        }
    }
}
