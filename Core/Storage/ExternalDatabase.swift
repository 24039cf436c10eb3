/// Reads from databases outside Pulse.
public protocol ExternalDatabase: Sendable {
    /// Runs `statement`, a single statement in the external database's SQL, in a read-only transaction on its own connection.
    /// - Throws: `ExternalDatabaseError`.
    func read(_ place: ExternalPlace, _ statement: String, limit: Int, timeoutSeconds: Double) async throws -> Rows

    /// The keywords and values in a connection string; nil if it can't be parsed.
    func parse(_ connectionString: String) -> [String: String]?

    /// The IP addresses that the host name currently resolves to.
    func addresses(of host: String) async -> [String]
}

/// The external database to connect to, and the schemas that statements see.
public struct ExternalPlace: Sendable {
    /// libpq keywords, all of them validated. `hostaddr` is the address that passed the check.
    public let keywords: [String: String]
    /// The search path, in order. Empty to use the database user's default.
    public let schemas: [String]

    public init(keywords: [String: String], schemas: [String]) {
        self.keywords = keywords
        self.schemas = schemas
    }
}

/// An error from the external database, or from the connection.
public struct ExternalDatabaseError: Error, Sendable {
    /// The error message.
    public let message: String
    public init(message: String) { self.message = message }
}
