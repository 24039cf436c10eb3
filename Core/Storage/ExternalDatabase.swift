/// Reads databases that belong to others.
public protocol ExternalDatabase: Sendable {
    /// Runs `statement`, one statement of the database's own language, in a read-only transaction on a connection of its own.
    /// - Throws: `ExternalDatabaseError`.
    func read(_ place: ExternalPlace, _ statement: String, limit: Int, timeoutSeconds: Double) async throws -> Rows

    /// The keywords of a connection string; nil where it can't be read.
    func parse(_ connectionString: String) -> [String: String]?

    /// Numeric addresses of a host, as its name is resolved now.
    func addresses(of host: String) async -> [String]
}

/// Where to connect, and how far statements see.
public struct ExternalPlace: Sendable {
    /// Keywords of libpq, all of them checked; `hostaddr` is the address that was allowed.
    public let keywords: [String: String]
    /// The search path, in order; empty for the user's own.
    public let schemas: [String]

    public init(keywords: [String: String], schemas: [String]) {
        self.keywords = keywords
        self.schemas = schemas
    }
}

/// What the other database, or the way to it, says.
public struct ExternalDatabaseError: Error, Sendable {
    public let message: String
    public init(message: String) { self.message = message }
}
