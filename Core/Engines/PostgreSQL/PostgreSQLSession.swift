import CLibPQ
@_spi(Host) import Common
import Foundation
import Logging
@_spi(Host) import Storage

/// A connection to the server, confined to its own thread. Every call blocks that thread.
///
/// Only `ready` connects. The other calls never reconnect, so statements that belong together run on the same connection.
final class PostgreSQLSession {
    let settings: PostgreSQLSettings
    private let gate: ReconnectGate
    private let wakeUp: WakeUp
    private let logger: Logger
    private var connection: OpaquePointer?
    private var statements = PreparedStatements()
    /// Whether the server has loaded the Citus library.
    private(set) var hasCitus = false
    /// Whether a node of Citus was lost. The coordinator keeps its connections to the nodes for each of ours, and would find them broken one by
    /// one; a new connection of ours begins without them.
    private var hasLostNode = false
    /// The statement whose rows are being read in batches.
    private var stream: (text: String, columns: PostgreSQLResult.Columns?)?

    /// Says when the running job must stop.
    var control = JobControl()

    /// How long the server may take to stop a statement before the session drops the connection.
    private static let graceSeconds = 5.0

    init(settings: PostgreSQLSettings, gate: ReconnectGate, wakeUp: WakeUp, logger: Logger) {
        self.settings = settings
        self.gate = gate
        self.wakeUp = wakeUp
        self.logger = logger
    }

    // MARK: Connecting

    /// Ensures that a connection is open and not in a transaction. Replaces a connection that the server has closed. That is safe
    /// because the job hasn't sent anything on it yet.
    /// - Returns: whether the connection is new.
    /// - Throws: `ServiceError` 503 when the server can't be reached.
    @discardableResult
    func ready() throws -> Bool {
        if connection != nil, hasLostNode || !isIdle { disconnect() }
        guard connection == nil else { return false }
        try gate.check()
        do {
            try connect()
            gate.succeeded()
            return true
        } catch let error as ConnectionLost {
            disconnect()
            throw gate.failed(error.reason)
        } catch let error as PostgreSQLError {
            disconnect()
            throw gate.failed(error.description)
        }
    }

    private func connect() throws {
        let parameters = settings.parameters
        let keywords = parameters.map { strdup($0.keyword) }, values = parameters.map { strdup($0.value) }
        defer { for pointer in keywords + values { free(pointer) } }
        connection = PQconnectdbParams(keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
        statements.removeAll()
        guard let connection, PQstatus(connection) == CONNECTION_OK else { throw lost() }
        PQsetNoticeProcessor(connection, { _, _ in }, nil)  // the default writes to stderr
        guard PQsetnonblocking(connection, 1) == 0 else { throw lost() }
        try checkServer(connection)
        // The job's time limit applies to its statements, not to connecting.
        try uninterrupted(seconds: 10) {
            try command(settings.sessionStatements)
            // Its settings tell, because only superusers may read the list of loaded libraries.
            hasCitus = try !execute(
                "SELECT 1 WHERE current_setting('citus.shard_count', true) IS NOT NULL", prepared: false
            ).isEmpty
            if hasCitus { try command(settings.sessionStatementsOfCitus) }
            try createSchema()
        }
    }

    private func checkServer(_ connection: OpaquePointer) throws {
        guard PQserverVersion(connection) >= 140_000 else {
            throw PostgreSQLError.misuse(
                "Pulse requires PostgreSQL 14 or newer; this server has version \(PQserverVersion(connection) / 10_000)")
        }
        let encoding = PQparameterStatus(connection, "server_encoding").map { String(cString: $0) }
        guard encoding == "UTF8" else {
            throw PostgreSQLError.misuse("the database's encoding is \(encoding ?? "?"); Pulse requires UTF8")
        }
        // A pooler between Pulse and the server may reject this setting. In that case, the server notices a lost client later.
        _ = try? command("SET client_connection_check_interval TO '10s'")
    }

    /// Creates the schema if it is missing. Checks for it first, because the role may lack the right to create a schema.
    private func createSchema() throws {
        let existing = try execute("SELECT 1 FROM pg_namespace WHERE nspname = $1::text", [.text(settings.schema)], prepared: false)
        guard existing.isEmpty else { return }
        try command(
            """
            BEGIN READ WRITE; SELECT pg_advisory_xact_lock(\(AdvisoryLock.schema)); \
            CREATE SCHEMA IF NOT EXISTS "\(settings.schema)"; COMMIT
            """
        )
    }

    func disconnect() {
        stream = nil
        hasLostNode = false
        PQfinish(connection)
        connection = nil
    }

    /// Whether the connection is open, not in a transaction, and has nothing to read from the server except notices.
    private var isIdle: Bool {
        guard let connection else { return false }
        while true {
            var socket = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
            guard poll(&socket, 1, 0) > 0 else { break }
            guard PQconsumeInput(connection) == 1, PQstatus(connection) == CONNECTION_OK else { return false }
            while let note = PQnotifies(connection) { PQfreemem(note) }
        }
        return PQstatus(connection) == CONNECTION_OK && PQtransactionStatus(connection) == PQTRANS_IDLE
    }

    private func lost() -> ConnectionLost {
        let reason = connection.map { String(cString: PQerrorMessage($0)) } ?? "not connected"
        disconnect()
        return ConnectionLost(reason: reason.split(separator: "\n").joined(separator: " "))
    }

    // MARK: Statements

    /// Runs one statement with its values.
    /// - Parameter prepared: whether to keep the statement prepared. Pass false for a statement that runs only once.
    @discardableResult
    func execute(_ text: String, _ values: [Value] = [], prepared: Bool = true) throws -> Rows {
        let text = NullPlaceholders.written(into: text, values)
        return try answer(to: text, ParameterList(values, statement: text), prepared: prepared).rows
    }

    /// Runs one statement, and keeps it prepared.
    @discardableResult
    func rows(of statement: SQL) throws -> Rows {
        let (text, values) = statement.rendered(for: .postgresql)
        return try execute(text, values)
    }

    /// The names and types of the columns that a statement returns. The server reads the statement without planning it.
    func columns(of text: String) throws -> [(name: String, type: String)] {
        _ = try run(text) { PQsendPrepare($0, "", text, 0, nil) }
        let described = try run(text) { PQsendDescribePrepared($0, "") }
        let types = try execute(
            "SELECT format_type(listed.type::oid, NULL) AS name FROM unnest('{\(described.columnTypes.map(String.init).joined(separator: ","))}'::bigint[]) WITH ORDINALITY listed (type, number) ORDER BY number",
            prepared: false)
        return zip(described.columns.names, types).map { ($0, $1.text("name")) }
    }

    /// Like `execute`, but takes parameters in any format and returns libpq's result.
    func answer(to text: String, _ parameters: ParameterList, prepared: Bool = true, binary: Bool = false) throws -> PostgreSQLResult {
        try checkControl()
        if prepared {
            let name = try preparedName(of: text, parameters.types)
            do {
                return try run(text) { connection in
                    parameters.withPointers { PQsendQueryPrepared(connection, name, $0, $1, $2, $3, binary ? 1 : 0) }
                }
            } catch let error as PostgreSQLError where error.isStalePlan {
                if let name = statements.remove(text), PQtransactionStatus(connection) == PQTRANS_IDLE {
                    _ = try? command("DEALLOCATE \(name)")
                }
                // Inside a transaction, the error has failed the transaction, and the caller retries all of it.
                guard let connection, PQtransactionStatus(connection) == PQTRANS_IDLE else { throw error }
            }
        }
        return try run(text) { connection in
            parameters.withPointers { PQsendQueryParams(connection, text, $0, parameters.types, $1, $2, $3, binary ? 1 : 0) }
        }
    }

    /// Runs one or more of our own statements, without values.
    @discardableResult
    func command(_ text: String) throws -> PostgreSQLResult {
        try run(text) { PQsendQuery($0, text) }
    }

    private func preparedName(of text: String, _ types: [Oid]) throws -> String {
        if let name = statements.name(of: text) { return name }
        let name = statements.newName()
        _ = try run(text) { PQsendPrepare($0, name, text, Int32(types.count), types) }
        if let old = statements.add(text, name: name) { try command("DEALLOCATE \(old)") }
        return name
    }

    private func run(_ text: String, _ send: (OpaquePointer) -> Int32) throws -> PostgreSQLResult {
        try start(text, send)
        return try finish(text)
    }

    private func start(_ text: String, _ send: (OpaquePointer) -> Int32) throws {
        guard let connection else { throw ConnectionLost(reason: "not connected") }
        guard send(connection) == 1 else {
            guard PQstatus(connection) == CONNECTION_OK else { throw lost() }
            throw PostgreSQLError.misuse(String(cString: PQerrorMessage(connection)), statement: text)
        }
    }

    /// Reads all results of the last command and returns the last one.
    private func finish(_ text: String) throws -> PostgreSQLResult {
        var last: PostgreSQLResult?, failure: (any Error)?, stopping: Stopping?
        while let result = try next(&stopping) {
            switch result.status {
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
                let error = try self.failure(result, text)
                failure = failure ?? error
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                try settle(stopping)
                return result
            default: last = result
            }
        }
        try settle(stopping)
        if let failure {
            if let stopping, (failure as? PostgreSQLError)?.sqlState == "57014" { throw stopping.reason.error }
            throw failure
        }
        guard let last else { throw lost() }
        return last
    }

    /// The error that the server reported in `result`.
    /// - Throws: `ConnectionLost` if the connection failed, and drops it.
    private func failure(_ result: PostgreSQLResult, _ text: String) throws -> PostgreSQLError {
        if isConnectionError(result) {
            let reason = PostgreSQLError(result: result.pointer, statement: nil).message
            disconnect()
            throw ConnectionLost(reason: reason)
        }
        let error = PostgreSQLError(result: result.pointer, statement: text)
        if hasCitus, error.isUnavailable { hasLostNode = true }
        return error
    }

    private func isConnectionError(_ result: PostgreSQLResult) -> Bool {
        guard let connection, PQstatus(connection) == CONNECTION_OK else { return true }
        // Field 'V' is the untranslated severity.
        let severity = PQresultErrorField(result.pointer, Int32(UInt8(ascii: "V"))).map { String(cString: $0) }
        return severity == "FATAL" || severity == "PANIC"
    }

    // MARK: Rows in batches

    /// The size of a batch, in rows and in bytes of their text. The row that reaches it is the last.
    private static let rowsOfBatch = 1_000, bytesOfBatch = 256 << 10

    /// Starts a statement whose rows `nextRows` reads. The one before must have been read to its end.
    ///
    /// libpq hands out the rows one by one (single-row mode). While nobody reads them, the server fills the socket's buffer and waits.
    func startStream(_ text: String, _ values: [Value]) throws {
        try checkControl()
        if let stream { throw PostgreSQLError.misuse("another statement is being read", statement: stream.text) }
        let text = NullPlaceholders.written(into: text, values), parameters = try ParameterList(values, statement: text)
        try start(text) { connection in
            parameters.withPointers { PQsendQueryParams(connection, text, $0, parameters.types, $1, $2, $3, 0) }
        }
        guard PQsetSingleRowMode(connection) == 1 else { throw PostgreSQLError.misuse("rows can't be read one by one", statement: text) }
        stream = (text, nil)
    }

    /// The next rows of the statement that was started; nil after the last.
    func nextRows() throws -> Rows? {
        guard let text = stream?.text else { return nil }
        try checkControl()
        var values: [[Value]] = [], bytes = 0, stopping: Stopping?
        while values.count < Self.rowsOfBatch, bytes < Self.bytesOfBatch {
            guard let result = try next(&stopping) else {
                let columns = stream?.columns
                stream = nil
                try settle(stopping)
                return values.isEmpty ? nil : Rows(columns: columns?.names ?? [], values: values)
            }
            switch result.status {
            case PGRES_SINGLE_TUPLE:
                let columns = stream?.columns ?? result.columns
                stream?.columns = columns
                values += result.values(columns)
                bytes += result.bytesOfRow
            case PGRES_TUPLES_OK: break  // the end of the rows
            default:
                let failure = try failure(result, text)
                try settle(stopping)
                if let stopping, failure.sqlState == "57014" { throw stopping.reason.error }
                throw failure
            }
        }
        if let stopping {
            try settle(stopping)
            throw stopping.reason.error
        }
        return Rows(columns: stream?.columns?.names ?? [], values: values)
    }

    /// Stops the statement that is being read, without waiting for the server, and closes the connection.
    func abandon() {
        // A server that computes would notice the closed connection only when it sends the next rows.
        if stream != nil, let connection { _ = CancelRequest(for: connection) }
        disconnect()
    }

    var isInTransaction: Bool { connection.map { PQtransactionStatus($0) } == PQTRANS_INTRANS }

    // MARK: Transactions

    /// Runs `body` in a transaction: `begin`, `body`, COMMIT.
    /// - Throws: `ConnectionLost` if the connection broke and nothing took effect, `CommitUnknown` if the transaction may have
    ///   taken effect.
    func transaction<Result>(_ begin: String = "BEGIN", _ body: () throws -> Result) throws -> Result {
        let result: Result
        do {
            try command(begin)
            result = try body()
            try checkControl()
        } catch {
            rollback()
            throw error
        }
        try commit()
        return result
    }

    func commit() throws {
        do {
            let result = try uninterrupted(seconds: 60) { try command("COMMIT") }
            guard result.command == "COMMIT" else { throw PostgreSQLError.misuse("the transaction was rolled back", statement: "COMMIT") }
        } catch let error as ConnectionLost {
            throw CommitUnknown(reason: error.reason)
        } catch let error as QueryTimeout {
            disconnect()
            throw CommitUnknown(reason: "no response within \(error.seconds) s")
        } catch {
            rollback()
            throw error
        }
    }

    /// Rolls back the transaction. Closes the connection if the rollback fails.
    func rollback() {
        guard let connection, PQtransactionStatus(connection) != PQTRANS_IDLE else { return }
        do { try uninterrupted(seconds: 5) { _ = try command("ROLLBACK") } } catch { disconnect() }
    }

    /// Runs `body` with its own time limit, even if the job's task was cancelled.
    private func uninterrupted<Result>(seconds: Double, _ body: () throws -> Result) throws -> Result {
        let outer = control
        control = JobControl(timeoutSeconds: seconds)
        defer { control = outer }
        return try body()
    }

    func checkControl() throws {
        if let stop = control.stop { throw stop.error }
    }

    // MARK: Waiting

    private struct Stopping {
        let reason: StopReason
        let until: MonotonicTime
        let request: CancelRequest?
    }

    /// The next result; nil after the last. If the job must stop, asks the server to cancel the statement and waits for the
    /// server's response.
    private func next(_ stopping: inout Stopping?) throws -> PostgreSQLResult? {
        guard let connection else { throw ConnectionLost(reason: "not connected") }
        try flush(&stopping)
        while PQisBusy(connection) == 1 {
            try wait(for: POLLIN, &stopping)
            guard PQconsumeInput(connection) == 1 else { throw lost() }
        }
        return PQgetResult(connection).map(PostgreSQLResult.init)
    }

    /// Sends libpq's buffer. Reads at the same time, because the server may not accept more data until its own output has been
    /// read.
    private func flush(_ stopping: inout Stopping?) throws {
        guard let connection else { throw ConnectionLost(reason: "not connected") }
        while true {
            switch PQflush(connection) {
            case 0: return
            case 1:
                let events = try wait(for: POLLIN | POLLOUT, &stopping)
                if events & POLLIN != 0, PQconsumeInput(connection) != 1 { throw lost() }
            default: throw lost()
            }
        }
    }

    /// Waits until one of the `events` occurs on the socket. Returns the events that occurred.
    /// - Throws: the reason why the job must stop, if the server doesn't stop the statement in time. The connection is dropped in
    ///   that case.
    @discardableResult
    private func wait(for events: Int32, _ stopping: inout Stopping?) throws -> Int32 {
        while true {
            if let stopping, MonotonicTime.now >= stopping.until {
                logger.warning(
                    "a statement did not stop in time; closing its connection", metadata: ["database.place": "\(settings.place)"])
                disconnect()
                throw stopping.reason.error
            }
            if stopping == nil, let reason = control.stop {
                stopping = Stopping(
                    reason: reason, until: .now.adding(seconds: Self.graceSeconds), request: connection.flatMap(CancelRequest.init))
            }
            var descriptors = [
                pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0),
                pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(&descriptors, 2, stopping?.until.pollMilliseconds ?? control.pollMilliseconds)
            if ready > 0, descriptors[1].revents != 0 { wakeUp.clear() }
            if ready > 0, descriptors[0].revents != 0 {
                // Report an error or hang-up as readable, so the next read returns the error.
                let seen = Int32(descriptors[0].revents)
                return seen & (POLLERR | POLLHUP | POLLNVAL) != 0 ? seen | POLLIN : seen
            }
        }
    }

    /// Waits until the cancel request for this statement can't hit a later statement. If that takes too long, drops the connection
    /// and throws.
    private func settle(_ stopping: Stopping?) throws {
        guard let stopping, let request = stopping.request, !request.isOver(by: stopping.until) else { return }
        disconnect()
        throw stopping.reason.error
    }

    // MARK: COPY

    /// Sends `chunks` as the data of a `COPY ... FROM STDIN`, and returns the number of rows that the server stored.
    @discardableResult
    func copyIn(_ text: String, _ chunks: (_ send: (UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws -> Int {
        try checkControl()
        try start(text) { PQsendQuery($0, text) }
        guard try finish(text).status == PGRES_COPY_IN, let connection else {
            throw PostgreSQLError.misuse("not a COPY FROM STDIN", statement: text)
        }
        var stopping: Stopping?
        do {
            try chunks { chunk in
                try checkControl()
                // This never blocks, because libpq grows its buffer. `flush` does the waiting.
                let sent = PQputCopyData(connection, chunk.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(chunk.count))
                guard sent == 1 else { throw lost() }
                try flush(&stopping)
            }
        } catch {
            // Makes the server discard the rows and fail the transaction.
            if self.connection != nil, PQputCopyEnd(connection, "stopped by the client") == 1 { _ = try? finish(text) }
            try settle(stopping)
            throw error
        }
        try settle(stopping)
        guard PQputCopyEnd(connection, nil) == 1 else { throw lost() }
        let result = try finish(text)
        return Int(result.command.split(separator: " ").last ?? "") ?? 0
    }

    /// Passes the data of a `COPY ... TO STDOUT` to `receive`, and returns the number of rows.
    @discardableResult
    func copyOut(_ text: String, _ receive: (UnsafeRawBufferPointer) throws -> Void) throws -> Int {
        try checkControl()
        try start(text) { PQsendQuery($0, text) }
        guard try finish(text).status == PGRES_COPY_OUT, let connection else {
            throw PostgreSQLError.misuse("not a COPY TO STDOUT", statement: text)
        }
        var stopping: Stopping?
        while true {
            var data: UnsafeMutablePointer<CChar>?
            let count = PQgetCopyData(connection, &data, 1)
            if count > 0 {
                defer { PQfreemem(data) }
                do { try receive(UnsafeRawBufferPointer(start: data, count: Int(count))) } catch {
                    disconnect()  // the quickest way to discard the rest
                    throw error
                }
            } else if count == 0 {
                try wait(for: POLLIN, &stopping)
                guard PQconsumeInput(connection) == 1 else { throw lost() }
            } else {
                try settle(stopping)
                let result = try finish(text)
                return Int(result.command.split(separator: " ").last ?? "") ?? 0
            }
        }
    }
}
