import Common
import Logging
import Storage
import Synchronization

/// Spreads the facts over the workers of a Citus cluster, where the database has that extension.
///
/// Facts are distributed by `visitor`, all of them together, so that what is asked of a visitor (sessions, funnels,
/// retention) is answered on the machine where the visitor's rows are. Event ids are distributed by `id_high`. The
/// ledger and the journals' positions stay tables of the coordinator, where every host connects: they are small,
/// never joined with facts, and written with every batch, which a copy on each worker would make slower.
///
/// Citus distributes a partition together with its table, those that are attached later as well.
/// - Source: https://docs.citusdata.com/en/stable/develop/api_udf.html#create-distributed-table
final class CitusDistribution: Sendable {
    private static let eventIDs = "ingest_event_ids"

    private let isThere = Mutex<Bool?>(nil)
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// Looks once whether the server has Citus loaded, and makes the extension in this database. Outside of a transaction.
    func prepare(_ session: PostgreSQLSession) throws {
        guard isThere.withLock({ $0 }) == nil else { return }
        let isThere = try find(session)
        self.isThere.withLock { $0 = isThere }
    }

    /// Distributes the tables that aren't yet; in the transaction that made them.
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
            // Facts lie together because their distribution columns have one type and they name no other group.
            try session.execute(
                "SELECT create_distributed_table($1::text::regclass, $2::text)", [table["name"], table["distributed_by"]], prepared: false
            )
            logger.info("a table is distributed", metadata: ["database.table": "\(table.text("name"))"])
        }
    }

    /// The statement as Citus answers it right.
    ///
    /// Citus 13 takes the copies of a CTE that is inlined in several places for one and the same table, and so thinks that they are joined by
    /// visitor where they are not: `UNION` then leaves duplicates, a join on another column loses rows. Without our word PostgreSQL and
    /// Citus inline what is named once, and compute the rest once.
    func safe(_ statement: String, _ session: PostgreSQLSession) throws -> String {
        try prepare(session)
        return isThere.withLock { $0 } == true ? statement.replacing(" AS NOT MATERIALIZED (", with: " AS (") : statement
    }

    private func find(_ session: PostgreSQLSession) throws -> Bool {
        // A setting of its own tells that it is loaded: the list of libraries is for superusers alone.
        let extensions = try session.execute(
            """
            SELECT installed_version IS NOT NULL AS is_installed, current_setting('citus.shard_count', true) IS NOT NULL AS is_loaded
            FROM pg_available_extensions WHERE name = 'citus'
            """,
            prepared: false
        )
        guard let citus = extensions.first, citus["is_loaded"].bool == true else { return false }
        if citus["is_installed"].bool == true { return true }
        do {
            try session.transaction {
                try session.execute("SELECT pg_advisory_xact_lock(\(AdvisoryLock.citus))", prepared: false)
                try session.command("CREATE EXTENSION IF NOT EXISTS citus")
            }
            return true
        } catch let error as PostgreSQLError {
            logger.warning(
                "Citus is there, but this user may not make the extension; facts stay on one machine",
                metadata: ["error": "\(error)"])
            return false
        }
    }
}
