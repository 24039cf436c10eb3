import Foundation

/// Events that are sent once through `POST /api/collect`, and kept for later runs.
struct DataSet {
    let program: String
    let folder: String
    /// URL of the PostgreSQL database for the data; nil for embedded storage.
    var database: String?
    /// The version of the generated data.
    let version: String
    let projects: Int

    struct Loaded {
        let folder: String
        let keys: [PulseProcess.Keys]
        /// Nil if the data set already existed.
        let eventsPerSecond: Double?
    }

    private struct Stamp: Codable {
        let version: String
        let keys: [PulseProcess.Keys]
    }

    /// Identifies everything that the stored data depends on: generator, pipeline and storage.
    private var fullVersion: String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        let manager = FileManager.default
        for folder in ["Core/Storage", "Core/Engines/DuckDB", "Core/Ingest"] {
            for name in ((try? manager.contentsOfDirectory(atPath: folder)) ?? []).sorted() {
                for byte in manager.contents(atPath: "\(folder)/\(name)") ?? Data() { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            }
        }
        return "\(version) \(String(hash, radix: 16))"
    }

    /// Creates the data set unless it exists.
    /// - Parameter send: sends all events. Gets one set of keys per project.
    func prepare(_ title: String, events: Int, send: (PulseProcess, [PulseProcess.Keys]) async throws -> Void) async throws -> Loaded {
        let stampFile = folder + "/stamp.json"
        if let data = FileManager.default.contents(atPath: stampFile), let stamp = try? JSONDecoder().decode(Stamp.self, from: data),
            stamp.version == fullVersion || ProcessInfo.processInfo.environment["PULSE_BENCH_KEEP"] != nil
        {
            return Loaded(folder: folder, keys: stamp.keys, eventsPerSecond: nil)
        }
        try? FileManager.default.removeItem(atPath: folder)
        print("\(title) through POST /api/collect")
        let pulse = try PulseProcess(program: program, dataFolder: folder, database: database)
        defer { pulse.kill() }
        try await pulse.ready()
        var keys: [PulseProcess.Keys] = []
        for project in 0..<projects { keys.append(try await pulse.createProject("reference-\(project)")) }
        let start = ContinuousClock.now
        try await send(pulse, keys)
        for key in keys.map(\.query) { _ = try await Client.whole(pulse.address + "/api/v1/realtime", key: key) }
        let took = start.duration(to: .now).seconds
        try await pulse.stop()
        try JSONEncoder().encode(Stamp(version: fullVersion, keys: keys)).write(to: URL(fileURLWithPath: stampFile))
        return Loaded(folder: folder, keys: keys, eventsPerSecond: Double(events) / took)
    }
}
