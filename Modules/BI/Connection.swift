import Core

/// The settings in `modules.settings.bi`.
struct BISettings: Sendable {
    /// Host names, IP addresses and networks to which connections are allowed. The default is an empty list, which allows no connection.
    let allowedAddresses: [String]
    let externalTimeoutSeconds: Int
    let maximumConcurrentQueries: Int

    init(_ section: Section) {
        allowedAddresses = section.value(
            "allowed_addresses", .list(of: .text(1...255)), default: [],
            summary: "Where external databases may be: host names, IP addresses, or networks such as 10.0.0.0/8.")
        externalTimeoutSeconds = section.value(
            "external_timeout_seconds", .integer(1...600), default: 30, unit: "seconds",
            summary: "Time limit for a statement on an external database.")
        maximumConcurrentQueries = section.value(
            "queries_at_a_time", .integer(1...1_000), default: 2,
            summary: "Maximum queries that run at the same time on this host. Further ones wait; reports don't wait for them.")
        // Check every entry with a slash as a network. Otherwise a mistyped network would be taken for a host name that never resolves.
        for (index, address) in allowedAddresses.enumerated() where address.contains("/") {
            do { _ = try CIDR(address) } catch { section.refuse("allowed_addresses[\(index)]", "\(error)") }
        }
    }
}

/// An external PostgreSQL database.
enum Connection {
    static let resource = Resource(
        "Connection", path: "/api/v1/bi/connections", table: "bi_connection",
        fields: [
            .required("name", .text(200)), .required("database_type", .choice(["postgres"])),
            .optional("allowed_schemas", .array(.text(63), count: 0...20), "Schemas in which statements look up names, in order."),
            .optional("is_active", .boolean),
        ],
        defaults: #"{"allowed_schemas":[],"is_active":true}"#,
        check: { connection in
            for schema in connection["allowed_schemas"]?.elements ?? [] {
                let name = schema.string ?? ""
                guard name.utf8.allSatisfy({ (97...122).contains($0 | 0x20) || (48...57).contains($0) || $0 == 95 }) else {
                    throw ServiceError.body(
                        field: "allowed_schemas", "must contain names made of letters, digits and _; got '\(name.excerpt(60))'.")
                }
            }
        })

    static let string = Schema.Field.required(
        "connection_string", .text(2_000), "postgresql://user:password@host:5432/database?sslmode=require")

    /// Stores the sealed credentials of each connection, and the result of its last test.
    static let secrets = Table(
        "bi_connection_secret",
        [
            Column("connection_id", .text), Column("project_id", .text), Column("sealed", .text), Column("masked", .text),
            Column("last_tested_at", .int64, nullable: true), Column("last_error", .text, nullable: true),
        ],
        primaryKey: ["connection_id"])

    /// A connection with its masked connection string and the result of its last test.
    struct Described: Sendable {
        enum Status: String, Sendable, CaseIterable { case untested, ok, error }

        let connection: Resource.Definition
        let masked: String
        let lastTestedAt: Instant?
        let lastError: String?

        var status: Status { lastError != nil ? .error : lastTestedAt == nil ? .untested : .ok }

        static let shape = Shape<Described>(
            Shape(resource.storedFields).fields(of: \.connection) + [
                .required("id", \.connection.id, .uuid),
                .required("connection_string", \.masked, .optionalText(2_000), "The connection string with *** in place of the password."),
                .required("status", \.status, .choice), .required("last_tested_at", \.lastTestedAt, .nullable(.timestamp)),
                .required("last_error", \.lastError, .nullable(.optionalText(2_000))),
                .required("created_at", \.connection.createdAt, .timestamp), .required("updated_at", \.connection.updatedAt, .timestamp),
            ])
    }

    /// Returns the definition with its masked connection string and the result of the last test.
    static func described(_ connection: Resource.Definition, _ call: ProjectRequest) async throws -> Described {
        let row = try await call.store.read(
            "SELECT masked, last_tested_at, last_error FROM bi_connection_secret WHERE connection_id = \(connection.id)"
        ).first
        return Described(
            connection: connection, masked: row?.text("masked") ?? "",
            lastTestedAt: row?["last_tested_at"].int.map(Instant.init(milliseconds:)), lastError: row?.optionalText("last_error"))
    }

    // MARK: The connection string

    private static let purpose = "bi.connections"
    private static let accepted: Set<String> = [
        "user", "password", "host", "port", "dbname", "sslmode", "channel_binding", "connect_timeout", "application_name",
    ]

    /// Parses a connection string and returns its keywords, such as `host` and `user`, without empty ones.
    /// - Throws: 400 for a string that is not accepted. The error never quotes the string, which may hold a password.
    static func keywords(_ string: String, _ call: ProjectRequest) throws -> [String: String] {
        let form = "must be of the form postgresql://user:password@host:5432/database?sslmode=require"
        guard string.hasPrefix("postgresql://") || string.hasPrefix("postgres://"),
            let keywords = call.services.externalDatabase.parse(string)
        else {
            throw ServiceError.body(field: "connection_string", form + ", with special characters in the password percent-encoded.")
        }
        let given = keywords.filter { !$0.value.isEmpty }
        if let other = given.keys.sorted().first(where: { !accepted.contains($0) }) {
            throw ServiceError.body(
                field: "connection_string",
                because: "'\(other)' is not accepted; accepted are \(accepted.sorted().joined(separator: ", ")).")
        }
        guard let host = given["host"], !host.contains(","), !host.hasPrefix("/"), !host.hasPrefix("@"),
            given["port"]?.contains(",") != true
        else {
            throw ServiceError.body(field: "connection_string", "must name one host, reached over the network.")
        }
        guard given["user"] != nil, given["dbname"] != nil else {
            throw ServiceError.body(field: "connection_string", "must name a user and a database.")
        }
        guard given["port"].map({ (1...65_535).contains(Int($0) ?? 0) }) != false else {
            throw ServiceError.body(field: "connection_string", because: "the port must be a number from 1 to 65535.")
        }
        // Skip the password. It may contain any character, and it is never shown.
        if let other = given.keys.sorted().first(where: { $0 != "password" && given[$0]?.unicodeScalars.contains(where: isControl) == true }
        ) {
            throw ServiceError.body(field: "connection_string", because: "'\(other)' contains a control character, which is not accepted.")
        }
        return given
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }

    private static func masked(_ keywords: [String: String]) -> String {
        let name = keywords["host"] ?? "", host = name.contains(":") && !name.hasPrefix("[") ? "[\(name)]" : name
        let password = keywords["password"] == nil ? "" : ":***", port = keywords["port"].map { ":" + $0 } ?? ""
        return "postgres://\(keywords["user"] ?? "")\(password)@\(host)\(port)/\(keywords["dbname"] ?? "")"
    }

    /// Seals the string and stores it in place of any earlier one. The connection's status becomes untested.
    static func store(_ string: String, for connection: Resource.Definition, _ call: ProjectRequest) async throws {
        let masked = masked(try keywords(string, call)), project = call.project.id
        let sealed = try call.services.vault.seal(string, for: purpose, context: connection.id)
        try await call.store.write { transaction in
            try await transaction.run("DELETE FROM bi_connection_secret WHERE connection_id = \(connection.id)")
            try await transaction.run(
                """
                INSERT INTO bi_connection_secret (connection_id, project_id, sealed, masked, last_tested_at, last_error)
                VALUES (\(connection.id), \(project), \(sealed), \(masked), NULL, NULL)
                """)
        }
    }

    // MARK: Connecting

    /// Runs a statement on the external database.
    /// - Throws: 400 if the connection is inactive, its address is not allowed, or the database reports an error.
    static func read(
        _ connection: Resource.Definition, _ statement: String, limit: Int, _ call: ProjectRequest, _ settings: BISettings
    ) async throws -> QueryResult {
        guard connection.fields["is_active"]?.boolean == true else {
            throw ServiceError.invalid("connection_inactive", "The connection is not active.")
        }
        let kept = try await call.store.read("SELECT sealed FROM bi_connection_secret WHERE connection_id = \(connection.id)").first
        guard let string = call.services.vault.open(kept?.text("sealed") ?? "", for: purpose, context: connection.id) else {
            throw ServiceError.invalid(
                "connection_sealed",
                "The connection string can't be decrypted: the installation's cookie secret has changed. Send the string again."
            )
        }
        var keywords = try keywords(string, call)
        keywords["hostaddr"] = try await address(of: keywords["host"] ?? "", call, settings)
        let schemas = (connection.fields["allowed_schemas"]?.elements ?? []).compactMap(\.string)
        do {
            let rows = try await call.services.externalDatabase.read(
                ExternalPlace(keywords: keywords, schemas: schemas), statement, limit: limit,
                timeoutSeconds: Double(settings.externalTimeoutSeconds))
            return QueryResult(columns: distinct(rows.columns), rows: Array(rows.values.prefix(limit)))
        } catch let error as ExternalDatabaseError {
            throw ServiceError.invalid("external_database", "The database returned an error: \(error.message.excerpt(500))")
        }
    }

    /// Returns the address to connect to. The name is resolved only once, so the connection goes to the address that was checked. Nothing
    /// is resolved unless the setting lists this name or at least one network. For a host that isn't listed by name, all refusals read the
    /// same, so callers can't probe which hosts exist.
    private static func address(of host: String, _ call: ProjectRequest, _ settings: BISettings) async throws -> String {
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        let networks = settings.allowedAddresses.compactMap { try? CIDR($0) }
        let isNamed = settings.allowedAddresses.contains { ExactText($0.lowercased()) == ExactText(bare.lowercased()) }
        let refusal = ServiceError.invalid(
            "connection_address",
            "Connections to '\(host.excerpt(100))' are not allowed, or the host does not exist; "
                + "the setting modules.settings.bi.allowed_addresses lists allowed addresses.")
        guard isNamed || !networks.isEmpty else { throw refusal }
        let addresses = await call.services.externalDatabase.addresses(of: bare)
        if isNamed, addresses.isEmpty {
            throw ServiceError.invalid("connection_address", "The host '\(host.excerpt(100))' can't be resolved.")
        }
        let allowed = addresses.first { text in
            isNamed || IPAddress(text).map { address in networks.contains { $0.contains(address) } } == true
        }
        guard let allowed else { throw refusal }
        return allowed
    }

    /// Makes the column names unique, because rows are JSON objects.
    private static func distinct(_ names: [String]) -> [String] {
        var used: Set<ExactText> = []
        return names.map { name in
            var unique = name, number = 2
            while !used.insert(ExactText(unique)).inserted {
                unique = "\(name)_\(number)"
                number += 1
            }
            return unique
        }
    }
}
