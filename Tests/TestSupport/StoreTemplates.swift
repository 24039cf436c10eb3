@_spi(Host) import Common
import Core
import Foundation
@_spi(Host) @testable import Host
import Logging
@_spi(Host) import Platform
@_spi(Host) import Settings
@_spi(Host) import Storage

/// Empty stores with the tables of a list of modules, for tests to copy. Creating the tables takes longer than most tests.
actor StoreTemplates {
    static let shared = StoreTemplates()

    /// The folder of the templates, which is deleted when the process exits.
    private static let folder: String = {
        atexit { try? FileManager.default.removeItem(atPath: StoreTemplates.folder) }
        return NSTemporaryDirectory() + "pulse-templates-\(ProcessInfo.processInfo.processIdentifier)"
    }()

    private var templates: [String: Task<String, any Error>] = [:]
    /// On a cluster, databases that a test has left, by the modules whose tables they have.
    private var left: [String: [String]] = [:]

    /// Puts the stores of `modules` into the new data folder `folder`, or into a new database.
    /// - Returns: the environment variables that make a host use them.
    func stores(_ profile: Profile, _ modules: [any AnalyticsModule], in folder: String) async throws -> [String: String] {
        let key = "\(profile) " + modules.map { String(reflecting: type(of: $0)) }.joined(separator: " ")
        if profile == .server, !Profile.clusterNodes.isEmpty {
            let database: String
            if let known = left[key]?.popLast() {
                try Profile.empty(known)
                database = known
            } else {
                database = try await Self.create(profile, modules)
            }
            return try profile.environment(database: database).merging([Self.leaving: key, Self.database: database]) { $1 }
        }
        if templates[key] == nil { templates[key] = Task { try await Self.create(profile, modules) } }
        let template = try await templates[key]!.value
        guard profile == .embedded else { return try profile.environment(database: try profile.createDatabase(copying: template)) }
        try FileManager.default.copyItem(atPath: template, toPath: folder)
        return [:]
    }

    private static let leaving = "STORE_TEMPLATE", database = "STORE_DATABASE"

    /// Takes back what `stores` returned, once nothing uses it.
    func leave(_ environment: [String: String]) {
        if let key = environment[Self.leaving], let database = environment[Self.database] { left[key, default: []].append(database) }
    }

    /// - Returns: the data folder, or the database's name.
    private static func create(_ profile: Profile, _ modules: [any AnalyticsModule]) async throws -> String {
        let folder = Self.folder + "/" + UUID().uuidString, logger = Logger(label: "test")
        let database = profile == .embedded ? nil : try profile.createDatabase()
        let environment = try database.map { try profile.environment(database: $0) } ?? [:]
        let configuration = try HostConfiguration.parse(
            "", environment: environment.merging(["PULSE_DATA": folder]) { $1 }, knownModules: [])
        let engines = try await Engines.open(configuration, time: SystemTime(), logger: logger)
        _ = try await Migrator(engines, modules).run()
        await engines.close()
        guard let database else { return folder }
        try FileManager.default.removeItem(atPath: folder)
        return database
    }
}
