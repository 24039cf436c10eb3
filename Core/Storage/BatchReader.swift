import Common
import Synchronization

/// Reads the rows of statements in batches. A statement waits until the next batch is asked for, so memory holds one batch, however many
/// rows there are.
///
/// All statements of a reader see the facts as they were when the first one started. Use it from one task at a time. After an error, it
/// can't be used again.
@_spi(Host) public protocol BatchReader: Sendable {
    /// Starts a statement that only reads. The one before must have been read to its end.
    /// - Throws: `ServiceError` 503 if the engine is unavailable; `QueryTimeout` if the first rows take too long.
    func start(_ statement: SQL) async throws

    /// The next rows of the statement, at least one; nil after the last.
    /// - Throws: `ServiceError` 503 if the engine is unavailable; `QueryTimeout` if the rows take too long.
    func next() async throws -> Rows?

    /// Ends the statement. Returns without waiting for the engine. A reader that is released closes itself.
    func close()
}

/// The connections of a store's open readers. Readers hold them for as long as a client takes to read a response, so their number is
/// limited, and the store ends them before it closes.
@_spi(Host) public final class ReaderConnections<Connection: AnyObject & Sendable>: Sendable {
    private struct State {
        var open: [ObjectIdentifier: (project: Int32, connection: Connection)] = [:]
        var isClosed = false
    }

    /// The most readers that may be open, and the most for one project.
    private let maximum: Int, maximumOfProject: Int
    private let state = Mutex(State())

    public init(maximum: Int = 4) {
        self.maximum = maximum
        maximumOfProject = max(1, maximum / 2)
    }

    /// Makes a connection for a reader.
    /// - Throws: `ServiceError` 503 if too many readers are open, or the store is closed.
    public func open(of project: Int32, _ make: () -> Connection) throws -> Connection {
        try state.withLock { state in
            if state.isClosed { throw ServiceError.unavailable("stopping", "The event store is not available. Try again in a moment.") }
            guard state.open.count < maximum, state.open.values.count(where: { $0.project == project }) < maximumOfProject else {
                throw ServiceError.unavailable(
                    "too_many_exports", "Too many exports are running. Try again in 10 seconds.", retryAfterSeconds: 10)
            }
            let connection = make()
            state.open[ObjectIdentifier(connection)] = (project, connection)
            return connection
        }
    }

    /// Frees the place of a connection that has ended.
    public func ended(_ connection: Connection) { state.withLock { _ = $0.open.removeValue(forKey: ObjectIdentifier(connection)) } }

    /// The number of open readers.
    public var count: Int { state.withLock { $0.open.count } }

    /// Ends all readers, and refuses new ones until `resume`.
    public func end(_ end: (Connection) -> Void) {
        let connections = state.withLock { state in
            state.isClosed = true
            return state.open.values.map(\.connection)
        }
        for connection in connections { end(connection) }
    }

    public func resume() { state.withLock { $0.isClosed = false } }
}
