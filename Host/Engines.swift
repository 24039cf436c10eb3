import Common
import Coordination
import DuckDBEngine
import Foundation
import Logging
import PostgreSQLEngine
import RedisEngine
import SQLiteEngine
import Settings
import Storage

/// The stores that the configuration asks for: embedded, or PostgreSQL and Redis.
struct Engines: Sendable {
    let control: any ControlStore
    var events: any EventStore
    /// Statements that the event store computes at a time.
    let readers: Int
    let coordination: any Coordination
    /// Whether this process alone writes to the stores, so that it knows whenever facts change.
    let isAlone: Bool
    /// The data folder is this process's own for as long as the stores are open.
    let lock: FolderLock

    /// - Parameter isRestoring: whether what is there may be half of a backup.
    static func open(
        _ configuration: HostConfiguration, isRestoring: Bool = false, time: any TimeSource, logger: Logger
    ) async throws -> Engines {
        let folder = DataFolder(configuration.storage.dataFolder)
        try folder.create()
        let lock = try folder.lock()
        if !isRestoring { try folder.refuseUnfinishedRestore() }
        folder.makePrivate()
        return Engines(
            control: try control(configuration, maximumConnections: 8, logger: logger), events: try events(configuration, logger: logger),
            readers: readers(configuration), coordination: try coordination(configuration, time: time, logger: logger),
            isAlone: configuration.storage.databaseURL == nil, lock: lock)
    }

    /// The control store alone, as a command beside a running host opens it too.
    static func control(_ configuration: HostConfiguration, maximumConnections: Int, logger: Logger) throws -> any ControlStore {
        if let url = configuration.storage.databaseURL?.revealed {
            return try PostgreSQLControlStore(url: url, maximumConnections: maximumConnections, logger: logger)
        }
        let folder = DataFolder(configuration.storage.dataFolder)
        try folder.create()
        return try SQLiteControlStore(path: folder.controlFile)
    }

    static func coordination(_ configuration: HostConfiguration, time: any TimeSource, logger: Logger) throws -> any Coordination {
        try configuration.coordination.redisURL.map { try RedisCoordination(url: $0.revealed, logger: logger) } ?? LocalCoordination(time: time)
    }

    private static func events(_ configuration: HostConfiguration, logger: Logger) throws -> any EventStore {
        let storage = configuration.storage, folder = DataFolder(storage.dataFolder)
        if let url = storage.databaseURL?.revealed { return try PostgreSQLEventStore(url: url, maximumConnections: eventConnections, logger: logger) }
        return try DuckDBEventStore(
            path: folder.eventsFile, library: try DuckDBLibrary.load(explicit: storage.duckdbLibrary),
            threads: storage.eventThreads ?? ProcessInfo.processInfo.activeProcessorCount,
            memoryLimitBytes: Int64(storage.eventMemoryMB) << 20, readers: readers(configuration), temporaryFolder: folder.path("spill"), logger: logger)
    }

    private static let eventConnections = 8

    private static func readers(_ configuration: HostConfiguration) -> Int {
        configuration.storage.databaseURL == nil ? 4 : eventConnections - PostgreSQLEventStore.writingConnections
    }

    func close() async {
        await events.close()
        await control.close()
        await coordination.close()
        lock.release()
    }
}
