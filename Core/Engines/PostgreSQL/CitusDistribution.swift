import Common
import Logging
import Storage
import Synchronization

/// Distributes the facts over the workers of a Citus cluster, if the database has the Citus extension.
///
/// All fact tables are distributed by `visitor` and colocated, so queries about visitors (sessions, funnels, retention) run on the
/// machine that has the visitor's rows. Event ids are distributed by `id_high`. The ledger and the journals' positions stay on the
/// coordinator, which every host connects to. These tables are small and never joined with facts. Every batch writes to them, and a
/// copy on each worker would slow those writes down.
///
/// Citus distributes a table's partitions along with the table, including partitions attached later.
/// - Source: https://docs.citusdata.com/en/stable/develop/api_udf.html#create-distributed-table
final class CitusDistribution: Sendable {
    private static let eventIDs = "ingest_event_ids"

    private let isThere = Mutex<Bool?>(nil)
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// On its first call, checks whether the server has Citus loaded and, if so, creates the extension in this database. Call it
    /// outside a transaction.
    func prepare(_ session: PostgreSQLSession) throws {
        guard isThere.withLock({ $0 }) == nil else { return }
        let isThere = try find(session)
        self.isThere.withLock { $0 = isThere }
    }

    /// Distributes the tables that aren't distributed yet. Call in the transaction that created them.
    func distribute(_ session: PostgreSQLSession) throws {
        guard isThere.withLock({ $0 }) == true else { return }
        let tables = try session.execute(
            """
            SELECT c.relname AS name, CASE WHEN c.relkind = 'p' THEN 'visitor' ELSE 'id_high' END AS distributed_by
            FROM pg_class c
            WHERE c.relnamespace = current_schema()::regnamespace AND NOT c.relispartition
              AND (c.relkind = 'p' OR c.relname = '\(Self.eventIDs)')
              AND NOT EXISTS (SELECT 1 FROM pg_dist_partition d WHERE d.logicalrelid = c.oid)
            ORDER BY c.relname
            """,
            prepared: false
        )
        for table in tables {
            // Citus colocates the fact tables by default, because their distribution columns have the same type.
            try session.execute(
                "SELECT create_distributed_table($1::text::regclass, $2::text)", [table["name"], table["distributed_by"]], prepared: false
            )
            logger.info("distributed a table", metadata: ["database.table": "\(table.text("name"))"])
        }
    }

    /// Returns a form of the statement that gives correct results on Citus: without `NOT MATERIALIZED`.
    ///
    /// If a CTE is inlined in several places, Citus 13 treats its copies as the same table and assumes that they are joined by
    /// visitor, even if they aren't. `UNION` then keeps duplicates, and a join on another column loses rows. Without the keywords,
    /// PostgreSQL and Citus inline a CTE only if it is used once, and materialize all others.
    func safe(_ statement: String, _ session: PostgreSQLSession) throws -> String {
        try prepare(session)
        return isThere.withLock { $0 } == true ? statement.replacing(" AS NOT MATERIALIZED (", with: " AS (") : statement
    }

    private func find(_ session: PostgreSQLSession) throws -> Bool {
        // Detects the library by one of its settings, because only superusers may read the list of loaded libraries.
        let extensions = try session.execute(
            """
            SELECT installed_version IS NOT NULL AS is_installed, current_setting('citus.shard_count', true) IS NOT NULL AS is_loaded
            FROM pg_available_extensions WHERE name = 'citus'
            """,
            prepared: false
        )
        guard let citus = extensions.first, citus.bool("is_loaded") else { return false }
        if citus.bool("is_installed") { return true }
        do {
            try session.transaction {
                try session.execute("SELECT pg_advisory_xact_lock(\(AdvisoryLock.citus))", prepared: false)
                try session.command("CREATE EXTENSION IF NOT EXISTS citus")
            }
            return true
        } catch let error as PostgreSQLError {
            logger.warning(
                "Citus is available, but this user may not create the extension; facts stay on one machine",
                metadata: ["error": "\(error)"])
            return false
        }
    }
}
