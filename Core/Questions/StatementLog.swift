import Common
import Storage
import Synchronization

/// A reader that records the statements it runs, so a response can show the SQL that a report ran.
@_spi(Host) public final class StatementLog: ReportReader {
    /// A statement that was run.
    public struct Statement: Sendable {
        /// The statement's text, with placeholders.
        public let sql: String
        /// The values bound to the placeholders `$1`, `$2` ...
        public let values: [Value]

        /// The statement as a response.
        public static let shape = Shape<Statement>([
            .required("sql", \.sql, .optionalText(.max)), .required("values", \.values, .list(.any)),
        ])
    }

    private let reader: any ReportReader
    private let log = Mutex<[Statement]>([])

    public init(_ reader: any ReportReader) { self.reader = reader }

    /// The recorded statements, in the order in which they started.
    public var statements: [Statement] { log.withLock { $0 } }
    public var dialect: Dialect { reader.dialect }
    public var asOf: Instant? { reader.asOf }

    public func rows(_ query: PartedQuery, of project: Int32, over range: TimeRange) async throws -> Rows {
        note(query.statement)
        return try await reader.rows(query, of: project, over: range)
    }

    public func stream(_ statement: SQL, of project: Int32) async throws -> RowStream {
        note(statement)
        return try await reader.stream(statement, of: project)
    }

    private func note(_ statement: SQL) {
        let (sql, values) = statement.rendered(for: dialect)
        log.withLock { $0.append(Statement(sql: sql, values: values)) }
    }

    public func visitorBound(of project: Int32) async throws -> Int64? { try await reader.visitorBound(of: project) }
}
