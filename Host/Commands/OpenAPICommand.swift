@_spi(Host) import Access
import ArgumentParser
@_spi(Host) import Common
import Foundation
@_spi(Host) import Ingest
@_spi(Host) import Platform
@_spi(Host) import Settings

/// `pulse openapi`: prints the document that a host returns at `/openapi.json`, without a running host.
struct OpenAPICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Print the API's OpenAPI 3.1 document, as served at /openapi.json.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        do {
            let configuration = try options.load()
            let registry = try Installation.registry(of: configuration)
            print(DescriptionRoutes.document(registry.modules, registry.routes, configuration))
        } catch let error as CommandError { throw error } catch { throw CommandError(error) }
    }
}

extension Installation {
    /// The modules and routes of a host with this configuration. To find the routes, this assembles an installation on empty stores and
    /// discards it.
    static func registry(of configuration: HostConfiguration) throws -> ModuleRegistry {
        let scratch = NSTemporaryDirectory() + "/pulse-openapi-" + Identifiers.uuid()
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        var configuration = configuration
        configuration.storage.dataFolder = scratch
        configuration.privacy.geoipDatabase = nil
        let telemetry = configuration.quietTelemetry
        let lock = try DataFolder(scratch).lock()
        defer { lock.release() }
        let modules = try ModuleList.current.load(configuration.modules)
        let installation = try assemble(configuration, modules, .none(lock: lock), SystemTime(), telemetry, telemetry.logger("pulse"))
        installation.journal.close()
        return installation.registry
    }
}
