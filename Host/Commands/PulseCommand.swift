import ArgumentParser
import Common
import Foundation
import Logging
import Settings

/// `pulse`: everything a self-hoster does, as subcommands.
public struct PulseCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "pulse", abstract: "Self-hosted analytics: collect, ask, administer.", version: Version.current,
        subcommands: [
            ServeCommand.self,
        ])

    public init() {}
}

/// What every command reads first.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .long, help: "The configuration file. Default: config/pulse.yaml where it exists, else all defaults.")
    var config: String?

    static let standardFile = "config/pulse.yaml"

    /// - Throws: `ValidationError` that lists everything that is wrong.
    func load() throws -> HostConfiguration {
        let file = config ?? (FileManager.default.fileExists(atPath: Self.standardFile) ? Self.standardFile : nil)
        do {
            return try HostConfiguration.load(
                file: file, environment: ProcessInfo.processInfo.environment, knownModules: ModuleList.names)
        } catch { throw CommandError("\(error)") }
    }
}

/// What a person at the terminal must mend; printed without further words.
struct CommandError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension HostConfiguration {
    /// Opens the installation for a command that works on it directly, and closes it again.
    ///
    /// The embedded engines belong to one process: while `pulse serve` runs, commands that change things go through
    /// its admin API instead.
    func withInstallation<Result: Sendable>(_ body: @Sendable (Installation) async throws -> Result) async throws -> Result {
        let telemetry = Telemetry(telemetry, quiet: true)
        let installation: Installation
        do {
            installation = try await Installation.open(self, telemetry: telemetry, logger: telemetry.logger("pulse"))
        } catch { throw CommandError("\(error)") }
        do {
            let result = try await body(installation)
            await installation.close()
            return result
        } catch {
            await installation.close()
            throw error
        }
    }
}
