import Common
import Storage

/// Sessions as they are stored, for the writer: those near activity whose session is tentative.
struct StoredSessions: Sendable {
    struct Session: Sendable {
        let name: Int64
        /// UTF-8 of the `session_id` that was sent.
        let id: [UInt8]?
        /// Of its activity near what was asked for; all of it where it has an id that was asked for.
        var first, last: Int64
        /// How many late rows are numbered.
        let late: Int32
        /// Encoded, as in a row of activity.
        let attributes: ArraySlice<UInt8>
    }

    struct Question {
        /// Times between which activity is looked for.
        var spans: [(visitor: Int64, from: Int64, to: Int64)] = []
        var ids: [(visitor: Int64, id: [UInt8])] = []
    }

    let events: any EventStore

    /// By the key of the visitor; a session once, unless it was found both ways.
    func find(_ question: Question, of project: Int32) async throws -> [Int64: [Session]] {
        var found: [Int64: [Session]] = [:]
        for statement in statements(question, project) {
            for row in try await events.query(statement, timeoutSeconds: 60) {
                let values = row.values
                found[values[0].int ?? 0, default: []].append(Self.session(values))
            }
        }
        return found
    }

    /// By the place of a column, not by its name: many thousand rows are read for a batch.
    private static func session(_ values: [Value]) -> Session {
        var attributes = RowEncoder()
        for value in values[6...] { attributes.append(value.text ?? "") }
        return Session(
            name: values[1].int ?? 0, id: values[2].text.map { Array($0.utf8) }, first: values[3].int ?? 0, last: values[4].int ?? 0,
            late: Int32(values[5].int ?? 0), attributes: attributes.bytes[...])
    }

    private func statements(_ question: Question, _ project: Int32) -> [SQL] {
        var statements: [SQL] = []
        if let from = question.spans.map(\.from).min(), let to = question.spans.map(\.to).max() {
            var text = JSONText()
            text.append(raw: "[")
            for (index, (visitor, from, to)) in question.spans.enumerated() {
                text.append(raw: #"\#(index > 0 ? "," : ""){"key":\#(visitor),"lo":\#(from),"hi":\#(to)}"#)
            }
            text.append(raw: "]")
            statements.append(statement(
                text.string, [("key", .int64), ("lo", .int64), ("hi", .int64)], project,
                // The bounds again, for the engine to pass over what lies elsewhere.
                where: "occurred_at >= lo AND occurred_at <= hi AND occurred_at >= \(from) AND occurred_at <= \(to)"))
        }
        if !question.ids.isEmpty {
            var text = JSONText()
            for (index, (visitor, id)) in question.ids.enumerated() {
                text.append(raw: #"\#(index > 0 ? "," : "["){"key":\#(visitor),"id":"#)
                text.append(string: String(decoding: id, as: UTF8.self))
                text.append(raw: "}")
            }
            text.append(raw: "]")
            statements.append(statement(text.string, [("key", .int64), ("id", .text)], project, where: "session_id = id"))
        }
        return statements
    }

    private func statement(_ json: String, _ columns: [(String, ColumnType)], _ project: Int32, where condition: SQL) -> SQL {
        let dialect = events.dialect
        // All rows of a session say the same; DuckDB needs not compare them.
        let attributes = Activity.attributes.map { "\(sql: dialect == .duckdb ? "any_value" : "min")(\(sql: $0)) AS \(sql: $0)" as SQL }
        return """
            /* ingest.stored_sessions */ SELECT key, session_at, session_id, min(occurred_at) AS first_at, max(occurred_at) AS last_at,
              max(\(Activity.lateNumber)) AS late, \(SQL.joined(attributes))
            FROM (\(dialect.visitors(of: dialect.records(json, columns), project: project))) asked
            JOIN core_activity ON core_activity.visitor = asked.visitor
            WHERE project = \(Int64(project)) AND kind < 2 AND \(condition) GROUP BY key, session_at, session_id
            """
    }
}
