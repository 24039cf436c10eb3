import ArgumentParser
import Common
import Foundation
import Logging
import Platform
@_spi(Host) import Settings

/// `pulse`: the program's root command. Its subcommands cover everything needed for self-hosting Pulse.
public struct PulseCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "pulse", abstract: "Self-hosted analytics: collect, query, administer.", version: Version.current,
        subcommands: [
            ServeCommand.self, ConfigCommand.self, MigrateCommand.self, ModuleCommand.self, ModulesCommand.self, ProjectCommand.self,
            KeyCommand.self, TasksCommand.self,
            BackupCommand.self, RestoreCommand.self, OpenAPICommand.self, DemoCommand.self, DoctorCommand.self,
        ])

    public init() {}

    /// Runs the command like ArgumentParser's `main`, but prints the text of a `CommandError` without additions.
    public static func main() async {
        // Makes new files accessible only to this user, even files that libraries create.
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

/// The option for the configuration file, shared by all commands.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .long, help: "The configuration file. Default: config/pulse.yaml if it exists, otherwise none.")
    var config: String?

    static let standardFile = "config/pulse.yaml"

    /// The configuration file that `load` reads; nil if there is none.
    var file: String? { config ?? (FileManager.default.fileExists(atPath: Self.standardFile) ? Self.standardFile : nil) }

    /// Reads the configuration from the file and the environment.
    /// - Throws: `CommandError` that lists every error in the configuration, the modules' settings included.
    func load() throws -> HostConfiguration {
        do {
            var configuration = try HostConfiguration.load(
                file: file, environment: ProcessInfo.processInfo.environment, knownModules: ModuleList.current.names,
                knownSurfaces: ModuleList.current.surfaces,
                moduleErrors: ModuleList.current.errors)
            configuration.privacy.geoipDatabase = GeoIPFile.path(configured: configuration.privacy.geoipDatabase)
            return configuration
        } catch { throw CommandError("\(error)") }
    }
}

/// An error for the user at the terminal to fix. Its text is printed without additions.
struct CommandError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }

    /// Describes `error` for the user at the terminal. For a `ServiceError`, the description is its message without the code.
    init(_ error: any Error) { description = (error as? ServiceError)?.message ?? StoreDiagnosis(error)?.description ?? "\(error)" }
}

extension HostConfiguration {
    /// Opens the installation, runs `body` on it, and closes the installation.
    ///
    /// Only one process can open the embedded engines. While `pulse serve` is running, commands that change data use its admin API
    /// instead.
    func withInstallation<Result: Sendable>(_ body: @Sendable (Installation) async throws -> Result) async throws -> Result {
        let telemetry = quietTelemetry
        let installation: Installation
        do {
            installation = try await Installation.open(
                self, modules: try loadModules(), telemetry: telemetry, logger: telemetry.logger("pulse"))
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

    /// Telemetry for commands that print a result: logs only warnings and errors, and only to standard error.
    var quietTelemetry: Telemetry {
        Telemetry(telemetry, secrets: [adminToken, cookieSecret].compactMap { $0?.revealed }, quiet: true)
    }

    /// The modules that the configuration loads.
    /// - Throws: `CommandError` that lists the errors in the modules' settings.
    func loadModules() throws -> [any AnalyticsModule] {
        do { return try ModuleList.current.load(modules) } catch { throw CommandError(error) }
    }
}
