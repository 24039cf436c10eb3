@_spi(Host) import Access
import ArgumentParser
@_spi(Host) import Common
import Foundation
@_spi(Host) import Ingest
import Operations
@_spi(Host) import Platform
@_spi(Host) import Settings

/// `pulse openapi`: prints the document that a host returns at `/openapi.json`, without a running host.
struct OpenAPICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Print the API's OpenAPI 3.1 document, as served at /openapi.json.")

    @Option(name: .long, help: "Print the document of another surface instead, such as `pulse modules` lists, whether it is on or off.")
    var surface: String?

    @Flag(name: .long, help: "Print one document of all surfaces, whether they are on or off.")
    var all = false

    @OptionGroup var options: ConfigurationOptions

    func validate() throws {
        if all, surface != nil { throw ValidationError("--all and --surface exclude each other.") }
    }

    func run() async throws {
        do {
            var configuration = try options.load()
            if all || surface != nil { configuration.modules = configuration.modules.withEverySurface }
            let registry = try Installation.registry(of: configuration)
            print(DescriptionRoutes.document(try parts(of: registry), registry.modules, configuration))
        } catch let error as CommandError { throw error } catch { throw CommandError(error) }
    }
}

extension OpenAPICommand {
    /// The surfaces to describe.
    private func parts(of registry: ModuleRegistry) throws -> [OpenAPI.Part] {
        let every = DescriptionRoutes.parts(of: registry)
        if all { return every }
        let wanted = surface ?? every[0].name
        guard let part = every.first(where: { $0.name.isExactly(wanted) }) else {
            let names = every.map(\.name)
            throw CommandError(
                "There is no surface '\(wanted)'\(Spelling.suggestion(for: wanted, among: names)). Surfaces: \(names.joined(separator: ", "))."
            )
        }
        return [part]
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
