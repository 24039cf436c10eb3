import ArgumentParser
import Common
import Foundation
import Logging
import Platform
import Settings

/// `pulse`: everything a self-hoster does, as subcommands.
public struct PulseCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "pulse", abstract: "Self-hosted analytics: collect, ask, administer.", version: Version.current,
        subcommands: [
            ServeCommand.self, ConfigCommand.self, MigrateCommand.self, ModulesCommand.self, ProjectCommand.self, KeyCommand.self,
            BackupCommand.self, RestoreCommand.self, OpenAPICommand.self, DemoCommand.self, DoctorCommand.self,
        ])

    public init() {}

    /// As ArgumentParser does it, but for `CommandError`, which says everything by itself.
    public static func main() async {
        // Whatever is made is for this user alone, also by libraries that don't ask for it.
        umask(0o077)
        OpenFiles.raise()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch let error as CommandError {
            StandardOutput.complain(error.description)
            exit(withError: ExitCode.failure)
        } catch {
            exit(withError: error)
        }
    }
}

/// What every command reads first.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .long, help: "The configuration file. Default: config/pulse.yaml where it exists, else all defaults.")
    var config: String?

    static let standardFile = "config/pulse.yaml"

    /// The file that `load` reads; nil for all defaults.
    var file: String? { config ?? (FileManager.default.fileExists(atPath: Self.standardFile) ? Self.standardFile : nil) }

    /// - Throws: `CommandError` that lists everything that is wrong.
    func load() throws -> HostConfiguration {
        do {
            var configuration = try HostConfiguration.load(
                file: file, environment: ProcessInfo.processInfo.environment, knownModules: ModuleList.names)
            configuration.privacy.geoipDatabase = GeoIPFile.path(configured: configuration.privacy.geoipDatabase)
            return configuration
        } catch { throw CommandError("\(error)") }
    }
}

/// What a person at the terminal must mend; printed without further words.
struct CommandError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }

    /// What went wrong in words for a person: of a `ServiceError` the sentence without the code.
    init(_ error: any Error) { description = (error as? ServiceError)?.message ?? StoreProblem(error)?.description ?? "\(error)" }
}

extension HostConfiguration {
    /// Opens the installation for a command that works on it directly, and closes it again.
    ///
    /// The embedded engines belong to one process: while `pulse serve` runs, commands that change things go through
    /// its admin API instead.
    func withInstallation<Result: Sendable>(_ body: @Sendable (Installation) async throws -> Result) async throws -> Result {
        let telemetry = quietTelemetry
        let installation: Installation
        do {
            installation = try await Installation.open(self, telemetry: telemetry, logger: telemetry.logger("pulse"))
        } catch { throw CommandError(error) }
        do {
            let result = try await body(installation)
            await installation.close()
            return result
        } catch {
            await installation.close()
            throw error
        }
    }

    /// For commands whose output is their answer: warnings and worse, to standard error.
    var quietTelemetry: Telemetry {
        Telemetry(telemetry, secrets: [adminToken, cookieSecret].compactMap { $0?.revealed }, quiet: true)
    }

    /// Modules as the configuration has them.
    /// - Throws: `CommandError` with what is wrong in their settings.
    func loadModules() throws -> [any AnalyticsModule] {
        do { return try ModuleList.load(modules) } catch { throw CommandError(error) }
    }
}
