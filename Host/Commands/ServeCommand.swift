import Access
import ArgumentParser
import Common
import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import Settings
import UnixSignals

/// `pulse serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Run Pulse until it is told to stop.")

    @OptionGroup var options: ConfigurationOptions
    @Flag(name: .long, help: "Make a first project with its keys where there is none, and say how to begin.")
    var welcome = false

    func run() async throws {
        let configuration = try options.load()
        // Before anything is changed. The process that has the data folder may be the one on the port; then that is said.
        if configuration.server.port != 0, DataFolder(configuration.storage.dataFolder).holder() == nil {
            try ListeningPort.check(configuration.server.host, configuration.server.port)
        }
        let telemetry = Telemetry(
            configuration.telemetry,
            secrets: [configuration.adminToken, configuration.cookieSecret].compactMap { $0?.revealed })
        let logger = telemetry.logger("pulse")
        telemetry.install()
        for (name, secret) in [("admin token", configuration.adminToken), ("cookie secret", configuration.cookieSecret)] {
            if let weakness = secret?.guessability { logger.warning("a secret is weak", metadata: ["reason": "the \(name) \(weakness)"]) }
        }
        let installation: Installation
        do {
            installation = try await Installation.open(configuration, patience: StartPatience(seconds: 60), telemetry: telemetry, logger: logger)
        } catch { throw CommandError(error) }
        // Keys are for the eyes of a person, and not for a service manager's log.
        if let text = try await Welcome(installation).text(makesKeys: welcome || isatty(STDOUT_FILENO) == 1) {
            print(text)
            fflush(nil)  // also where the output is a file
        }
        let reload = Reload(options: options, installation: installation, logger: logger, current: configuration)
        // The last one is told to stop first, and the next one when it has.
        var services = ServiceGroupConfiguration(
            services: [.init(service: try installation.application()), .init(service: reload), .init(service: installation.streamCloser)],
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

/// SIGHUP: reads the configuration again, takes over what can change while serving, and says what can't.
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
            if changes.isEmpty { logger.info("configuration read again; nothing changed") }
            current = new
        } catch {
            logger.error("the configuration was not taken over; the old one stays", metadata: ["error": "\(error)"])
        }
    }
}

/// How to begin, for the person who started Pulse.
struct Welcome {
    let installation: Installation

    init(_ installation: Installation) { self.installation = installation }

    /// With `makesKeys` the first project and its keys are made when there is none yet; keys can be shown just this once. Without, nothing
    /// secret is shown, and nothing at all once there is a project.
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
              These keys are shown once; write them down:

                ingest key   \(ingest)
                query key    \(query)
                admin token  \(adminToken)

              1. Paste this before </body> of your pages:

                 <script defer src="\(base)/api/script.js" data-key="\(ingest)"></script>

              2. Open the dashboard and log in with the query key:

                 \(base)/dashboard

              Administration is there too, with the admin token. API reference: \(base)/docs

            """
    }

    /// Where the admin token is.
    private var adminToken: String {
        installation.configuration.adminToken == nil ? "in \(installation.configuration.storage.dataFolder)/\(DataFolder.adminToken)" : "the one you configured"
    }

    private func withoutKeys(_ base: String) -> String {
        """

        Pulse \(Version.current) at \(base)
          There is no project yet. Make one, and its keys, in the dashboard or at a terminal:

            dashboard    \(base)/dashboard
            admin token  \(adminToken)
            terminal     pulse project create "My site" www.example.com
                         pulse key create "My site" --name website --scope ingest

        """
    }
}
