import Access
import ArgumentParser
import Common
import Foundation
import Ingest
import Platform
import Settings

/// `pulse openapi`: the same document as `/openapi.json`, without anything running.
struct OpenAPICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Print the API's description, OpenAPI 3.1, as /openapi.json serves it.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        do {
            let configuration = try options.load()
            let (modules, hostRoutes) = try Installation.routes(of: configuration)
            print(DescriptionRoutes.document(modules, hostRoutes, configuration))
        } catch let error as CommandError { throw error } catch { throw CommandError(error) }
    }
}

extension Installation {
    /// The routes that a host with this configuration serves: an installation is put together on stores that hold nothing,
    /// and thrown away.
    static func routes(
        of configuration: HostConfiguration
    ) throws -> (modules: [any AnalyticsModule], hostRoutes: [(module: String?, route: Route)]) {
        let scratch = NSTemporaryDirectory() + "/pulse-openapi-" + Identifiers.uuid()
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        var configuration = configuration
        configuration.storage.dataFolder = scratch
        configuration.privacy.geoipDatabase = nil
        let telemetry = configuration.quietTelemetry, modules = try ModuleList.load(configuration.modules)
        let lock = try DataFolder(scratch).lock()
        defer { lock.release() }
        let installation = try assemble(configuration, modules, .none(lock: lock), SystemTime(), telemetry, telemetry.logger("pulse"))
        installation.journal.close()
        return (modules, installation.registry.hostRoutes)
    }
}
