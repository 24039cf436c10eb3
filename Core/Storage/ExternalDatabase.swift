/// Reads databases outside Pulse.
public protocol ExternalDatabase: Sendable {
    /// Runs `statement`, a single statement in the database's own SQL, in a read-only transaction on a separate connection.
    /// - Throws: `ExternalDatabaseError`.
    func read(_ place: ExternalPlace, _ statement: String, limit: Int, timeoutSeconds: Double) async throws -> Rows

    /// The keywords of a connection string; nil if it can't be parsed.
    func parse(_ connectionString: String) -> [String: String]?

    /// The IP addresses that the host's name resolves to now.
    func addresses(of host: String) async -> [String]
}

/// Where to connect, and which schemas statements see.
public struct ExternalPlace: Sendable {
    /// libpq keywords, all of them checked; `hostaddr` is the address that was allowed.
    public let keywords: [String: String]
    /// The search path, in order; empty for the user's own.
    public let schemas: [String]

    public init(keywords: [String: String], schemas: [String]) {
        self.keywords = keywords
        self.schemas = schemas
    }
}

/// An error from the external database, or from the connection to it.
public struct ExternalDatabaseError: Error, Sendable {
    /// The error's text.
    public let message: String
    public init(message: String) { self.message = message }
}
