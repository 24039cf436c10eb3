import CLibPQ
@_spi(Host) import Common
import Foundation

/// How to connect: the URL, and the settings that every session starts with.
struct PostgreSQLSettings: Sendable {
    /// What a session is for. A reading session can't write, and plans each statement for its actual values, because the best plan
    /// for a small project is wrong for a large one.
    enum Purpose { case reading, writing }

    private let url: String
    /// The schema of Pulse's tables. It is the only schema on the search path.
    let schema: String
    let purpose: Purpose
    /// The server and database as `host:port/database`, for logs.
    let place: String

    /// - Throws: `PostgreSQLError` for an invalid URL. The error never quotes the URL, because in a mistyped URL the password may
    ///   be anywhere.
    init(url: String, schema: String, purpose: Purpose) throws {
        guard Self.isName(schema) else {
            throw PostgreSQLError.misuse(
                "'\(schema)' is not a valid schema name: use 1 to 63 characters (a-z, 0-9 and _), not starting with a digit")
        }
        if let problem = PostgreSQLURL.problem(in: url) { throw PostgreSQLError.misuse("the database URL \(problem)") }
        guard let options = PQconninfoParse(url, nil) else {
            throw PostgreSQLError.misuse("the database URL has a parameter that the libpq of this machine does not know")
        }
        defer { PQconninfoFree(options) }
        var parts: [String: String] = [:], option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { parts[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        self.url = url
        self.schema = schema
        self.purpose = purpose
        place = "\(parts["host"] ?? parts["hostaddr"] ?? "localhost"):\(parts["port"] ?? "5432")/\(parts["dbname"] ?? parts["user"] ?? "")"
    }

    /// Whether `text` can be the name of a schema: 1 to 63 of a-z, 0-9 and _, not starting with a digit.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 63 && !text.utf8.first!.isDigit
            && text.utf8.allSatisfy { $0.isDigit || $0 == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    }

    /// The parameters for libpq, in this order: defaults, the URL, which may override the defaults, and settings that the URL can't
    /// override.
    var parameters: [(keyword: String, value: String)] {
        [
            ("connect_timeout", "5"), ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"),
            ("dbname", url),
            ("client_encoding", "UTF8"), ("application_name", "pulse"),
        ]
    }

    /// More statements for a new connection if the server has Citus.
    var sessionStatementsOfCitus: String {
        switch purpose {
        case .reading:
            // The coordinator has no statistics about rows that come from other nodes, and would join them with nested loops. A report's
            // lanes keep their connections to the nodes.
            "SET enable_nestloop TO off; SET citus.max_cached_conns_per_worker TO \(CitusLanes.lanesOfNode)"
        case .writing:
            // A batch has a connection for each shard that it writes to. Opening them takes longer than writing.
            "SET citus.max_cached_conns_per_worker TO 16"
        }
    }

    /// The statements to run on every new connection. They use SET because poolers reject the startup parameter `options`.
    var sessionStatements: String {
        var statements = [
            "TimeZone TO 'UTC'", "DateStyle TO 'ISO, YMD'", "standard_conforming_strings TO on", "extra_float_digits TO 1",
            "search_path TO \"\(schema)\"",
            // Keeps an open transaction of a hung host from holding its locks forever.
            "idle_in_transaction_session_timeout TO '60s'",
        ]
        if purpose == .reading { statements += ["default_transaction_read_only TO on", "plan_cache_mode TO force_custom_plan"] }
        return statements.map { "SET \($0)" }.joined(separator: "; ") + (purpose == .reading ? "; " + Self.planning : "")
    }

    /// Settings for reports, unless the operator has set others for the server, the database or the role: PostgreSQL's own defaults are for
    /// short statements. A report groups by visitor, which takes memory. Compiling its expressions takes longer than it saves.
    private static let planning = """
        SELECT set_config(name, value, false) FROM (VALUES ('work_mem', '64MB'), ('jit', 'off')) AS ours (name, value)
        JOIN pg_catalog.pg_settings USING (name) WHERE source = 'default'
        """
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
