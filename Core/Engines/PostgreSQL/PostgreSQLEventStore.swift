import Common
import Logging
@_spi(Host) import Storage
import Synchronization

/// The event plane in a schema of a PostgreSQL database. Fact tables are split into partitions by time, and distributed over
/// several machines if the database has Citus.
///
/// Several hosts may write concurrently, each from its own journal. Event ids are deduplicated across all hosts. Reports run on
/// separate, read-only connections, so they never delay the storage of facts.
@_spi(Host) public final class PostgreSQLEventStore: EventStore {
    public let dialect = Dialect.postgresql

    /// The number of writing connections: one for facts, and one for an erasure or migration that runs at the same time.
    public static let writingConnections = 2
    private static let maximumAttempts = 10
    /// The time limit of a batch. It keeps a hung server from blocking the writer's shutdown.
    private static let applySeconds = 120.0

    private let readers: PostgreSQLPool
    let writers: PostgreSQLPool
    let streams = ReaderConnections<PostgreSQLConnection>()
    let partitions: Partitions
    let citus: CitusDistribution
    private let statistics = TableStatistics()
    private let describing = Mutex<Task<Void, Never>?>(nil)
    private let claims: JournalClaims
    private let logger: Logger
    /// For each journal, the position of a batch that may or may not have been stored.
    private let uncertain = Mutex<[String: JournalPosition]>([:])

    /// Checks the URL without connecting; call `ping` to find out whether the database can be reached.
    /// - Parameters:
    ///   - url: `postgresql://user:password@host:5432/database?sslmode=verify-full`, or any URL that libpq accepts.
    ///   - maximumConnections: two of the connections write, and the others (at least one) run reports. One more connection holds
    ///     the locks of this host's journals.
    ///   - schema: the schema of this store's tables, created if missing.
    /// - Throws: `PostgreSQLError` for an invalid URL, without quoting it.
    public init(url: String, maximumConnections: Int, schema: String = "pulse_events", logger: Logger) throws {
        readers = PostgreSQLPool(
            settings: try PostgreSQLSettings(url: url, schema: schema, purpose: .reading),
            size: maximumConnections - Self.writingConnections, logger: logger)
        writers = PostgreSQLPool(
            settings: try PostgreSQLSettings(url: url, schema: schema, purpose: .writing), size: Self.writingConnections,
            logger: logger)
        citus = CitusDistribution(schema: schema, logger: logger)
        partitions = Partitions(citus: citus)
        claims = JournalClaims(writers.extraConnection(), logger: logger)
        self.logger = logger
    }

    public func query(_ statement: SQL, timeoutSeconds: Double) async throws -> Rows {
        let (text, values) = statement.rendered(for: .postgresql)
        return try await contract {
            try await self.readers.perform(timeoutSeconds: timeoutSeconds) { [citus] session in
                try session.execute(try citus.safe(text, session), values)
            }
        }
    }

    public func query(_ query: PartedQuery, timeoutSeconds: Double) async throws -> Rows {
        let end = ContinuousClock.now + .seconds(timeoutSeconds)
        func left() -> Double { max(0.001, (end - .now) / .seconds(1)) }
        var attempts = 0
        return try await contract {
            while true {
                attempts += 1
                do {
                    return try await self.readers.perform(timeoutSeconds: left()) { try self.rows(query, $0) }
                } catch is CitusLanes.UnknownShard where attempts < 3 {
                    try await self.writers.perform(timeoutSeconds: left()) { [citus] in try citus.lanes.learn($0) }
                } catch let error as PostgreSQLError where error.isMissingTable && attempts < 3 {
                    // A shard moved to another node between looking and asking.
                }
            }
        }
    }

    private func rows(_ query: PartedQuery, _ session: PostgreSQLSession) throws -> Rows {
        if query.isLocal, try citus.isInUse(session) { return try citus.lanes.rows(query, session) }
        let (text, values) = query.statement.rendered(for: .postgresql)
        return try session.execute(try citus.safe(text, session), values)
    }

    public func reader(of project: Int32, secondsPerBatch: Double) throws -> any BatchReader {
        PostgreSQLBatchReader(
            self, try streams.open(of: project) { readers.extraConnection() }, secondsPerBatch: secondsPerBatch)
    }

    /// The number of open readers.
    var openReaders: Int { streams.count }

    public func change(_ statements: [SQL]) async throws {
        let rendered = statements.map { $0.rendered(for: .postgresql) }
        try await writing { [citus, partitions] session in
            try citus.prepare(session)
            // The statements may have dropped tables.
            defer { partitions.forget() }
            try session.transaction {
                try citus.beginChanges(session)
                for (text, values) in rendered { try session.execute(text, values, prepared: false) }
                try citus.distribute(session)
            }
        }
    }

    public func layout() async throws -> StoreLayout {
        try await contract { try await self.readers.perform(timeoutSeconds: 30) { [citus] in try citus.layout($0) } }
    }

    public func arrange() async throws {
        try await writing { [citus] session in
            guard session.hasCitus else { return }
            try citus.prepare(session)
            try session.transaction {
                try citus.beginChanges(session)
                try citus.distribute(session)
            }
        }
    }

    public func claim(journal: String) async throws { try await claim(journal: journal, patienceSeconds: 45) }

    func claim(journal: String, patienceSeconds: Double) async throws {
        try await contract { try await self.claims.take(journal, patienceSeconds: patienceSeconds) }
    }

    public func position(of journal: String) async throws -> JournalPosition? {
        let position = try await writing { try Self.settledPosition(of: journal, in: $0) }
        uncertain.withLock { $0[journal] = nil }
        return position
    }

    public func ping() async throws {
        do {
            try await contract {
                try await self.readers.perform(timeoutSeconds: 5) { [citus] session in
                    // With Citus, each node must respond.
                    _ = try session.rows(of: try citus.isInUse(session) ? "SELECT count(*) FROM \(sql: CitusLanes.table)" : "SELECT 1")
                }
            }
        } catch is QueryTimeout { throw ServiceError.databaseUnavailable() }
    }

    /// Waits for running calls to finish, then closes all connections. Later calls throw `PostgreSQLError`.
    public func close() async {
        claims.close()
        streams.end { $0.abandon() }
        await readers.close()
        await writers.close()
    }

    // MARK: Facts

    /// Adds the batch in one transaction.
    ///
    /// A batch whose position has been stored before adds nothing, and reports none of its rows as duplicates.
    ///
    /// If the connection breaks during COMMIT, the batch's outcome may stay unknown. A later batch that reaches further may contain
    /// the same rows again. If the uncertain batch turns out to be stored, the later batch is rejected until `position(of:)` is
    /// called.
    /// - Throws: `JournalInUse` when another host has taken over this journal; `ServiceError` 503 while the database is
    ///   unavailable.
    public func apply(_ batch: FactBatch) async throws -> AppliedBatch {
        do {
            try await contract { try await self.claims.check(batch.journal) }
            let applied = try await writing(timeoutSeconds: Self.applySeconds) { try self.apply(batch, in: $0) }
            describeTables()
            return applied
        } catch let error as UncertainBatch {
            uncertain.withLock { $0[batch.journal] = batch.position }
            logger.warning("lost the connection to the database while committing a batch", metadata: ["reason": "\(error.reason)"])
            throw ServiceError.databaseUnavailable()
        }
    }

    /// Has PostgreSQL look at the tables that have grown, while the next batches are stored.
    private func describeTables() {
        guard statistics.begin() else { return }
        let task = Task {
            defer { statistics.end() }
            do { try await writers.perform(timeoutSeconds: Self.applySeconds) { [statistics] in try statistics.renew($0) } } catch {
                logger.debug("the statistics of a table were not renewed", metadata: ["error": "\(error)"])
            }
        }
        describing.withLock { $0 = task }
    }

    /// Waits until PostgreSQL has looked at the tables that have grown.
    func untilTablesAreDescribed() async { await describing.withLock { $0 }?.value }

    private struct UncertainBatch: Error {
        let reason: String
    }

    private func apply(_ batch: FactBatch, in session: PostgreSQLSession) throws -> AppliedBatch {
        try settleUncertain(batch, in: session)
        let plan = try FactPlan(batch)
        try partitions.ensure(plan.months, in: session)
        var duplicates = [Bool](repeating: false, count: batch.rows.count)
        do {
            try session.transaction {
                guard try Self.advance(to: batch.position, of: batch.journal, in: session) else { throw AlreadyApplied() }
                // A statement of its own, so it sees an erasure that the one before had to wait for.
                let (text, values) = ErasedVisitors.last.rendered(for: .postgresql)
                try batch.check(try session.execute(text, values))
                for statement in SessionMove.statements(batch.moves, in: batch.tables, .postgresql) {
                    let (text, values) = statement.rendered(for: .postgresql)
                    try session.execute(text, values)
                }
                duplicates = plan.duplicates(new: try Self.store(plan.identities, plan.headers, in: session))
                for (number, rows) in plan.stored(duplicates: duplicates).sorted(by: { $0.key < $1.key }) {
                    try FactCopy(batch.tables[number]).write(rows, to: session)
                }
                try Self.store(plan.ledger(duplicates: duplicates), in: session)
                for statement in batch.alongside(duplicates) {
                    let (text, values) = statement.sql.rendered(for: .postgresql)
                    let result = try session.answer(to: text, ParameterList(values, statement: text))
                    try statement.check(result.changedCount)
                }
            }
        } catch is AlreadyApplied {
            // Normally, an earlier attempt of this host stored the batch. But if another host has held the journal since, that host
            // may have stored a different batch at this position, and the facts of this batch would be lost.
            if claims.isContested(batch.journal) { throw JournalInUse(journal: batch.journal) }
            return AppliedBatch(duplicates: duplicates, wasApplied: true)
        } catch let lost as CommitUnknown {
            try resolve(lost, batch, in: session)
        } catch let error as PostgreSQLError where error.isMissingPartition {
            partitions.forget()
            throw error
        }
        statistics.note(plan.headers, in: batch.tables)
        return AppliedBatch(duplicates: duplicates)
    }

    private struct AlreadyApplied: Error {}

    /// Checks on a new connection whether a COMMIT without a response succeeded. Returns normally if the batch is stored.
    /// - Throws: `ConnectionLost` if the batch isn't stored, `UncertainBatch` if the store can't find out.
    private func resolve(_ lost: CommitUnknown, _ batch: FactBatch, in session: PostgreSQLSession) throws {
        let stored: JournalPosition?
        do {
            try session.ready()
            stored = try Self.settledPosition(of: batch.journal, in: session)
        } catch {
            throw UncertainBatch(reason: lost.reason)
        }
        guard let stored, stored >= batch.position else { throw ConnectionLost(reason: lost.reason) }
    }

    /// Finds out whether an uncertain earlier batch of the journal was stored.
    /// - Throws: `PostgreSQLError` if that batch was stored and `batch` reaches further.
    private func settleUncertain(_ batch: FactBatch, in session: PostgreSQLSession) throws {
        guard let position = uncertain.withLock({ $0[batch.journal] }), batch.position > position else { return }
        if let stored = try Self.settledPosition(of: batch.journal, in: session), stored >= position {
            throw PostgreSQLError.misuse("the journal has already been applied past the start of this batch; read its position again")
        }
        uncertain.withLock { $0[batch.journal] = nil }
    }

    /// Stores the journal's new position. Returns false if the stored position is the same or later. Of two concurrent attempts,
    /// the second waits for the first.
    private static func advance(to position: JournalPosition, of journal: String, in session: PostgreSQLSession) throws -> Bool {
        let rows = try session.execute(
            """
            INSERT INTO ingest_positions AS stored (journal, segment, byte_offset) VALUES ($1::text, $2::bigint, $3::bigint)
            ON CONFLICT (journal) DO UPDATE SET segment = excluded.segment, byte_offset = excluded.byte_offset
            WHERE (stored.segment, stored.byte_offset) < (excluded.segment, excluded.byte_offset)
            RETURNING 1
            """,
            [.text(journal), .int(position.segment), .int(position.offset)]
        )
        return !rows.isEmpty
    }

    /// The journal's stored position; nil if nothing of the journal has been applied. The server may still be working on a batch of
    /// a killed host or a broken connection. This waits for that batch, because it has locked or inserted the journal's row.
    private static func settledPosition(of journal: String, in session: PostgreSQLSession) throws -> JournalPosition? {
        try session.command("BEGIN")
        defer { session.rollback() }
        try session.execute(
            "INSERT INTO ingest_positions (journal, segment, byte_offset) VALUES ($1::text, -1, 0) ON CONFLICT DO NOTHING",
            [.text(journal)]
        )
        let rows = try session.execute(
            "SELECT segment, byte_offset FROM ingest_positions WHERE journal = $1::text FOR UPDATE", [.text(journal)])
        guard let row = rows.first, row.int("segment") >= 0 else { return nil }
        return JournalPosition(segment: row.int("segment"), offset: row.int("byte_offset"))
    }

    /// Stores the ids, and returns those that were new. Waits for other hosts that are storing the same ids.
    private static func store(
        _ identities: [FactPlan.Identity], _ headers: [EncodedRow.Header], in session: PostgreSQLSession
    ) throws -> Set<EncodedRow.EventID> {
        guard !identities.isEmpty else { return [] }
        var parameters = ParameterList()
        parameters.append(array: identities.map { Int64(headers[$0.row].project) })
        parameters.append(array: identities.map { headers[$0.row].hour })
        parameters.append(array: identities.map(\.id.high))
        parameters.append(array: identities.map(\.id.low))
        let result = try session.answer(
            to: """
                INSERT INTO ingest_event_ids (project, hour, id_high, id_low)
                SELECT project, hour, id_high, id_low
                FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS new (project, hour, id_high, id_low)
                ON CONFLICT DO NOTHING RETURNING id_high, id_low
                """,
            parameters, binary: true
        )
        return Set((0..<result.rowCount).map { .init(high: result.binaryInt64($0, 0), low: result.binaryInt64($0, 1)) })
    }

    private static func store(_ ledger: [LedgerEntry], in session: PostgreSQLSession) throws {
        // A statement takes at most 65,535 values, so long ledgers are split into several statements.
        for start in stride(from: 0, to: ledger.count, by: 1_000) {
            let entries = ledger[start..<min(start + 1_000, ledger.count)]
            let values = SQL.joined(
                entries.map { entry in
                    "(\(Int64(entry.project)), \(entry.hour), \(Int64(entry.outcome.rawValue)), \(entry.reason), \(entry.count))"
                })
            let statement: SQL = """
                INSERT INTO ingest_ledger AS stored (project, hour, outcome, reason, count) VALUES \(values)
                ON CONFLICT (project, hour, outcome, reason) DO UPDATE SET count = stored.count + excluded.count
                """
            let (text, parameters) = statement.rendered(for: .postgresql)
            // Most batches have few entries, so it pays to keep short statements prepared.
            try session.execute(text, parameters, prepared: entries.count <= 8)
        }
    }

    // MARK: Backup

    /// Copies a consistent snapshot of all tables to the `events-postgresql` folder in `path`.
    /// - Returns: the number of rows of each table in the copy.
    @discardableResult
    public func backup(to path: String) async throws -> [String: Int64] {
        try await contract {
            try await SchemaBackup(name: "events-postgresql").write(to: path, from: self.writers, omitting: [CitusLanes.table]) { session in
                // The nodes of Citus have no common snapshot. Batches and erasures wait; what is collected meanwhile is in the journals.
                if session.hasCitus { try session.command("LOCK TABLE ingest_positions IN SHARE MODE") }
            }
        }
    }

    /// Replaces all tables of the schema with those of the backup in `path`, in one transaction. Concurrent calls wait for that
    /// transaction.
    public func restore(from path: String) async throws {
        try await contract {
            try await SchemaBackup(name: "events-postgresql").restore(from: path, into: self.writers) { [citus] session in
                try citus.prepare(session)
            } begin: { [citus] session in
                try citus.beginChanges(session)
            } afterCreation: { [citus] session in
                try citus.distribute(session)
            }
        }
        partitions.forget()
        uncertain.withLock { $0 = [:] }
    }

    // MARK: Retries

    /// Runs `work` on a writing connection. Retries the work after a conflict with another transaction, if a prepared statement is
    /// stale or a partition is missing, and if the connection broke before the work could take effect.
    private func writing<Result: Sendable>(
        timeoutSeconds: Double? = nil, _ work: @escaping @Sendable (PostgreSQLSession) throws -> Result
    ) async throws -> Result {
        try await contract {
            var attempts = 0
            while true {
                attempts += 1
                do { return try await self.writers.perform(timeoutSeconds: timeoutSeconds, work) } catch let error
                    where Self.isRetryable(error)
                {
                    guard attempts < (error is PostgreSQLError ? Self.maximumAttempts : 3) else { throw error }
                    if error is PostgreSQLError { try await Task.sleep(for: .milliseconds(Int.random(in: 1...(5 * attempts)))) }
                }
            }
        }
    }

    private static func isRetryable(_ error: any Error) -> Bool {
        switch error {
        case let error as PostgreSQLError: error.isConflict || error.isStalePlan || error.isMissingPartition
        case is ConnectionLost: true
        default: false
        }
    }

    /// Runs `body` and converts its errors to those that the contract of `EventStore` allows.
    func contract<Result>(_ body: () async throws -> Result) async throws -> Result {
        do { return try await body() } catch let error as PostgreSQLError where error.sqlState == "23505" {
            throw UniqueViolation()
        } catch let error as PostgreSQLError where error.isUnavailable {
            logger.error("the database could not run a statement", metadata: ["error": "\(error)"])
            throw ServiceError.databaseUnavailable(retryAfterSeconds: 5)
        } catch let error as PostgreSQLError where error.isTooLarge {
            throw ServiceError.invalid(
                "report_too_large",
                "The report has to gather more rows on one machine than the database allows (citus.max_intermediate_result_size). Request a shorter range or fewer rows."
            )
        } catch is ConnectionLost {
            throw ServiceError.databaseUnavailable()
        } catch is CommitUnknown {
            throw ServiceError.databaseUnavailable()
        }
    }
}
