/// Reads from databases outside Pulse.
public protocol ExternalDatabase: Sendable {
    /// Runs `statement`, a single statement in the external database's SQL, in a read-only transaction on its own connection.
    /// - Parameter limit: the maximum number of rows to return.
    /// - Throws: `ExternalDatabaseError`.
    func read(_ place: ExternalPlace, _ statement: String, limit: Int, timeoutSeconds: Double) async throws -> Rows

    /// The keywords and values in a connection string; nil if it can't be parsed.
    func parse(_ connectionString: String) -> [String: String]?

    /// The IP addresses that the host name currently resolves to; empty if it can't be resolved.
    func addresses(of host: String) async -> [String]
}

/// The external database to connect to, and the schemas that statements see.
public struct ExternalPlace: Sendable {
    /// libpq connection parameters, all of them validated. `hostaddr` is the IP address that passed validation.
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
    /// The message from the server or the client library, or Pulse's own.
    public let message: String
    public init(message: String) { self.message = message }
}
