import Common
@_spi(Host) import Storage

/// Finds stored sessions that a batch's tentative activity may belong to.
struct StoredSessions: Sendable {
    struct Session: Sendable {
        let name: Int64
        /// The `session_id` that was sent, as UTF-8.
        let id: [UInt8]?
        /// Times of the session's first and last activity near the requested times, or of all its activity if the session was found by id.
        var first, last: Int64
        /// The highest number of a late row in the session.
        let late: Int32
        /// The session's attributes, encoded as in an activity row.
        let attributes: ArraySlice<UInt8>
    }

    struct Question {
        /// The time spans in which to look for activity.
        var spans: [(visitor: Int64, from: Int64, to: Int64)] = []
        /// The `session_id`s to look for.
        var ids: [(visitor: Int64, id: [UInt8])] = []
    }

    let events: any EventStore

    /// The sessions by visitor key. A session that is found by time and by id occurs twice.
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

    /// Reads columns by position, not by name, because a batch reads many thousands of rows.
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
            statements.append(
                statement(
                    text.string, [("key", .int64), ("lo", .int64), ("hi", .int64)], project,
                    // Repeats the overall bounds of the spans, so the engine can skip everything outside them.
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
        // All rows of a session have the same attributes, so DuckDB need not compare them.
        let attributes = Activity.attributes.map { "\(sql: dialect == .duckdb ? "any_value" : "min")(\(sql: $0)) AS \(sql: $0)" as SQL }
        return """
            /* ingest.stored_sessions */ SELECT key, session_at, session_id, min(occurred_at) AS first_at, max(occurred_at) AS last_at,
              max(\(Activity.lateNumber)) AS late, \(SQL.joined(attributes))
            FROM (\(dialect.visitors(of: dialect.records(json, columns), project: project))) wanted
            JOIN core_activity ON core_activity.visitor = wanted.visitor
            WHERE project = \(Int64(project)) AND kind < 2 AND \(condition) GROUP BY key, session_at, session_id
            """
    }
}
