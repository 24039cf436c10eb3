@_spi(Host) import Blobs
@_spi(Host) import Common
import Coordination
import DuckDBEngine
@_spi(Host) import Enrichment
import Foundation
@_spi(Host) import Ingest
@_spi(Host) import Jobs
import NIOCore
import NIOHTTP1
@_spi(Host) import Platform
@_spi(Host) import Settings
@_spi(Host) import Storage

/// Checks everything that Pulse needs. Says for each item whether it is in order, and what to do if it isn't.
struct Doctor: Sendable {
    struct Finding: Sendable, Equatable, Encodable {
        enum Verdict: String, Sendable, Encodable { case ok, warn, fail }

        let verdict: Verdict
        let subject: String
        /// The result of the check. If there is a problem, the text says what to do about it.
        let text: String

        static func ok(_ subject: String, _ text: String) -> Finding { Finding(verdict: .ok, subject: subject, text: text) }
        static func warn(_ subject: String, _ text: String) -> Finding { Finding(verdict: .warn, subject: subject, text: text) }
        static func fail(_ subject: String, _ text: String) -> Finding { Finding(verdict: .fail, subject: subject, text: text) }
    }

    let configuration: HostConfiguration
    /// The configuration file; nil if there is none.
    let file: String?
    let now: Instant

    private var folder: DataFolder { DataFolder(configuration.storage.dataFolder) }
    private var isEmbedded: Bool { configuration.storage.databaseURL == nil }

    func examine() async -> [Finding] {
        let host = RunningHost(of: configuration)
        var findings = [versions, settings] + dataFolder() + memory()
        if isEmbedded { findings.append(library()) }
        let readiness = await readiness(of: host)
        findings += readiness.findings
        findings.append(openFiles(of: host))
        findings += await port(host, isServing: readiness.isServing)
        if !readiness.isServing { findings += await stores(host) }
        findings += await machines()
        findings += await deadTasks()
        findings.append(places())
        findings.append(await objects())
        findings.append(await clock())
        return findings + limits() + secrets()
    }

    // MARK: This program

    private var versions: Finding {
        .ok("versions", "Pulse \(Version.current); \(ProcessInfo.processInfo.operatingSystemVersionString)")
    }

    private var settings: Finding {
        do { _ = try ModuleList.current.load(configuration.modules) } catch { return .fail("configuration", "\(error)") }
        let changed = configuration.entries.filter { $0.origin != .standard && $0.value != $0.standard }.count
        return .ok("configuration", "\(file ?? "no file, all defaults"); \(changed) of \(configuration.entries.count) keys changed")
    }

    // MARK: This machine

    private func dataFolder() -> [Finding] {
        let subject = "data folder", root = folder.root, files = FileManager.default
        guard files.fileExists(atPath: root) else {
            let parent = URL(fileURLWithPath: root).standardizedFileURL.deletingLastPathComponent().path
            return [
                files.isWritableFile(atPath: parent)
                    ? .ok(subject, "\(root) does not exist yet; `pulse serve` creates it")
                    : .fail(
                        subject,
                        "\(root) does not exist and can't be created: \(parent) is not writable. Create it, owned by the user that runs Pulse."
                    )
            ]
        }
        guard access(root, R_OK | W_OK | X_OK) == 0 else {
            return [
                .fail(subject, "\(root) is not writable: \(String(cString: strerror(errno))). Make the user that runs Pulse its owner.")
            ]
        }
        var findings = [Finding.ok(subject, "\(root) is writable")]
        let rights = (try? files.attributesOfItem(atPath: root)[.posixPermissions] as? Int) ?? 0o700
        if rights & 0o007 != 0 { findings[0] = .warn(subject, "\(root) can be read by every user on this machine: chmod 700 \(root)") }
        var space = statvfs()
        if statvfs(root, &space) == 0 {
            let free = Int64(space.f_bavail) * Int64(space.f_frsize), journal = Int64(configuration.storage.journalMaxMB) << 20
            let text = "\(Bytes.text(free)) free"
            findings.append(
                free < 512 << 20
                    ? .fail("disk", "\(text). Free up some space: Pulse can't store events without it.")
                    : free < journal
                        ? .warn(
                            "disk",
                            "\(text), less than the journal may use (storage.journal_max_mb: \(configuration.storage.journalMaxMB))")
                        : .ok("disk", text))
        }
        return findings
    }

    private func memory() -> [Finding] {
        guard isEmbedded else { return [] }
        let all = Int64(ProcessInfo.processInfo.physicalMemory), wanted = Int64(configuration.storage.eventMemoryMB) << 20
        let text = "\(Bytes.text(all)); reports may use \(Bytes.text(wanted))"
        return [wanted > all * 3 / 4 ? .warn("memory", "\(text). Lower storage.event_memory_mb.") : .ok("memory", text)]
    }

    private func library() -> Finding {
        do {
            let library = try DuckDBLibrary.load(explicit: configuration.storage.duckdbLibrary)
            return .ok("DuckDB", "\(library.version), \(library.path)")
        } catch { return .fail("DuckDB", "\(error)") }
    }

    /// Checks where the content of blobs is.
    private func objects() async -> Finding {
        let engine = Engines.blobs(configuration, time: SystemTime(), logger: configuration.quietTelemetry.logger("pulse"))
        let finding: Finding
        if configuration.objects.url == nil, !FileManager.default.fileExists(atPath: folder.root) {
            finding = .ok("objects", "\(engine.place) does not exist yet")
        } else {
            do {
                try await engine.ping()
                finding =
                    engine.folder != nil && configuration.coordination.redisURL != nil
                    ? .warn("objects", "\(engine.place). Hosts that share Redis need the same folder or bucket: set OBJECTS_URL.")
                    : .ok("objects", "\(engine.place)" + (engine.folder == nil ? "; backups don't include it" : ""))
            } catch {
                finding = .fail("objects", "\(engine.place) can't be used. Check objects.url, its keys, and the permissions.")
            }
        }
        await engine.close()
        return finding
    }

    // MARK: The running host

    private func readiness(of host: RunningHost?) async -> (findings: [Finding], isServing: Bool) {
        guard let host else { return ([.ok("host", "none is using this data folder")], false) }
        let answer: JSON
        do {
            answer = try await host.send(.GET, "/readyz?full=true", [], .init(), .seconds(15)).json()
        } catch let error as CommandError {
            return ([.fail("host", "\(error) If it is starting, wait; if another command is running, let it finish.")], false)
        } catch { return ([stranger(host)], false) }
        var findings = [Finding.ok("host", "process \(host.process) is serving at \(host.base)")]
        for (name, member) in [("control store", "control"), ("event store", "events"), ("coordination", "coordination")] {
            guard let check = answer[member], let isOK = check["ok"]?.boolean else { return ([stranger(host)], false) }
            let reason = check["error"]?.string ?? "no reason given"
            findings.append(isOK ? .ok(name, "the host can reach it") : .fail(name, "the host can't reach it: \(reason)"))
        }
        guard let bytes = answer["journal"]?["backlog_bytes"]?.integer, let capacity = answer["journal"]?["capacity_bytes"]?.integer,
            answer["journal"]?["set_aside_rows"]?.integer != nil
        else { return ([stranger(host)], false) }
        findings.append(backlog(bytes, of: capacity))
        for (table, rows) in (answer["journal"]?["set_aside"]?.members ?? []).sorted(by: { $0.name < $1.name }) {
            findings.append(setAside(rows.integer ?? 0, of: table))
        }
        return (findings, true)
    }

    private func stranger(_ host: RunningHost) -> Finding {
        .fail("host", "\(host.base) does not respond like this version of Pulse. Is another program using that port?")
    }

    private func backlog(_ bytes: Int64, of capacity: Int64) -> Finding {
        let text = "\(Bytes.text(bytes)) waiting to be stored, of at most \(Bytes.text(capacity))"
        if bytes > capacity * 9 / 10 {
            return .fail("journal", "\(text); new events are being rejected or soon will be. Is the event store down?")
        }
        return bytes > capacity / 4 ? .warn("journal", "\(text). Is the event store down or too slow?") : .ok("journal", text)
    }

    /// Checks the open-file limit of the running host. If there is none, checks the limit that a host started from this shell would
    /// get.
    private func openFiles(of host: RunningHost?) -> Finding {
        let limit = host.flatMap { OpenFiles.limit(of: $0.process) } ?? OpenFiles.limit
        let connections = ConnectionLimits.connections(configuration.server.maxConnections, descriptors: limit)
        let text = "at most \(limit), enough for \(connections) connections"
        return connections < configuration.server.maxConnections
            ? .warn(
                "open files",
                "\(text) instead of \(configuration.server.maxConnections). Raise the limit: LimitNOFILE=65536 in a systemd unit, or ulimit -Hn."
            )
            : .ok("open files", text)
    }

    private func port(_ host: RunningHost?, isServing: Bool) async -> [Finding] {
        let server = configuration.server
        if isServing || server.port == 0 { return [] }
        do {
            try ListeningPort.check(server.host, server.port)
            return [.ok("port", "\(server.host):\(server.port) is free")]
        } catch {
            return [.fail("port", "\(error)")]
        }
    }

    // MARK: The stores, if no host is serving

    private func stores(_ host: RunningHost?) async -> [Finding] {
        if isEmbedded {
            if host != nil { return [.warn("stores", "not checked: another process is using them")] }
            guard folder.hasControlStore else { return [.ok("stores", "none yet; `pulse serve` creates them")] }
        }
        do {
            return try await configuration.withEngines { engines in
                var findings = [
                    await check("control store", engines.storage == .embedded ? "SQLite" : "PostgreSQL") {
                        try await engines.control.ping()
                    },
                    await check("event store", engines.storage == .embedded ? "DuckDB" : "PostgreSQL") { try await engines.events.ping() },
                    await check("coordination", configuration.coordination.redisURL == nil ? "in this process" : "Redis") {
                        try await engines.coordination.ping()
                    },
                ]
                if findings.allSatisfy({ $0.verdict == .ok }) {
                    findings +=
                        await migrations(engines) + strangers(engines) + journal(engines) + setAside(engines) + databaseClock(engines)
                }
                return findings
            }
        } catch { return [.fail("stores", CommandError(error).description)] }
    }

    private func check(_ subject: String, _ what: String, _ body: () async throws -> Void) async -> Finding {
        do { try await body() } catch { return .fail(subject, "\(what) does not respond: \(CommandError(error))") }
        return .ok(subject, "\(what) responds")
    }

    private func migrations(_ engines: Engines) async -> [Finding] {
        do {
            let pending = try await Migrator(engines, configuration.loadModules()).pending()
            return [
                pending.isEmpty
                    ? .ok("migrations", "none pending")
                    : .warn("migrations", "\(pending.count) pending; `pulse serve` applies them. To see them: pulse migrate --dry-run")
            ]
        } catch { return [.fail("migrations", "\(CommandError(error))")] }
    }

    /// Looks for modules that the stores have tables of and the program lacks.
    private func strangers(_ engines: Engines) async -> [Finding] {
        guard let applied = try? await Migrator.applied(control: engines.control, events: engines.events),
            let modules = try? ModuleList.current.load(), let history = try? ModuleRegistry.history(of: modules)
        else { return [] }
        // exact: modules are named in our source
        let strangers = Set(applied.map { String($0.prefix { $0 != "/" }) }).subtracting(history.map(\.module))
        return strangers.sorted().map { module in
            .warn(
                "modules",
                "the stores have tables of the module '\(module)', which this program lacks. Export, erasure and retention don't reach them: use "
                    + "a program with the module, or drop its tables, whose names begin with \(module)_.")
        }
    }

    /// Checks the journal's files. The event store knows how far each journal has been applied.
    private func journal(_ engines: Engines) async -> [Finding] {
        let path = folder.path("journal")
        do {
            guard let id = try Journal.id(in: path) else { return [] }
            let examination = try Journal.examine(path, behind: (try? await engines.events.position(of: id)) ?? nil)
            if !examination.problems.isEmpty { return [.fail("journal", examination.problems.joined(separator: "\n"))] }
            let backlog = backlog(examination.backlogBytes, of: Int64(configuration.storage.journalMaxMB) << 20)
            return examination.harmless == 0
                ? [backlog]
                : [
                    backlog,
                    .warn(
                        "journal",
                        "damaged places in data that is already stored: \(examination.harmless). No event is lost, but check the disk."),
                ]
        } catch { return [.fail("journal", "\(CommandError(error))")] }
    }

    /// Facts that wait in the event store for their module.
    private func setAside(_ engines: Engines) async -> [Finding] {
        // The table is missing until the migrations have run.
        guard let rows = try? await engines.events.query(SetAside.counts, timeoutSeconds: 30), !rows.isEmpty else { return [] }
        return rows.map { row in
            let problem = row.text("problem"), table = row.text("table_name"), count = row.int("count")
            return problem.isEmpty
                ? setAside(count, of: table)
                : .warn("set aside", "\(count) rows of table \(table) don't fit it: \(problem). This is a bug in Pulse.")
        }
    }

    private func setAside(_ count: Int64, of table: String) -> Finding {
        let owner = (try? ModuleList.current.load())?.first { $0.factTables.contains { $0.name.isExactly(table) } }?.name
        let cause: String =
            switch owner {
            case let owner? where configuration.modules.disabled.contains(exactly: owner):
                "Its module is not loaded. Remove '\(owner)' from modules.disabled and restart, and they are stored."
            case let owner?:
                "They are stored when a host starts that loads the module '\(owner)'. If one does, its log says why they don't fit."
            case nil: "No module of this program has that table. They are stored when a program that has it starts."
            }
        return .warn("set aside", "events of table \(table) wait in the event store (rows: \(count)). \(cause)")
    }

    /// The machines of the event store, if it has several or could have.
    private func machines() async -> [Finding] {
        let subject = "nodes"
        guard let events = try? Engines.serverEvents(configuration, logger: configuration.quietTelemetry.logger("pulse")) else { return [] }
        let layout = try? await events.layout()
        await events.close()
        switch layout {
        // If the store does not respond, other checks say so.
        case nil, .oneMachine: return []
        case .unused(let reason): return [.warn(subject, reason)]
        case .machines(let machines):
            let away = machines.filter { !$0.isThere }
            guard away.isEmpty else {
                return away.map {
                    .fail(
                        subject,
                        "\($0.name) does not respond to the others. Events wait in the journal and reports fail until it does: start it.")
                }
            }
            let findings = machines.map { machine -> Finding in
                let text = "\(machine.name) responds; \(machine.parts) shards, \(Bytes.text(machine.bytes))"
                return machine.hasFacts && machine.parts == 0
                    ? .warn(subject, "\(text). To give it its share: SELECT citus_rebalance_start()") : .ok(subject, text)
            }
            return findings
        }
    }

    /// Looks for tasks that failed for good. Says nothing if there are none, or if the control store can't be read, which other checks report.
    private func deadTasks() async -> [Finding] {
        guard !isEmbedded || folder.hasControlStore,
            let control = try? Engines.control(configuration, maximumConnections: 1, logger: configuration.quietTelemetry.logger("pulse"))
        else { return [] }
        let time = SystemTime()
        let tasks = TaskStore(control: control, coordination: LocalCoordination(time: time), time: time)
        let count = (try? await tasks.count(in: .dead)) ?? 0
        await control.close()
        guard count > 0 else { return [] }
        return [
            .warn(
                "tasks",
                "\(count.counting("task")) failed for good. `pulse tasks list --state dead` says why; `pulse tasks retry` runs one again.")
        ]
    }

    // MARK: GeoIP and clocks

    private func places() -> Finding {
        guard let path = configuration.privacy.geoipDatabase else {
            return .ok(
                "GeoIP",
                "none: locations stay unknown. config/setup/geoip.sh creates a country database; to use another, set PULSE_GEOIP_DATABASE"
            )
        }
        do {
            let database = try GeoIP(path: path), days = (now - Instant(database.buildDate)) / 86_400_000
            let text = "\(database.databaseType), \(days) days old, \(path)"
            return days > 180
                ? .warn("GeoIP", "\(text). IP addresses change location over time: set PULSE_GEOIP_DATABASE to a newer database (.mmdb).")
                : .ok("GeoIP", text)
        } catch { return .fail("GeoIP", "\(error)") }
    }

    private func clock() async -> Finding {
        if Day(now).civil.year < 2026 {
            return .fail("clock", "it shows \(now.iso8601), which is in the past. Set it: events are stored with the time they arrive.")
        }
        if Self.isSynchronized == false {
            return .warn("clock", "\(now.iso8601), but it is not synchronised. Turn on time synchronisation: timedatectl set-ntp true")
        }
        return .ok("clock", now.iso8601)
    }

    /// Whether systemd reports the clock as synchronized; nil without systemd.
    private static var isSynchronized: Bool? {
        guard FileManager.default.fileExists(atPath: "/run/systemd/system") else { return nil }
        let process = Process(), output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timedatectl")
        process.arguments = ["show", "--property=NTPSynchronized", "--value"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.hasPrefix("yes") ? true : text.hasPrefix("no") ? false : nil
    }

    private func databaseClock(_ engines: Engines) async -> [Finding] {
        guard engines.storage == .postgresql,
            let rows = try? await engines.control.read("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now"),
            let row = rows.first
        else { return [] }
        let seconds = abs(row.int("now") - SystemTime().now.milliseconds) / 1_000
        return seconds < 5 ? [] : [.warn("database clock", "it differs from this machine's clock by \(seconds) s. Synchronise both.")]
    }

    // MARK: Public access

    private func limits() -> [Finding] {
        let limits = configuration.limits
        let text = "ingest \(limits.ingestPerSecond), query \(limits.queryPerSecond), admin \(limits.adminPerSecond) requests per second"
        let isOpen = [limits.ingestPerSecond, limits.queryPerSecond, limits.adminPerSecond].contains(0)
        return [isOpen && isPublic ? .warn("rate limits", "\(text); 0 means no limit, and this host is public") : .ok("rate limits", text)]
    }

    /// Whether a public URL is configured whose host is not this machine.
    private var isPublic: Bool {
        guard let url = configuration.server.publicURL else { return false }
        let host = url.drop { $0 != "/" }.drop { $0 == "/" }.prefix { !":/".contains($0) }
        return !["localhost", "127.0.0.1"].contains(String(host))
    }

    private func secrets() -> [Finding] {
        var findings: [Finding] = []
        let hasSeveralHosts = configuration.coordination.redisURL != nil
        for (subject, secret, name, variable) in [
            ("admin token", configuration.adminToken, DataFolder.adminToken, "PULSE_ADMIN_TOKEN"),
            ("cookie secret", configuration.cookieSecret, DataFolder.cookieSecret, "PULSE_COOKIE_SECRET"),
        ] {
            if let secret {
                findings.append(secret.weakness.map { .warn(subject, "it \($0)") } ?? .ok(subject, "configured"))
            } else if hasSeveralHosts {
                findings.append(.warn(subject, "each host generates its own. Hosts that share Redis need the same one: set \(variable)."))
            } else {
                let text =
                    folder.existingSecret(name) == nil
                    ? "none yet; Pulse generates it and keeps it in \(folder.path(name))"
                    : "generated by Pulse and kept in \(folder.path(name))"
                findings.append(
                    isPublic
                        ? .warn(subject, "\(text). In production, set \(variable), so the secret survives the loss of the folder.")
                        : .ok(subject, text))
            }
        }
        if isPublic, configuration.server.publicURL?.hasPrefix("https://") == false {
            findings.append(
                .warn(
                    "public address",
                    "\(configuration.server.publicURL ?? "") is not encrypted: keys can be read in transit. Put a TLS proxy in front."))
        }
        return findings
    }
}
