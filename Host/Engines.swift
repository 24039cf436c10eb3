@_spi(Host) import Blobs
@_spi(Host) import Common
import Coordination
@_spi(Host) import DuckDBEngine
@_spi(Host) import FolderEngine
import Foundation
import Logging
@_spi(Host) import PostgreSQLEngine
import RedisEngine
@_spi(Host) import S3Engine
@_spi(Host) import Settings
@_spi(Host) import SQLiteEngine
@_spi(Host) import Storage

/// The stores that the configuration selects: either the embedded ones, or PostgreSQL and Redis.
struct Engines: Sendable {
    let control: any ControlEngine
    var events: any EventStore
    /// How many queries the event store can run concurrently.
    let readers: Int
    let coordination: any Coordination
    /// Where the content of blobs is.
    let blobs: any BlobEngine
    /// Whether this process is the only one that writes to the stores. If so, it knows about every change to facts.
    let isAlone: Bool
    /// This process's lock on the data folder. It is held while the stores are open.
    let lock: FolderLock

    /// - Parameter isRestoring: whether to accept an unfinished restore in the data folder.
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
            blobs: blobs(configuration, time: time, logger: logger), isAlone: configuration.storage.databaseURL == nil, lock: lock)
    }

    /// Opens only the control store. Commands can do this even while a host is running.
    static func control(_ configuration: HostConfiguration, maximumConnections: Int, logger: Logger) throws -> any ControlEngine {
        if let url = configuration.storage.databaseURL?.revealed {
            return try PostgreSQLControlStore(url: url, maximumConnections: maximumConnections, logger: logger)
        }
        let folder = DataFolder(configuration.storage.dataFolder)
        try folder.create()
        return try SQLiteControlStore(path: folder.controlFile)
    }

    static func coordination(_ configuration: HostConfiguration, time: any TimeSource, logger: Logger) throws -> any Coordination {
        try configuration.coordination.redisURL.map { try RedisCoordination(url: $0.revealed, logger: logger) }
            ?? LocalCoordination(time: time)
    }

    static func blobs(_ configuration: HostConfiguration, time: any TimeSource, logger: Logger) -> any BlobEngine {
        let objects = configuration.objects
        switch objects.address {
        case .bucket(let bucket):
            // The configuration has no bucket without its keys.
            return S3BlobEngine(
                S3Settings(
                    bucket, accessKeyID: objects.accessKeyID?.revealed ?? "", secretAccessKey: objects.secretAccessKey?.revealed ?? ""),
                time: time, logger: logger)
        case .folder(let path): return FolderBlobEngine(path)
        case nil: return FolderBlobEngine(DataFolder(configuration.storage.dataFolder).path(DataFolder.objects))
        }
    }

    /// Opens only the event store, if it is on a server. Commands can do this even while a host is running.
    static func serverEvents(_ configuration: HostConfiguration, logger: Logger) throws -> (any EventStore)? {
        try configuration.storage.databaseURL.map {
            try PostgreSQLEventStore(url: $0.revealed, maximumConnections: eventConnections, logger: logger)
        }
    }

    private static func events(_ configuration: HostConfiguration, logger: Logger) throws -> any EventStore {
        if let events = try serverEvents(configuration, logger: logger) { return events }
        let storage = configuration.storage, folder = DataFolder(storage.dataFolder)
        return try DuckDBEventStore(
            path: folder.eventsFile, library: try DuckDBLibrary.load(explicit: storage.duckdbLibrary),
            threads: storage.eventThreads ?? ProcessInfo.processInfo.activeProcessorCount,
            memoryLimitBytes: Int64(storage.eventMemoryMB) << 20, readers: readers(configuration), temporaryFolder: folder.path("spill"),
            logger: logger)
    }

    private static let eventConnections = 8

    private static func readers(_ configuration: HostConfiguration) -> Int {
        configuration.storage.databaseURL == nil ? 4 : eventConnections - PostgreSQLEventStore.writingConnections
    }

    func close() async {
        await events.close()
        await control.close()
        await coordination.close()
        await blobs.close()
        lock.release()
    }
}
