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
    let events: any EventStore
    let coordination: any Coordination
    /// Whether this process alone writes to the stores, so that it knows whenever facts change.
    let isAlone: Bool
    /// The data folder is this process's own for as long as the stores are open.
    let lock: FolderLock

    static func open(_ configuration: HostConfiguration, time: any TimeSource, logger: Logger) async throws -> Engines {
        let folder = DataFolder(configuration.storage.dataFolder)
        try folder.create()
        let lock = try folder.lock()
        let coordination: any Coordination = try configuration.coordination.redisURL.map {
            try RedisCoordination(url: $0.revealed, logger: logger)
        } ?? LocalCoordination(time: time)
        if let url = configuration.storage.databaseURL?.revealed {
            return Engines(
                control: try PostgreSQLControlStore(url: url, maximumConnections: 8, logger: logger),
                events: try PostgreSQLEventStore(url: url, maximumConnections: 8, logger: logger),
                coordination: coordination, isAlone: false, lock: lock)
        }
        let library = try DuckDBLibrary.load(explicit: configuration.storage.duckdbLibrary)
        return Engines(
            control: try SQLiteControlStore(path: folder.path("control.sqlite")),
            events: try DuckDBEventStore(
                path: folder.path("events.duckdb"), library: library,
                threads: configuration.storage.eventThreads ?? ProcessInfo.processInfo.activeProcessorCount,
                memoryLimitBytes: Int64(configuration.storage.eventMemoryMB) << 20, readers: 4,
                temporaryFolder: folder.path("spill"), logger: logger),
            coordination: coordination, isAlone: true, lock: lock)
    }

    func close() async {
        await events.close()
        await control.close()
        await coordination.close()
        lock.release()
    }
}
