import Common
import Logging
@_spi(Host) import Storage
import Synchronization

/// Distributes the facts over the nodes of a Citus cluster, if the database has one.
///
/// All fact tables are distributed by `visitor` and colocated, so a visitor's rows are on one node. Event ids are distributed by `id_high`. The
/// ledger and the journals' positions stay on the coordinator, which every host connects to. These tables are small and never joined with
/// facts. Every batch writes to them, and a copy on each node would slow those writes down.
///
/// Citus distributes a table's partitions along with the table, including partitions attached later.
/// - Source: https://docs.citusdata.com/en/stable/develop/api_udf.html#create-distributed-table
final class CitusDistribution: Sendable {
    private static let eventIDs = "ingest_event_ids"

    let lanes: CitusLanes
    private let schema: String
    /// Whether facts are known to be distributed. They stay so.
    private let isDistributed = Atomic(false)
    private let hasWarned = Atomic(false)
    private let logger: Logger

    init(schema: String, logger: Logger) {
        self.schema = schema
        lanes = CitusLanes(schema: schema)
        self.logger = logger
    }

    /// Whether facts are distributed.
    func isInUse(_ session: PostgreSQLSession) throws -> Bool {
        if isDistributed.load(ordering: .relaxed) { return true }
        guard session.hasCitus, try isInstalled(session) else { return false }
        let found = try session.rows(
            of: "SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass(\("\"\(schema)\".\(Activity.table.name)"))")
        if !found.isEmpty { isDistributed.store(true, ordering: .relaxed) }
        return !found.isEmpty
    }

    private func isInstalled(_ session: PostgreSQLSession) throws -> Bool {
        try session.rows(of: "SELECT 1 FROM pg_extension WHERE extname = 'citus'").isEmpty == false
    }

    /// Creates the extension if the server has loaded Citus and this database lacks it. Call it outside a transaction.
    func prepare(_ session: PostgreSQLSession) throws {
        guard session.hasCitus, try !isInstalled(session) else { return }
        do {
            try session.transaction {
                try session.execute("SELECT pg_advisory_xact_lock(\(AdvisoryLock.citus))", prepared: false)
                try session.command("CREATE EXTENSION IF NOT EXISTS citus")
            }
        } catch let error as PostgreSQLError {
            warn("Citus is available, but this user may not create the extension; facts stay on one machine", "\(error)")
        }
    }

    /// Makes the statements of this transaction that create or change tables work on one shard after the other. Citus works on several at a
    /// time otherwise, and they may wait for each other: names that PostgreSQL gives to the indexes of partitions can be alike on two shards.
    func beginChanges(_ session: PostgreSQLSession) throws {
        if session.hasCitus { try session.command("SET LOCAL citus.multi_shard_modify_mode TO 'sequential'") }
    }

    /// Distributes the tables that aren't distributed yet, if there are nodes for them. Call in a transaction after `beginChanges`.
    func distribute(_ session: PostgreSQLSession) throws {
        guard session.hasCitus, try isInstalled(session) else { return }
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
        guard try hasNodes(session) else {
            if !tables.isEmpty {
                warn(
                    "Citus is available, but has no node for shards; facts stay on one machine. Add nodes, and restart all hosts", nil)
            }
            return
        }
        for table in tables {
            // Citus colocates the fact tables by default, because their distribution columns have the same type.
            try session.execute(
                "SELECT create_distributed_table($1::text::regclass, $2::text)", [table["name"], table["distributed_by"]], prepared: false
            )
            logger.info("distributed a table", metadata: ["database.table": "\(table.text("name"))"])
        }
        guard try isInUse(session) else { return }
        try identifyRows(session)
        try lanes.create(session)
    }

    /// Whether there is a node that may have shards.
    private func hasNodes(_ session: PostgreSQLSession) throws -> Bool {
        try session.execute(
            "SELECT 1 FROM pg_dist_node WHERE shouldhaveshards AND isactive AND noderole = 'primary' LIMIT 1", prepared: false
        ).isEmpty == false
    }

    /// The nodes, and what is on them.
    func layout(_ session: PostgreSQLSession) throws -> StoreLayout {
        guard session.hasCitus else { return .oneMachine }
        guard try isInstalled(session) else {
            return .unused(
                reason:
                    "the server has Citus, but this database does not. As a superuser, run CREATE EXTENSION citus there, add nodes, and restart all hosts."
            )
        }
        guard try isInUse(session) else {
            return .unused(
                reason: try hasNodes(session)
                    ? "Citus has nodes, but the facts are not distributed. Restart all hosts: the first one distributes them, which takes as long as copying them."
                    : "Citus has no node for shards. Add nodes (SELECT citus_add_node('host', 5432)), and restart all hosts.")
        }
        let health = try session.rows(
            of:
                "SELECT to_nodename AS host, to_nodeport AS port, bool_and(coalesce(result, FALSE)) AS is_there FROM citus_check_cluster_node_health() GROUP BY host, port"
        )
        let isWhole = health.allSatisfy { $0.bool("is_there") }
        let sizes =
            try !isWhole
            ? Rows()
            : session.rows(
                of: """
                    SELECT nodename AS host, nodeport AS port, count(*) AS parts, CAST(sum(shard_size) AS bigint) AS bytes FROM citus_shards
                    WHERE table_name IN (SELECT oid FROM pg_class WHERE relnamespace = \(schema)::regnamespace) GROUP BY host, port
                    """)
        let nodes = try session.rows(
            of:
                "SELECT nodename AS host, nodeport AS port, shouldhaveshards AS has_facts FROM pg_dist_node WHERE noderole = 'primary' ORDER BY host, port"
        )
        return .machines(
            nodes.map { node in
                func isSame(_ row: Row) -> Bool { row["host"] == node["host"] && row["port"] == node["port"] }
                let size = sizes.first(where: isSame)
                return StoreLayout.Machine(
                    name: "\(node.text("host")):\(node.int("port"))", isThere: health.first(where: isSame)?.bool("is_there") ?? false,
                    parts: size?.int("parts") ?? 0, bytes: size?.int("bytes") ?? 0, hasFacts: node.bool("has_facts"))
            })
    }

    /// Gives partitions without a primary key the replica identity that Citus needs to move their shards while they are written to.
    /// - Source: https://docs.citusdata.com/en/stable/develop/api_udf.html#citus-rebalance-start
    private func identifyRows(_ session: PostgreSQLSession) throws {
        let partitions = try session.execute(
            """
            SELECT c.relname AS name FROM pg_class c
            WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relispartition AND c.relreplident <> 'f'
            """, prepared: false)
        for partition in partitions { try session.command("ALTER TABLE \(partition.text("name")) REPLICA IDENTITY FULL") }
    }

    private func warn(_ message: Logger.Message, _ error: String?) {
        guard !hasWarned.exchange(true, ordering: .relaxed) else { return }
        logger.warning(message, metadata: error.map { ["error": "\($0)"] } ?? [:])
    }

    /// Returns a form of the statement that gives correct results on Citus: without `NOT MATERIALIZED`.
    ///
    /// If a CTE is inlined in several places, Citus 13 treats its copies as the same table and assumes that they are joined by
    /// visitor, even if they aren't. `UNION` then keeps duplicates, and a join on another column loses rows. Without the keywords,
    /// PostgreSQL and Citus inline a CTE only if it is used once, and materialize all others.
    func safe(_ statement: String, _ session: PostgreSQLSession) throws -> String {
        try isInUse(session) ? statement.replacing(" AS NOT MATERIALIZED (", with: " AS (") : statement
    }
}
