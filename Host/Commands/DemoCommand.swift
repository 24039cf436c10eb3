import Access
import ArgumentParser
@_spi(Host) import Common
import Foundation
import Ingest
@_spi(Host) import Settings

/// `pulse demo`: fills a project with traffic, so there is something to look at.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Fill a project with realistic traffic for the past 60 days, or as many as --days says.",
        discussion: """
            Events take the same path as real ones: through the running host, or through this process if none is running. The
            same seed generates the same visitors; running the command again adds to the existing data.
            """)

    @Option(name: .long, help: "The project's name; it is created if it does not exist.")
    var project = "Demo"
    @Option(name: .long, help: "Number of events, 1 to 100000000.")
    var events = 100_000
    @Option(name: .long, help: "Number of days that the traffic covers, up to now, 1 to 3650.")
    var days = 60
    @Option(name: .long, help: "The seed of the random generator; a different seed generates different visitors.")
    var seed: UInt64 = 1
    @OptionGroup var options: ConfigurationOptions
    @Flag(name: .long, help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (1...200).contains(project.trimmingSpaces.count) else { throw ValidationError("--project must have 1 to 200 characters.") }
        guard (1...100_000_000).contains(events) else { throw ValidationError("--events must be 1 to 100000000; got \(events).") }
        guard (1...3_650).contains(days) else { throw ValidationError("--days must be 1 to 3650; got \(days).") }
    }

    func run() async throws {
        let configuration = try options.load(), clock = ContinuousClock.now
        let end = SystemTime().now, start = end.adding(days: -Int64(days))
        let prepared = try await prepare(configuration)
        let accepted: Int
        do {
            accepted = try await feed(configuration, prepared, from: start, to: end)
        } catch {
            try? await clean(configuration, prepared)
            throw error is CommandError ? error : CommandError(error)
        }
        try await clean(configuration, prepared)
        try report(configuration, prepared, accepted, from: start, to: end, seconds: (ContinuousClock.now - clock).seconds)
    }

    // MARK: Project and keys

    private struct Prepared: Sendable {
        let project: Project
        let ingest: (key: APIKey, secret: String)
        /// The secret of a query key. Nil if the project existed before.
        let query: String?
    }

    private func prepare(_ configuration: HostConfiguration) async throws -> Prepared {
        let name = project.trimmingSpaces
        return try await ControlPlane.with(configuration, creating: true) { control in
            let exists = control.directory.projects.contains { $0.name == name || $0.id == name }
            let project = exists ? try control.project(name) : try await control.createProject(name: name, domain: "northlight.example")
            let expiry = SystemTime().now.adding(days: 1)
            let ingest = try await control.directory.createKey(
                .init(name: "pulse demo", scopes: [.ingest], expiresAt: expiry, isServer: true), in: project, by: ControlPlane.actor)
            let query =
                exists
                ? nil
                : try await control.directory.createKey(.init(name: "demo", scopes: [.query]), in: project, by: ControlPlane.actor).secret
            return Prepared(project: project, ingest: ingest, query: query)
        }
    }

    /// Revokes the key that the events were sent with.
    private func clean(_ configuration: HostConfiguration, _ prepared: Prepared) async throws {
        try await ControlPlane.with(configuration) { control in
            try await control.directory.revokeKey(prepared.ingest.key.id, in: prepared.project, by: ControlPlane.actor)
        }
    }

    // MARK: Events

    private func feed(_ configuration: HostConfiguration, _ prepared: Prepared, from start: Instant, to end: Instant) async throws -> Int {
        let seed = seed, events = events, secret = prepared.ingest.secret
        let batch = max(1, min(1_000, configuration.limits.batchEvents, configuration.limits.bodyBytes / 512))
        let progress = Progress(total: events)
        defer { progress.end() }
        @Sendable func run(_ feed: DemoFeed) async throws -> Int {
            try await feed.run(
                DemoTraffic(seed: seed, events: events, start: start, end: end), details: DemoDetails(seed: seed), batch: batch,
                progress: progress.show)
        }
        if let host = RunningHost(of: configuration) { return try await run(DemoFeed(to: host, key: secret)) }
        var unlimited = configuration
        unlimited.limits.ingestPerSecond = 0  // no other client is affected
        return try await unlimited.withInstallation { installation in
            try await installation.collecting { try await run(DemoFeed(into: installation, key: secret)) }
        }
    }

    /// A progress line that counts events, for a person watching the terminal.
    private struct Progress: Sendable {
        let total: Int

        func show(_ count: Int) {
            guard StandardOutput.isTerminal, count % 10_000 < 1_000 else { return }
            FileHandle.standardError.write(Data("\r\(count) of \(total) events".utf8))
        }

        func end() {
            if StandardOutput.isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
        }
    }

    // MARK: Output

    private struct Report: Encodable {
        let project: String, name: String, events: Int, start_at: Instant, end_at: Instant, seconds: Double, query_key: String?
    }

    private func report(
        _ configuration: HostConfiguration, _ prepared: Prepared, _ accepted: Int, from start: Instant, to end: Instant, seconds: Double
    ) throws {
        let project = prepared.project
        if json {
            return try StandardOutput.json(
                Report(
                    project: project.id, name: project.name, events: accepted, start_at: start, end_at: end, seconds: seconds,
                    query_key: prepared.query))
        }
        let base = RunningHost(of: configuration)?.base ?? RunningHost.configuredBase(configuration.server)
        print(
            """
            \(accepted) events from \(Day(start)) to \(Day(end)) are in project '\(project.name)' (\(project.id)), \(String(format: "%.1f", seconds)) s.
            """)
        if let query = prepared.query { print("Its query key is shown only once: \(query)") }
        print("Open \(base)/dashboard to see them.")
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
