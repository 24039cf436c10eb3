import AllModules
import AsyncHTTPClient
import Core
import Foundation
import Testing
@testable import TestSupport

/// `pulse serve` as an operator uses it: start, health checks, configuration reload, stop.
@Suite("Pulse as a process", .modules(.all), .serialized)
struct OperationsEndToEndTests {
    private func run(
        environment: [String: String] = [:], configuration: String? = nil, _ body: (PulseProcess.Setup) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            try await body(PulseProcess.Setup(folder: folder, environment: environment, configuration: configuration))
        }
    }

    // MARK: Stopping

    @Test("SIGTERM under load ends the process in time and loses nothing that was acknowledged", arguments: Profile.available)
    func stops(profile: Profile) async throws {
        try await run(environment: try await profile.environment(), configuration: "server:\n  shutdown_grace_seconds: 10\n") { setup in
            var pulse = try await setup.start()
            let keys = try await pulse.createProject()
            let senders = Senders()
            for round in 1...2 {
                try await senders.run(4, seed: UInt64(round)) {
                    senders.aim(pulse, keys)
                    let before = senders.acknowledged
                    try await Patience.until("50 parcels to be acknowledged") { senders.acknowledged >= before + 50 ? () : nil }
                    // A stream that would go on forever doesn't delay the stop.
                    try await Arrivals.watch(api: pulse.address, key: keys.query) { _ in
                        let exitStatus = try await pulse.stop(within: 10)
                        #expect(exitStatus == 0)
                    }
                    senders.aim(nil, keys)
                }
                #expect(pulse.child.output.contains("stopped"))
                pulse = try await setup.start()
                try await senders.check(pulse, keys)
            }
            #expect(try await pulse.stop() == 0)
        }
    }

    @Test("a request that never ends delays the stop no longer than the configured grace period")
    func stopsDespiteStalledRequest() async throws {
        try await run(configuration: "server:\n  shutdown_grace_seconds: 1\n") { setup in
            let pulse = try await setup.start()
            let keys = try await pulse.createProject()
            #expect(try await pulse.collect(#"{"type":"pageview","path":"/"}"#, keys).status == 200)
            let status = try await StalledRequest.send(to: pulse.address, "/api/collect?key=\(keys.ingest)") {
                try await pulse.stop(within: 5)
            }
            #expect(status == 0)
            let again = try await setup.start()
            #expect(try await again.balance(keys).stored == 1)
            #expect(try await again.stop() == 0)
        }
    }

    @Test("the stop doesn't wait for the rest of an incomplete request")
    func stopsDespiteHalfARequest() async throws {
        try await run { setup in
            let pulse = try await setup.start()
            let keys = try await pulse.createProject()
            let status = try await StalledRequest.send(to: pulse.address, "/api/collect?key=\(keys.ingest)") {
                // The grace period is 30 seconds by default.
                try await pulse.stop(within: 15)
            }
            #expect(status == 0)
        }
    }

    @Test("an idle process ends immediately on SIGTERM")
    func stopsIdle() async throws {
        try await run { setup in
            let pulse = try await setup.start()
            _ = try await HTTP.get(pulse.address + "/healthz")  // leaves a connection open
            #expect(try await pulse.stop(within: 5) == 0)
        }
    }

    @Test("even the most detailed log has short lines and no secrets")
    func tracesBriefly() async throws {
        try await run(configuration: "telemetry:\n  log_level: trace\n") { setup in
            let pulse = try await setup.start()
            let keys = try await pulse.createProject()
            #expect(try await pulse.collect(#"{"type":"pageview","path":"/"}"#, keys).status == 200)
            #expect(try await pulse.stop() == 0)
            let lines = pulse.child.output.split(separator: "\n")
            // The services are named, not printed with everything that they hold.
            #expect(lines.contains { $0.contains("trace ") || $0.contains("debug ") })
            #expect(lines.filter { $0.utf8.count > 500 } == [])
            for secret in [PulseProcess.adminToken, keys.ingest, keys.query] { #expect(!pulse.child.output.contains(secret)) }
        }
    }

    // MARK: Configuration

    @Test("SIGHUP applies live changes, reports what needs a restart, and rejects an invalid configuration")
    func reloads() async throws {
        func yaml(_ limit: String, _ timeout: Int) -> String {
            "limits:\n  ingest_per_second: \(limit)\nstorage:\n  query_timeout_seconds: \(timeout)\n"
        }
        try await run(environment: ["PULSE_LIMIT_INGEST": ""], configuration: yaml("0", 30)) { setup in
            let pulse = try await setup.start()
            let keys = try await pulse.createProject()
            func statuses() async throws -> Set<Int> {
                var found: Set<Int> = []
                for _ in 0..<5 { found.insert(try await pulse.collect(#"{"type":"pageview","path":"/"}"#, keys).status) }
                return found
            }
            func reload(_ yaml: String, says sentence: String) async throws {
                try setup.write(yaml)
                pulse.child.signal(SIGHUP)
                try await Patience.until("'\(sentence)' in the log", state: { pulse.child.output }) {
                    pulse.child.output.contains(sentence) ? () : nil
                }
            }
            #expect(try await statuses() == [200])
            try await reload(yaml("many", 30), says: "the configuration was not reloaded; the old one stays in effect")
            #expect(try await statuses() == [200])
            try await reload(
                yaml("1", 60), says: "a configuration change needs a restart change=\"storage.query_timeout_seconds: 30 -> 60\"")
            #expect(pulse.child.output.contains("configuration changed change=\"limits.ingest_per_second: 0 -> 1\""))
            #expect(try await statuses().contains(429))
            try await reload(yaml("0", 60), says: "limits.ingest_per_second: 1 -> 0")
            #expect(try await statuses() == [200])
            #expect(try await pulse.stop() == 0)
        }
    }

    @Test("an invalid configuration stops the start and reports every mistake")
    func refusesConfiguration() async throws {
        let yaml = "server:\n  prot: 80\nlimits:\n  ingest_per_second: many\nmodules:\n  disabled: [corre]\n"
        try await run(environment: ["PULSE_PORT": "http"], configuration: yaml) { setup in
            let child = try setup.spawn()
            #expect(try await child.exit() != 0)
            let file = setup.configurationFile
            for line in [
                "\(file):2: server.prot: unknown key; did you mean 'port'?",
                "\(file):4: limits.ingest_per_second: must be a whole number from 0 to 1000000; got 'many'",
                "\(file):6: modules.disabled[0]: unknown module 'corre'; did you mean 'core'?",
                "PULSE_PORT: must be a whole number from 0 to 65535; got 'http'",
            ] { #expect(child.output.contains(line), "\(line)\n\(child.output)") }
            #expect(!FileManager.default.fileExists(atPath: setup.data))
        }
    }

    // MARK: Starting

    @Test("a second process on the same data folder is rejected, and the first keeps running")
    func secondProcess() async throws {
        try await run { setup in
            let pulse = try await setup.start()
            let keys = try await pulse.createProject()
            #expect(try await pulse.collect(#"{"type":"pageview","path":"/"}"#, keys).status == 200)
            let second = try setup.spawn()
            #expect(try await second.exit() != 0)
            #expect(second.output.contains(setup.data), "names the folder: \(second.output)")
            #expect(second.output.contains("Another Pulse (process"), "\(second.output)")
            #expect(!second.output.contains("ready"))
            #expect(try await pulse.collect(#"{"type":"pageview","path":"/"}"#, keys).status == 200)
            #expect(try await pulse.balance(keys).stored == 2)
            #expect(try await pulse.stop() == 0)
        }
    }

    @Test("/healthz and /readyz answer, and /readyz lists the engines", arguments: Profile.available)
    func probes(profile: Profile) async throws {
        try await run(environment: try await profile.environment()) { setup in
            let pulse = try await setup.start()
            #expect(try await HTTP.get(pulse.address + "/healthz").body == #"{"ok":true}"#)
            let ready = try await HTTP.get(pulse.address + "/readyz?full=true")
            #expect(ready.status == 200)
            let answer = try ready.json()
            for part in ["control", "events", "coordination", "journal"] { #expect(answer[part]?["ok"]?.boolean == true, "\(ready.body)") }
            #expect(try await pulse.stop() == 0)
        }
    }

    @Test("a first start prints a project, working keys and the snippet; a second start prints no keys")
    func welcome() async throws {
        let port = try Loopback.freePort()
        try await run(environment: ["PULSE_PORT": "\(port)", "PULSE_ADMIN_TOKEN": ""]) { setup in
            var pulse = try await setup.start(["serve", "--welcome"])
            let text = pulse.child.output
            #expect(text.contains(#"Your first project is "My site""#))
            let keys = PulseProcess.Keys(
                ingest: try await pulse.child.word(after: "ingest key   "), query: try await pulse.child.word(after: "query key    "))
            #expect(text.contains("<script defer src=\"http://localhost:\(port)/api/script.js\" data-key=\"\(keys.ingest)\"></script>"))
            #expect(try await pulse.collect(#"{"type":"pageview","path":"/"}"#, keys).status == 200)
            #expect(try await pulse.ask("/api/v1/stats", keys)["current"]?["pageviews"]?.integer == 1)

            // The admin token is in the printed file, which only its owner can read.
            let file = try await pulse.child.word(after: "admin token  in ")
            let token = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            let rights = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(rights == 0o600)
            let projects = try await HTTP.get(pulse.address + "/api/admin/projects", headers: [("Authorization", "Bearer \(token)")])
            #expect(try projects.json()["data"]?.elements.compactMap { $0["name"]?.string } == ["My site"])
            #expect(try await pulse.stop() == 0)

            pulse = try await setup.start(["serve", "--welcome"])
            #expect(pulse.child.output.contains("My site"))
            #expect(!pulse.child.output.contains("ingest key"))
            #expect(try await pulse.ask("/api/v1/stats", keys)["current"]?["pageviews"]?.integer == 1)
            #expect(try await pulse.stop() == 0)
        }
    }

    @Test("a plain start on an empty folder says how to begin without logging secrets; a later start says nothing")
    func plainStart() async throws {
        try await run(environment: ["PULSE_ADMIN_TOKEN": ""]) { setup in
            var pulse = try await setup.start()
            let text = pulse.child.output
            for part in [
                "There is no project yet", "/dashboard\n", "admin token  in \(setup.data)/admin-token", "pulse project create",
                "pulse key create",
            ] {
                #expect(text.contains(part), "\(part): \(text)")
            }
            let token = try String(contentsOfFile: setup.data + "/admin-token", encoding: .utf8).trimmingCharacters(
                in: .whitespacesAndNewlines)
            #expect(!text.contains("pa_live_") && !text.contains(token))
            _ = try await HTTP.post(
                pulse.address + "/api/admin/projects", #"{"name":"Shop","domain":"example.com"}"#,
                headers: [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")])
            #expect(try await pulse.stop() == 0)
            pulse = try await setup.start()
            #expect(!pulse.child.output.contains("dashboard"))
            #expect(try await pulse.stop() == 0)
        }
    }

    @Test("a port in use stops the start before anything is created, with an error that says what to do")
    func portTaken() async throws {
        try await run { setup in
            let pulse = try await setup.start(), port = String(try #require(pulse.address.split(separator: ":").last))
            try await withFolder { folder in
                let second = try PulseProcess.Setup(folder: folder, environment: ["PULSE_PORT": port]).spawn()
                #expect(try await second.exit() == 1)
                #expect(
                    second.output.contains(
                        "Can't listen on 127.0.0.1:\(port): Address already in use. Stop the other program, or set another port (PULSE_PORT)."
                    ), "\(second.output)")
                #expect(!FileManager.default.fileExists(atPath: folder + "/data"))
            }
            #expect(try await pulse.stop() == 0)
        }
    }

    @Test("every file of an existing data folder becomes private to its owner")
    func privateFiles() async throws {
        try await run { setup in
            try FileManager.default.createDirectory(
                atPath: setup.data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
            let pulse = try await setup.start(), keys = try await pulse.createProject()
            #expect(try await pulse.collect(#"{"type":"pageview","path":"/"}"#, keys).status == 200)
            #expect(try await pulse.ask("/api/v1/stats", keys)["current"]?["pageviews"]?.integer == 1)
            let names = try FileManager.default.subpathsOfDirectory(atPath: setup.data)
            #expect(names.contains("events.duckdb") && names.contains("control.sqlite"))
            for name in names {
                let rights = try FileManager.default.attributesOfItem(atPath: setup.data + "/" + name)[.posixPermissions] as? Int ?? 0
                #expect(rights & 0o077 == 0, "\(name) \(String(rights, radix: 8))")
            }
            #expect(try await pulse.stop() == 0)
        }
    }

    @Test("the limit of open files is raised at the start, and the process survives more connections than it allows")
    func descriptors() async throws {
        try await run(
            configuration:
                "server: {trusted_proxies: [], max_connections: 40, max_connections_per_address: 30, request_timeout_seconds: 1}\n"
        ) { setup in
            let pulse = try await setup.start(), port = try #require(pulse.address.split(separator: ":").last.flatMap { Int($0) })
            let limits = try String(contentsOfFile: "/proc/\(pulse.child.pid)/limits", encoding: .utf8)
            let line = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max open files") }).split(separator: " ").compactMap
            { Int($0) }
            #expect(line.count == 2 && line[0] == min(line[1], 65_536), "\(line)")
            var connections: [RawConnection] = []
            for _ in 0..<60 { connections.append(try await RawConnection.open(port)) }
            // Silent connections are closed after a second, which makes room.
            try await Patience.until("an answer") {
                (try? await HTTP.get(pulse.address + "/healthz", seconds: 5))?.status == 200 ? () : nil
            }
            connections.forEach { $0.close() }
            #expect(try await pulse.stop() == 0)
        }
    }
}
