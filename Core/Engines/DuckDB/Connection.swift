import CDuckDB
import Glibc
import Storage

/// A connection to the database, with its prepared statements.
///
/// `@unchecked Sendable`: `ConnectionThreads` lets only one thread at a time use a connection. Other threads call only `interrupt`,
/// and only under the lock of `ConnectionThreads` while a job is using the connection. Connections are closed only while no job is
/// running.
final class Connection: @unchecked Sendable {
    private(set) var handle: duckdb_connection?
    let feed: RowFeed
    private var statements = StatementCache()
    var schemaVersion: SchemaVersion?
    private var preparedAt = 0
    /// The statement whose rows are being read in batches.
    private var stream: RowStream?

    init(_ handle: duckdb_connection, _ feed: RowFeed) {
        self.handle = handle
        self.feed = feed
    }

    func close() {
        stream = nil
        statements.removeAll()
        duckdb_disconnect(&handle)
    }

    func interrupt() { duckdb_interrupt(handle) }

    /// Returns the prepared statement. It comes from the cache unless the schema has changed since it was prepared.
    private func prepared(_ text: String) throws -> duckdb_prepared_statement {
        if let current = schemaVersion?.current, current != preparedAt {
            statements.removeAll()
            preparedAt = current
        }
        return try statements.find(text) { try prepare(text) }
    }

    /// Runs one of our own statements, without values.
    func execute(_ text: String) throws {
        var result = duckdb_result()
        defer { duckdb_destroy_result(&result) }
        guard duckdb_query(handle, text, &result) == DUCKDB_SUCCESS else { throw Self.error(&result, text, []) }
    }

    /// Runs a statement.
    ///
    /// A statement with values is prepared once and cached. DuckDB still plans it for the given values on every run, so the cache
    /// only saves parsing.
    ///
    /// A statement without values is never cached. DuckDB 1.5 would reuse its plan together with statistics from the first run;
    /// after the data has changed, the statement would then count the old rows or fail.
    ///
    /// - Parameter allowed: the kinds of statements that may run here.
    func run(_ text: String, _ values: [Value] = [], allowed: StatementKinds = .all) throws -> Rows {
        let statement = try values.isEmpty ? prepare(text) : prepared(text)
        defer { if values.isEmpty { destroy(statement) } }
        try check(statement, text, allowed: allowed)
        try bind(values, to: statement, text)
        return try execute(statement, text, values) { try ResultReader.rows(&$0, text) }
    }

    private func check(_ statement: duckdb_prepared_statement, _ text: String, allowed: StatementKinds) throws {
        guard allowed.contains(duckdb_prepared_statement_type(statement)) else {
            throw DuckDBError(code: "not_allowed", message: "a statement of this kind can't run here", statement: text)
        }
    }

    /// Runs a statement in a read-only transaction. Checking the statement's kind isn't enough: in DuckDB 2, a SELECT may delete in
    /// a CTE.
    func read(_ text: String, _ values: [Value]) throws -> Rows {
        do {
            try execute(Self.beginReading)
        } catch {
            // An interrupt may have hit the previous ROLLBACK and left its transaction open.
            try? execute("ROLLBACK")
            try execute(Self.beginReading)
        }
        defer { try? execute("ROLLBACK") }
        return try run(text, values, allowed: .reading)
    }

    private static let beginReading = "BEGIN TRANSACTION READ ONLY"

    /// Starts a statement whose rows `nextRows` reads, in the transaction of the one before. It ends with the connection.
    func startStream(_ text: String, _ values: [Value]) throws {
        let isFirst = stream == nil
        stream = nil
        if isFirst { try execute(Self.beginReading) }
        let statement = try prepare(text)
        stream = try RowStream(statement, text, values, on: self)
    }

    /// The next rows of the statement that was started; nil after the last.
    func nextRows() throws -> Rows? { try stream?.next() }

    /// A running statement whose rows are read chunk by chunk. DuckDB computes about a megabyte ahead and then waits.
    private final class RowStream {
        private var statement: duckdb_prepared_statement?
        private var result = duckdb_result()
        private let text: String, values: [Value]
        private var names: [String] = [], types: [ResultType] = []
        private var isAtEnd = false

        init(_ statement: duckdb_prepared_statement, _ text: String, _ values: [Value], on connection: Connection) throws {
            self.statement = statement
            self.text = text
            self.values = values
            try connection.check(statement, text, allowed: .reading)
            try connection.bind(values, to: statement, text)
            try connection.run(statement, text, values, &result, duckdb_pending_prepared_streaming)
            (names, types) = try ResultReader.columns(&result, text)
        }

        deinit {
            duckdb_destroy_result(&result)
            duckdb_destroy_prepare(&statement)
        }

        func next() throws -> Rows? {
            if isAtEnd { return nil }
            var rows: [[Value]] = []
            if let chunk = duckdb_fetch_chunk(result) { ResultReader.take(chunk, types, to: &rows) }
            if !rows.isEmpty { return Rows(columns: names, values: rows) }
            if duckdb_result_error(&result).map({ $0.pointee != 0 }) == true { throw Connection.error(&result, text, values) }
            isAtEnd = true
            return nil
        }
    }

    /// Runs a statement whose values are lists.
    func runLists(_ text: String, _ lists: [ListValue]) throws -> Rows {
        let statement = try prepared(text)
        for (index, list) in lists.enumerated() {
            var value = list.make()
            defer { duckdb_destroy_value(&value) }
            guard duckdb_bind_value(statement, idx_t(index + 1), value) == DUCKDB_SUCCESS else {
                throw DuckDBError.misuse("list \(index + 1) can't be bound", statement: text)
            }
        }
        return try execute(statement, text, []) { try ResultReader.rows(&$0, text) }
    }

    /// Calls `body` with each row of a statement that returns two BIGINT columns without nulls.
    func forEachPair(_ text: String, _ values: [Value], _ body: (Int64, Int64) -> Void) throws {
        let statement = try prepared(text)
        try bind(values, to: statement, text)
        try execute(statement, text, values) { try ResultReader.pairs(&$0, body) }
    }

    private func execute<Answer>(
        _ statement: duckdb_prepared_statement, _ text: String, _ values: [Value],
        _ read: (inout duckdb_result) throws -> Answer
    ) throws -> Answer {
        var result = duckdb_result()
        defer {
            duckdb_destroy_result(&result)
            // Release the bound values, because a text may be as large as a megabyte.
            duckdb_clear_bindings(statement)
        }
        try run(statement, text, values, &result, duckdb_pending_prepared)
        return try read(&result)
    }

    /// Runs a statement whose values are bound. `begin` makes it ready to run.
    private func run(
        _ statement: duckdb_prepared_statement, _ text: String, _ values: [Value], _ result: inout duckdb_result,
        _ begin: (duckdb_prepared_statement?, UnsafeMutablePointer<duckdb_pending_result?>?) -> duckdb_state
    ) throws {
        var pending: duckdb_pending_result?
        defer { duckdb_destroy_pending(&pending) }
        guard begin(statement, &pending) == DUCKDB_SUCCESS else {
            throw DuckDBError(
                text: duckdb_pending_error(pending).map { String(cString: $0) } ?? "unknown", statement: text, values: values)
        }
        Self.wait(for: pending)
        guard duckdb_execute_pending(pending, &result) == DUCKDB_SUCCESS else { throw Self.error(&result, text, values) }
    }

    /// Works on the statement's tasks until none are left. While DuckDB's other threads work on the remaining tasks, this thread
    /// sleeps. DuckDB's own wait loop would spin, which took 10% of the CPU time on a host that was storing facts.
    private static func wait(for pending: duckdb_pending_result?) {
        var nap: UInt32 = shortestNap
        while true {
            switch duckdb_pending_execute_task(pending) {
            case DUCKDB_PENDING_RESULT_NOT_READY: nap = shortestNap
            case DUCKDB_PENDING_NO_TASKS_AVAILABLE:
                usleep(nap)
                nap = min(nap * 2, longestNap)
            default: return  // ready or failed
            }
        }
    }

    /// How long to sleep between checks, in microseconds.
    private static let shortestNap: UInt32 = 20, longestNap: UInt32 = 320

    /// Runs `body` in a transaction, which is rolled back if anything throws.
    func transaction<Answer>(_ body: () throws -> Answer) throws -> Answer {
        try execute("BEGIN TRANSACTION")
        do {
            let answer = try body()
            _ = try run("COMMIT")
            return answer
        } catch {
            // After a failed COMMIT, the transaction has been rolled back, so this fails harmlessly.
            try? execute("ROLLBACK")
            throw error
        }
    }

    private func prepare(_ text: String) throws -> duckdb_prepared_statement {
        var statement: duckdb_prepared_statement?
        guard duckdb_prepare(handle, text, &statement) == DUCKDB_SUCCESS, let statement else {
            defer { duckdb_destroy_prepare(&statement) }
            throw DuckDBError(
                text: duckdb_prepare_error(statement).map { String(cString: $0) } ?? "unknown", statement: text
            )
        }
        return statement
    }

    private func bind(_ values: [Value], to statement: duckdb_prepared_statement, _ text: String) throws {
        for (offset, value) in values.enumerated() {
            let index = idx_t(offset + 1)
            let state =
                switch value {
                case .null: duckdb_bind_null(statement, index)
                case .bool(let value): duckdb_bind_boolean(statement, index, value)
                case .double(let value): duckdb_bind_double(statement, index, value)
                case .int(let value): duckdb_bind_int64(statement, index, value)
                case .text(var value):
                    value.withUTF8 { utf8 in
                        utf8.withMemoryRebound(to: CChar.self) {
                            duckdb_bind_varchar_length(statement, index, $0.baseAddress, idx_t($0.count))
                        }
                    }
                }
            guard state == DUCKDB_SUCCESS else {
                throw DuckDBError.misuse("value \(index) can't be bound", statement: text)
            }
        }
    }

    private static func error(_ result: inout duckdb_result, _ text: String, _ values: [Value]) -> DuckDBError {
        DuckDBError(
            text: duckdb_result_error(&result).map { String(cString: $0) } ?? "unknown", statement: text, values: values
        )
    }
}

/// The kinds of statements that a caller may run.
struct StatementKinds: Sendable {
    private let kinds: Set<UInt32>?

    private init(_ kinds: [duckdb_statement_type]) { self.kinds = Set(kinds.map(\.rawValue)) }
    private init() { kinds = nil }

    static let all = StatementKinds()
    /// Statements that only read. EXPLAIN is excluded, because EXPLAIN ANALYZE runs the statement.
    static let reading = StatementKinds([DUCKDB_STATEMENT_TYPE_SELECT])
    /// Statements that change rows or the schema. Statements about settings, files, other databases and transactions are excluded.
    static let changing = StatementKinds([
        DUCKDB_STATEMENT_TYPE_SELECT, DUCKDB_STATEMENT_TYPE_INSERT, DUCKDB_STATEMENT_TYPE_UPDATE,
        DUCKDB_STATEMENT_TYPE_DELETE, DUCKDB_STATEMENT_TYPE_MERGE_INTO, DUCKDB_STATEMENT_TYPE_CREATE,
        DUCKDB_STATEMENT_TYPE_CREATE_FUNC, DUCKDB_STATEMENT_TYPE_ALTER, DUCKDB_STATEMENT_TYPE_DROP,
    ])

    func contains(_ kind: duckdb_statement_type) -> Bool { kinds?.contains(kind.rawValue) ?? true }
}

private func destroy(_ statement: duckdb_prepared_statement) {
    var statement: duckdb_prepared_statement? = statement
    duckdb_destroy_prepare(&statement)
}

/// Prepared statements, by their text. When the cache is full, it evicts the least recently used statement.
private struct StatementCache {
    private static let capacity = 128

    private var entries: [String: (statement: duckdb_prepared_statement, lastUse: UInt64)] = [:]
    private var uses: UInt64 = 0

    mutating func find(_ text: String, prepare: () throws -> duckdb_prepared_statement) rethrows -> duckdb_prepared_statement {
        uses += 1
        if let statement = entries[text]?.statement {
            entries[text]?.lastUse = uses
            return statement
        }
        let statement = try prepare()
        if entries.count >= Self.capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
            remove(oldest)
        }
        entries[text] = (statement, uses)
        return statement
    }

    mutating func removeAll() {
        for text in Array(entries.keys) { remove(text) }
    }

    private mutating func remove(_ text: String) {
        if let entry = entries.removeValue(forKey: text) { destroy(entry.statement) }
    }
}

/// A list bound as a statement parameter.
enum ListValue {
    case ints([Int64])
    case texts([String])

    /// Creates DuckDB's value, which the caller must destroy.
    func make() -> duckdb_value? {
        switch self {
        case .ints(let values): Self.list(DUCKDB_TYPE_BIGINT, values.map { duckdb_create_int64($0) })
        case .texts(let values):
            Self.list(DUCKDB_TYPE_VARCHAR, values.map { duckdb_create_varchar_length($0, idx_t($0.utf8.count)) })
        }
    }

    private static func list(_ type: duckdb_type, _ elements: [duckdb_value?]) -> duckdb_value? {
        var elements = elements, type = duckdb_create_logical_type(type)
        defer {
            duckdb_destroy_logical_type(&type)
            for index in elements.indices { duckdb_destroy_value(&elements[index]) }
        }
        return duckdb_create_list_value(type, &elements, idx_t(elements.count))
    }
}
