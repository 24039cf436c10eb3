import Access
import ArgumentParser
import Common
import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
@_spi(Host) import Settings
import UnixSignals

/// `pulse serve`: runs the host.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Run Pulse until it is stopped.")

    @OptionGroup var options: ConfigurationOptions
    @Flag(name: .long, help: "If there is no project yet, create one with keys, and show how to get started.")
    var welcome = false

    func run() async throws {
        let configuration = try options.load()
        // Check the port before changing anything. If another Pulse is using the data folder, skip the check, because that error is
        // more helpful than "port in use".
        if configuration.server.port != 0, DataFolder(configuration.storage.dataFolder).holder() == nil {
            try ListeningPort.check(configuration.server.host, configuration.server.port)
        }
        let telemetry = Telemetry(
            configuration.telemetry,
            secrets: [configuration.adminToken, configuration.cookieSecret].compactMap { $0?.revealed })
        let logger = telemetry.logger("pulse")
        telemetry.install()
        for (name, secret) in [("admin token", configuration.adminToken), ("cookie secret", configuration.cookieSecret)] {
            if let weakness = secret?.weakness { logger.warning("a secret is weak", metadata: ["reason": "the \(name) \(weakness)"]) }
        }
        let installation: Installation
        do {
            installation = try await Installation.open(
                configuration, modules: try configuration.loadModules(), patience: StartupWait(seconds: 60), telemetry: telemetry,
                logger: logger)
        } catch { throw CommandError(error) }
        // Print keys only on a terminal or with `--welcome`, so they don't end up in a service manager's log.
        if let text = try await Welcome(installation).text(makesKeys: welcome || isatty(STDOUT_FILENO) == 1) {
            print(text)
            fflush(nil)  // in case the output is a file
        }
        let reload = Reload(options: options, installation: installation, logger: logger, current: configuration)
        // Services are stopped in reverse order, one at a time.
        var services = ServiceGroupConfiguration(
            services: [
                .init(service: try installation.application(), serviceName: "server"), .init(service: reload, serviceName: "reload"),
                .init(service: installation.streamShutdown, serviceName: "streams"),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        services.maximumGracefulShutdownDuration = .seconds(configuration.server.shutdownGraceSeconds)
        let group = ServiceGroup(configuration: services)
        do { try await group.run() } catch {
            await installation.close()
            throw CommandError("\(error)")
        }
        await installation.close()
        logger.info("stopped")
    }
}

/// Reloads the configuration on SIGHUP. Applies the settings that can change while serving, and logs those that need a restart.
private actor Reload: Service {
    private let options: ConfigurationOptions
    private let installation: Installation
    private let logger: Logger
    private var current: HostConfiguration

    init(options: ConfigurationOptions, installation: Installation, logger: Logger, current: HostConfiguration) {
        self.options = options
        self.installation = installation
        self.logger = logger
        self.current = current
    }

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() { reload() }
    }

    private func reload() {
        do {
            let new = try options.load()
            let changes = HostConfiguration.changes(from: current, to: new)
            installation.apply(new)
            for change in changes.live { logger.info("configuration changed", metadata: ["change": "\(change)"]) }
            for change in changes.restart { logger.warning("a configuration change needs a restart", metadata: ["change": "\(change)"]) }
            if changes.isEmpty { logger.info("configuration reloaded; nothing changed") }
            current = new
        } catch {
            logger.error("the configuration was not reloaded; the old one stays in effect", metadata: ["error": "\(error)"])
        }
    }
}

/// The instructions that are shown to the person who started Pulse.
struct Welcome {
    let installation: Installation

    init(_ installation: Installation) { self.installation = installation }

    /// Returns the instructions. If `makesKeys` is true and there is no project yet, creates the first project and its keys; the
    /// keys are shown only this once. Otherwise the text contains no secrets, and is nil once there is a project.
    func text(makesKeys: Bool) async throws -> String? {
        let server = installation.configuration.server
        let base = server.publicURL ?? "http://localhost:\(server.port)"
        guard makesKeys else { return installation.directory.projects.isEmpty ? withoutKeys(base) : nil }
        if let project = installation.directory.projects.first {
            return """

                Pulse \(Version.current) at \(base)
                  first project   \(project.name) (\(project.id))
                  dashboard       \(base)/dashboard
                  API             \(base)/docs
                  admin token     \(adminToken)
                  new keys        pulse key create --help

                """
        }
        let project = try await installation.directory.createProject(
            name: "My site", domain: "localhost", privacy: PrivacyRules(installation.configuration.privacy), by: "first start")
        func key(_ name: String, _ scope: KeyScope) async throws -> String {
            try await installation.directory.createKey(.init(name: name, scopes: [scope]), in: project, by: "first start").secret
        }
        let ingest = try await key("ingest", .ingest), query = try await key("query", .query)
        return """

            Pulse \(Version.current) at \(base)

              Your first project is "\(project.name)" (\(project.id)).
              These keys are shown only once; write them down:

                ingest key   \(ingest)
                query key    \(query)
                admin token  \(adminToken)

              1. Paste this before </body> in your pages:

                 <script defer src="\(base)/api/script.js" data-key="\(ingest)"></script>

              2. Open the dashboard and log in with the query key:

                 \(base)/dashboard

              For administration, log in with the admin token. API reference: \(base)/docs

            """
    }

    /// Says where to find the admin token.
    private var adminToken: String {
        installation.configuration.adminToken == nil
            ? "in \(installation.configuration.storage.dataFolder)/\(DataFolder.adminToken)" : "the one you configured"
    }

    private func withoutKeys(_ base: String) -> String {
        """

        Pulse \(Version.current) at \(base)
          There is no project yet. Create one and its keys in the dashboard or in a terminal:

            dashboard    \(base)/dashboard
            admin token  \(adminToken)
            terminal     pulse project create "My site" www.example.com
                         pulse key create "My site" --name website --scope ingest

        """
    }
}
