import Common
@_spi(Host) import Storage
import Synchronization

/// Runs the parts of a query on the nodes that have the rows of their visitors.
///
/// Citus' own planner sends a statement to the nodes only if it can prove that it may, and gathers the rows of all others on the coordinator.
/// A `PartedQuery` is made so that it may. So each node gets the parts as they are, over its own shards, in a call of the function
/// `ingest_lane`, and the coordinator merges the rows that come back. A lane is a few shards of one node, which works on all its lanes at the
/// same time.
///
/// Citus delivers the calls: `ingest_shards` is distributed like the facts and has a row for each shard, and the function is called for one
/// row of each lane. Citus keeps the shards of all these tables together when it moves or splits them. Each query first reads where they are.
/// If a shard moves between that and the call, the call finds the shard as it was when it moved, because Citus keeps that for a while, or does
/// not find it. Then the query starts over.
final class CitusLanes: Sendable {
    static let table = "ingest_shards"
    /// The number of lanes of a node. Each of them may use several processes, as PostgreSQL decides.
    static let lanesOfNode = 4
    private static let maximumKnown = 2_000

    /// `ingest_shards` has no row in a shard: the shard is new.
    struct UnknownShard: Error {}

    private struct Lane {
        /// A visitor whose rows are in one of its shards.
        let visitor: Int64
        /// For each stored table, what its rows are read from.
        var sources: [String]
    }

    private struct PartColumn {
        let name: String
        /// The type as SQL, with the collation of texts.
        let type: String
    }

    private struct State {
        /// For each shard of `ingest_shards`, a visitor who belongs to it.
        var visitors: [Int64: Int64] = [:]
        /// The columns of parts, by the text of their statement.
        var columns: [ExactText: [PartColumn]] = [:]
    }

    private let schema: String
    private let state = Mutex(State())

    init(schema: String) { self.schema = schema }

    private func qualified(_ name: String) -> String { "\"\(schema)\".\(name)" }

    // MARK: Setting up

    /// How a lane's statement is planned. A node works on all its lanes at once, so none of them needs further processes.
    private static let settings =
        "SET search_path = pg_catalog SET timezone = 'UTC' SET work_mem = '64MB' SET jit = off SET max_parallel_workers_per_gather = 0"

    /// The function's source, with its settings as a comment, so that both are compared with what exists.
    private static let lane = """
        -- \(settings)
        DECLARE source text; number int := 0;
        BEGIN
          FOR source IN SELECT value FROM json_array_elements_text(sources::json) LOOP
            number := number + 1;
            statement := replace(statement, chr(1) || number || chr(1), source);
          END LOOP;
          RETURN QUERY EXECUTE statement USING ARRAY(SELECT value FROM json_array_elements_text(arguments::json));
        END
        """

    /// Creates the table and the function if they are missing. Call in a transaction, after the facts have been distributed.
    func create(_ session: PostgreSQLSession) throws {
        let table = qualified(Self.table), function = qualified("ingest_lane")
        // What exists isn't touched: changing it needs every node, and a host must also start while one is away.
        if try session.rows(of: "SELECT 1 WHERE to_regclass(\(table)) IS NOT NULL").isEmpty {
            try session.command("CREATE TABLE \(table) (visitor BIGINT PRIMARY KEY)")
            try session.execute(
                "SELECT create_distributed_table($1::text::regclass, 'visitor', colocate_with => $2::text)",
                [.text(table), .text(qualified(Activity.table.name))], prepared: false)
            try learn(session)
        }
        let known = try session.rows(
            of: "SELECT 1 FROM pg_proc WHERE oid = to_regprocedure(\("\(function)(text, text, text)")) AND prosrc = \(Self.lane)")
        guard known.isEmpty else { return }
        try session.command(
            """
            CREATE OR REPLACE FUNCTION \(function)(statement text, sources text, arguments text) RETURNS SETOF record LANGUAGE plpgsql STABLE
            \(Self.settings) AS $lane$\(Self.lane)$lane$
            """)
    }

    /// Makes sure that each shard has a row, and remembers the rows. Call on a session that may write.
    func learn(_ session: PostgreSQLSession) throws {
        let table = SQL(sql: qualified(Self.table)), name = qualified(Self.table)
        let count = try session.rows(of: "SELECT count(*) AS n FROM pg_dist_shard WHERE logicalrelid = to_regclass(\(name))")[0].int("n")
        func known() throws -> [Int64: Int64] {
            let visitors = try session.rows(of: "SELECT DISTINCT visitor FROM \(table)").map { $0.int("visitor") }
            return try shards(of: "SELECT unnest(\(sql: "ARRAY\(visitors)::bigint[]")) AS visitor", session)
        }
        var visitors = try known(), candidates = 64 * count
        while visitors.count < count {
            let new = try shards(of: "SELECT generate_series(1, \(candidates)) AS visitor", session).filter { visitors[$0.key] == nil }
            for visitor in new.values { try session.rows(of: "INSERT INTO \(table) VALUES (\(visitor))") }
            visitors = try known()
            candidates *= 4
        }
        state.withLock { [visitors] in $0.visitors = visitors }
    }

    /// For each shard to which at least one of the visitors belongs, one of them.
    private func shards(of visitors: SQL, _ session: PostgreSQLSession) throws -> [Int64: Int64] {
        let rows = try session.rows(
            of: """
                SELECT get_shard_id_for_distribution_column(\(qualified(Self.table))::regclass, visitor) AS shard, min(visitor) AS visitor
                FROM (\(visitors)) listed GROUP BY shard
                """)
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.int("shard"), $0.int("visitor")) })
    }

    // MARK: Running

    /// Runs the query.
    /// - Throws: `UnknownShard` if `learn` must be called first.
    func rows(_ query: PartedQuery, _ session: PostgreSQLSession) throws -> Rows {
        let text = query.own, tables = text.storedTables
        let columns = try query.parts.indices.map { try self.columns(of: $0, in: query, session) }
        let places = Places(columns)
        let lanes = try lanes(over: tables, session)
        let own = SQL.joined(
            zip(query.parts, columns).enumerated().map { number, part in
                "SELECT \(sql: String(number)) AS part, \(places.row(of: number)) FROM \(sql: part.0.name)"
            }, separator: " UNION ALL ")
        // exact: tables are named in our source
        let numbers = Dictionary(tables.enumerated().map { ($1, $0 + 1) }) { first, _ in first }
        let (statement, arguments) = ("WITH \(text) \(own)" as SQL).reading { table in
            SQL(sql: "\u{1}\(numbers[table]!)\u{1}")
        }.rendered { number, value in
            value.isNull ? "NULL" : Dialect.postgresql.placeholder(number, for: value).replacing("$\(number)", with: "(($1)[\(number)])")
        }
        let calls = SQL.joined(lanes.map { "(\(sql: String($0.visitor))::bigint, \(Self.json($0.sources.map { .text($0) })))" })
        let shards = SQL(sql: lanes.map { String($0.visitor) }.joined(separator: ", "))
        let partials: SQL = """
            partials AS MATERIALIZED (
              SELECT answer.* FROM \(sql: qualified(Self.table)) shard JOIN (VALUES \(calls)) lane (visitor, sources) ON lane.visitor = shard.visitor,
                LATERAL \(sql: qualified("ingest_lane"))(\(statement), lane.sources, \(Self.json(arguments))) AS answer (part int, \(places.definition))
              WHERE shard.visitor IN (\(shards)))
            """
        let merged = query.parts.enumerated().map { number, part in
            "\(sql: part.name) AS (\(part.merged("(SELECT \(places.columns(of: number)) FROM partials WHERE part = \(sql: String(number))) partial")))"
                as SQL
        }
        return try session.rows(of: "/* \(sql: query.name) */ WITH \(SQL.joined([partials] + merged))\(query.query)")
    }

    private static func json(_ values: [Value]) -> String {
        var text = JSONText()
        text.array { text in
            for value in values {
                text.element()
                switch value {
                case .null: text.appendNull()
                case .int(let value): text.append(string: String(value))
                case .double(let value): text.append(string: String(value))
                case .bool(let value): text.append(string: String(value))
                case .text(let value): text.append(string: value)
                }
            }
        }
        return text.string
    }

    /// The names and types of a part's columns.
    private func columns(of part: Int, in query: PartedQuery, _ session: PostgreSQLSession) throws -> [PartColumn] {
        let (text, values) = ("WITH \(query.own) SELECT * FROM \(sql: query.parts[part].name)" as SQL).rendered(for: .postgresql)
        let written = NullPlaceholders.written(into: text, values), key = ExactText(written)
        if let known = state.withLock({ $0.columns[key] }) { return known }
        let columns = try session.columns(of: written).map { column in
            PartColumn(name: column.name, type: column.type + (column.type.hasPrefix("text") ? " COLLATE \"C\"" : ""))
        }
        state.withLock { state in
            if state.columns.count >= Self.maximumKnown { state.columns.removeAll() }
            state.columns[key] = columns
        }
        return columns
    }

    /// Where the shards are now.
    private func lanes(over tables: [String], _ session: PostgreSQLSession) throws -> [Lane] {
        let own = qualified(Self.table), all = [own] + tables.map(qualified)
        let rows = try session.rows(
            of: """
                SELECT listed.number, shard.shardid, CAST(shard.shardminvalue AS bigint) AS start, placement.groupid AS node,
                  shard_name(shard.logicalrelid, shard.shardid) AS name
                FROM (VALUES \(SQL.joined(all.enumerated().map { "(\(sql: String($0)), \($1))" }))) listed (number, name)
                JOIN pg_dist_shard shard ON shard.logicalrelid = to_regclass(listed.name)
                JOIN pg_dist_placement placement ON placement.shardid = shard.shardid
                WHERE placement.shardstate = 1 ORDER BY node, start, number
                """)
        let visitors = state.withLock(\.visitors)
        var shards: [Int64: [(visitor: Int64, names: [String])]] = [:]
        for row in rows {
            if row.int("number") == 0 {
                guard let visitor = visitors[row.int("shardid")] else { throw UnknownShard() }
                shards[row.int("node"), default: []].append((visitor, []))
            } else {
                let node = row.int("node"), last = (shards[node]?.count ?? 0) - 1
                shards[node]?[last].names.append(row.text("name"))
            }
        }
        guard !shards.isEmpty, shards.values.joined().allSatisfy({ $0.names.count == tables.count }) else {
            throw PostgreSQLError.misuse("the tables \(tables.joined(separator: ", ")) are not distributed like \(Self.table)")
        }
        return shards.sorted { $0.key < $1.key }.flatMap { _, shards in
            let count = min(Self.lanesOfNode, shards.count)
            return (0..<count).map { lane in
                let own = shards[(shards.count * lane / count)..<(shards.count * (lane + 1) / count)]
                let sources = tables.indices.map { table in
                    own.count == 1
                        ? "\(own.first!.names[table]) \(tables[table])"
                        : "(\(own.map { "SELECT * FROM \($0.names[table])" }.joined(separator: " UNION ALL "))) \(tables[table])"
                }
                return Lane(visitor: own.first!.visitor, sources: sources)
            }
        }
    }

    /// Gives the columns of all parts places in a common row. Columns of different parts share a place if they have the same type.
    private struct Places {
        private var types: [String] = []
        /// For each part, the place and the name of each of its columns.
        private var parts: [[(place: Int, name: String)]] = []

        init(_ parts: [[PartColumn]]) {
            for columns in parts {
                var taken: Set<Int> = []
                self.parts.append(
                    columns.map { column in
                        let free = types.indices.first { types[$0] == column.type && !taken.contains($0) } ?? types.count
                        if free == types.count { types.append(column.type) }
                        taken.insert(free)
                        return (free, column.name)
                    })
            }
        }

        var definition: SQL { SQL(sql: types.enumerated().map { "c\($0) \($1)" }.joined(separator: ", ")) }

        /// The columns of a part's rows as columns of the common row.
        func row(of part: Int) -> SQL {
            let own = Dictionary(parts[part].map { ($0.place, $0.name) }) { first, _ in first }
            return SQL(
                sql: types.enumerated().map { place, type in
                    let bare = type.replacing(" COLLATE \"C\"", with: "")
                    return "CAST(\(own[place] ?? "NULL") AS \(bare))" + (bare == type ? "" : " COLLATE \"C\"")
                }.joined(separator: ", "))
        }

        func columns(of part: Int) -> SQL { SQL(sql: parts[part].map { "c\($0.place) AS \($0.name)" }.joined(separator: ", ")) }
    }
}
