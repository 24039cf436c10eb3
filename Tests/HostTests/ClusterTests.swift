import AllModules
@_spi(Host) import Common
import Core
import Foundation
@testable import Host
@_spi(Host) import Ingest
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing
import TestSupport

/// A host over a Citus cluster with several workers. They are stopped in the tests, so these run one after the other.
@Suite(
    "A cluster", .modules(.all), .enabled("Citus is not installed", { Cluster.isThere }), .serialized, .timeLimit(.minutes(5)))
struct ClusterTests {
    /// One payload of every type with facts of its own.
    private static func payloads(_ number: Int, at time: String) -> [String] {
        let visitor = #""visitor_id":"v\#(number)","timestamp":"\#(time)""#
        return [
            #"{"type":"pageview","path":"/\#(number % 7)?utm_source=news",\#(visitor)}"#,
            #"{"type":"event","name":"signup","path":"/",\#(visitor),"data":{"n":\#(number)}}"#,
            #"{"type":"js_error","message":"boom","path":"/",\#(visitor)}"#,
            #"{"type":"log","level":"info","message":"hello",\#(visitor)}"#,
            #"{"type":"outlink","url":"https://other.example/","path":"/",\#(visitor)}"#,
            #"{"type":"scroll_depth","path":"/","max_depth":50,\#(visitor)}"#,
            #"{"type":"search_query","query":"q","results":3,"path":"/",\#(visitor)}"#,
            #"{"type":"identify",\#(visitor),"payload":{"user_id":"u\#(number)","traits":{"plan":"pro"}}}"#,
        ]
    }

    private static func collect(_ app: TestApp, _ numbers: Range<Int>, at time: String = "2026-03-02T10:00:00Z") async throws {
        // A request may have at most 1,000 events.
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 100) {
            let events = (start..<min(start + 100, numbers.upperBound)).flatMap { payloads($0, at: time) }
            let answer = try await app.collect("[\(events.joined(separator: ","))]", as: .server)
            #expect(answer.status == 200)
            #expect(try answer.json()["errors"]?.elements.isEmpty != false, "\(answer.body)")
        }
    }

    private static func stats(_ app: TestApp, from start: String = "2026-03-01", as caller: TestApp.Caller = .query) async throws
        -> TestApp.Answer
    {
        try await app.get("/api/v1/stats?start_at=\(start)&end_at=2026-03-04", as: caller)
    }

    private static func visitors(_ app: TestApp, from start: String = "2026-03-01") async throws -> Int64? {
        try await app.settle()
        return try await stats(app, from: start).json()["current"]?["visitors"]?.integer
    }

    @Test("facts are spread over the workers, and first facts of a month are stored at once")
    func months() async throws {
        let scratch = try Scratch(), environment = try Cluster.environment()
        try await TestApp.run(in: scratch.path + "/data", environment: environment) { app in
            for (index, month) in ["2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03"].enumerated() {
                try await Self.collect(app, (index * 40)..<(index * 40 + 40), at: "\(month)-01T10:00:00Z")
                let found = try await Self.visitors(app, from: "2025-10-01"), expected = Int64(index * 40 + 40)
                #expect(found == expected)
            }
            let ledger = try await app.get("/api/v1/ingest/ledger?start_at=2026-03-01&end_at=2026-03-03").body
            #expect(ledger.contains(#""stored":1920"#), "\(ledger)")
        }
        let shards = try Cluster.run(
            environment,
            "SELECT count(DISTINCT nodeport), count(*) < 1400 FROM citus_shards WHERE table_name::text LIKE 'pulse_events.%'")
        #expect(shards == "3|t")
        let identities = try Cluster.run(
            environment, "SELECT count(*), count(*) FILTER (WHERE relreplident <> 'f') FROM pg_class WHERE relispartition AND relkind = 'r'"
        )
        #expect(identities.hasSuffix("|0") && !identities.hasPrefix("0|"))
    }

    @Test("a backup of one server is restored on a cluster, and of a cluster on one server")
    func restore() async throws {
        let scratch = try Scratch(), path = scratch.path
        let server = try await Profile.server.environment(), cluster = try Cluster.environment(),
            again = try await Profile.server.environment()
        let answer = Held(""), key = Held("")
        try await TestApp.run(in: path + "/a", environment: server) { app in
            try await Self.collect(app, 0..<120)
            try await app.settle()
            answer.value = try await Self.stats(app).body
            key.value = app.keys[.query]!
            #expect(try await app.post("/api/admin/backups", #"{"name":"one"}"#, as: .token).status == 201)
        }
        for (from, to, environment) in [("a", "b", cluster), ("b", "c", again)] {
            let configuration = try scratch.configuration(data: to, environment: environment)
            _ = try await Restore(from: "\(path)/\(from)/backups/one", into: configuration).run(replacing: false)
            try await TestApp.run(in: "\(path)/\(to)", environment: environment) { app in
                let restored = try await Self.stats(app, as: .key(key.value)).body
                #expect(restored == answer.value)
                if to == "b" { #expect(try await app.post("/api/admin/backups", #"{"name":"one"}"#, as: .token).status == 201) }
            }
        }
    }

    @Test("while a worker is away, hosts start and collect; reports and probes say so; afterwards nothing is missing")
    func away() async throws {
        let scratch = try Scratch(), environment = try Cluster.environment(), data = scratch.path + "/data"
        try await TestApp.run(in: data, environment: environment) { app in
            try await Self.collect(app, 0..<100)
            #expect(try await Self.visitors(app) == 100)
            try await Cluster.without(2) {
                let probe = try await app.get("/readyz?full=true", as: .nobody), stats = try await Self.stats(app)
                #expect(probe.status == 503 && stats.status == 503, "\(stats.body)")
                try await Self.collect(app, 100..<150)
                let log = try await app.get("/api/v1/logs?start_at=2026-03-01&end_at=2026-03-04")
                #expect(log.status == 503, "\(log.body)")
            }
            #expect(try await Self.visitors(app) == 150)
        }
        try await Cluster.without(3) {
            try await TestApp.run(in: data, environment: environment) { app in
                try await Self.collect(app, 150..<200)
                #expect(try await Self.stats(app).status == 503)
            }
            let findings = await Doctor(
                configuration: try scratch.configuration(environment: environment), file: nil, now: SystemTime().now
            )
            .examine()
            #expect(findings.contains { $0.subject == "nodes" && $0.verdict == .fail && $0.text.contains(":\(Cluster.nodes[3]) ") })
        }
        try await TestApp.run(in: data, environment: environment) { app in
            let found = try await Self.visitors(app)
            #expect(found == 200)
        }
        let findings = await Doctor(configuration: try scratch.configuration(environment: environment), file: nil, now: SystemTime().now)
            .examine()
        let nodes = findings.filter { $0.subject == "nodes" }
        #expect(nodes.count == 4 && nodes.allSatisfy { $0.verdict == .ok })
    }

    @Test("a worker that is killed in the middle of collection loses nothing")
    func killed() async throws {
        let scratch = try Scratch(), environment = try Cluster.environment()
        try await TestApp.run(in: scratch.path + "/data", environment: environment) { app in
            try await withThrowingTaskGroup { group in
                group.addTask { for start in stride(from: 0, to: 2_000, by: 50) { try await Self.collect(app, start..<(start + 50)) } }
                group.addTask {
                    while try await Self.stats(app).status != 200 {}
                    try Cluster.control(1, "stop", "-m", "immediate")
                    try Cluster.control(1, "start")
                }
                try await group.waitForAll()
            }
            try await app.settle()
            let found = try await Self.stats(app).json()["current"]
            #expect(found?["visitors"]?.integer == 2_000 && found?["pageviews"]?.integer == 2_000)
        }
    }

    /// Moves the shards of two of the 32 ranges: `citus_rebalance_start` moves ten in the same way, which takes minutes.
    @Test("a worker is added and gets shards without stopping writes, while events are collected")
    func rebalance() async throws {
        let scratch = try Scratch(), environment = try Cluster.environment(workers: 2)
        try await TestApp.run(in: scratch.path + "/data", environment: environment) { app in
            try await Self.collect(app, 0..<300)
            #expect(try await Self.visitors(app) == 300)
            let database = environment["DATABASE_URL"]!.split(separator: "/").last.map(String.init)!
            try Profile.psql(
                Profile.superuser(Cluster.nodes[3]), ["CREATE DATABASE \(database) OWNER pulse TEMPLATE citus_template"])
            try Cluster.run(environment, "SELECT citus_add_node('127.0.0.1', \(Cluster.nodes[3]))")
            let isDone = Held(false)
            try await withThrowingTaskGroup { group in
                group.addTask {
                    defer { isDone.value = true }
                    for shard in 0..<2 {
                        try Cluster.run(
                            environment,
                            """
                            SELECT citus_move_shard_placement(shardid, nodename, nodeport, '127.0.0.1', \(Cluster.nodes[3]))
                            FROM (SELECT shardid, nodename, nodeport FROM citus_shards
                              WHERE table_name = 'pulse_events.core_activity'::regclass ORDER BY shardid LIMIT 1 OFFSET \(shard)) chosen
                            """)
                    }
                }
                group.addTask {
                    var next = 300
                    while !isDone.value || next < 500 {
                        try await Self.collect(app, next..<(next + 20))
                        next += 20
                        let found = try await Self.visitors(app), expected = Int64(next)
                        #expect(found == expected)
                    }
                }
                try await group.waitForAll()
            }
        }
        let shards = try Cluster.run(
            environment,
            "SELECT count(*) > 0 FROM citus_shards WHERE nodeport = \(Cluster.nodes[3]) AND table_name::text LIKE '%core_activity%'")
        #expect(shards == "t")
    }

    @Test("an extension that comes later is taken up at the next start; until then, doctor asks for it")
    func later() async throws {
        let scratch = try Scratch(), name = Profile.newDatabaseName(), data = scratch.path + "/data"
        for node in Cluster.nodes { try Profile.psql(Profile.superuser(node), ["CREATE DATABASE \(name) OWNER pulse TEMPLATE template1"]) }
        let environment = try Cluster.environment(of: name)
        func advice() async throws -> [String] {
            await Doctor(configuration: try scratch.configuration(environment: environment), file: nil, now: SystemTime().now).examine()
                .filter { $0.subject == "nodes" }.map { "\($0.verdict) \($0.text)" }
        }
        try await TestApp.run(in: data, environment: environment) { app in
            try await Self.collect(app, 0..<100)
            #expect(try await Self.visitors(app) == 100)
        }
        #expect(try await advice().first?.hasPrefix("warn the server has Citus, but this database does not.") == true)
        for node in Cluster.nodes { try Profile.psql(Profile.superuser(node, name), ["CREATE EXTENSION citus"]) }
        #expect(try await advice().first?.hasPrefix("warn Citus has no node for shards.") == true)
        try Cluster.run(environment, "SELECT citus_set_coordinator_host('127.0.0.1', \(Cluster.nodes[0]))")
        // Still no node that may have shards.
        try await TestApp.run(in: data, environment: environment) { app in
            let found = try await Self.visitors(app)
            #expect(found == 100)
        }
        for node in Cluster.nodes.dropFirst() { try Cluster.run(environment, "SELECT citus_add_node('127.0.0.1', \(node))") }
        #expect(try await advice().first?.hasPrefix("warn Citus has nodes, but the facts are not distributed.") == true)
        try await TestApp.run(in: data, environment: environment) { app in
            #expect(try await Self.visitors(app) == 100)
            try await Self.collect(app, 100..<150)
            #expect(try await Self.visitors(app) == 150)
        }
        #expect(try Cluster.run(environment, "SELECT count(*) > 0 FROM citus_tables WHERE table_name::text LIKE '%core_activity'") == "t")
    }

    @Test("a backup is of one instant while two hosts write")
    func backupOfOneInstant() async throws {
        let scratch = try Scratch(), environment = try Cluster.environment(), path = scratch.path
        try await TestApp.run(in: path + "/a", environment: environment) { first in
            try await TestApp.run(in: path + "/b", environment: environment) { second in
                let isDone = Held(false)
                try await withThrowingTaskGroup { group in
                    for (number, app) in [first, second].enumerated() {
                        group.addTask {
                            var next = number * 100_000
                            while !isDone.value {
                                try await Self.collect(app, next..<(next + 20))
                                _ = try await Self.stats(app)
                                next += 20
                            }
                        }
                    }
                    group.addTask {
                        defer { isDone.value = true }
                        for number in 0..<6 {
                            let answer = try await first.post("/api/admin/backups", #"{"name":"b\#(number)"}"#, as: .token)
                            #expect(answer.status == 201, "\(answer.body)")
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
        for number in 0..<6 {
            let manifest = try BackupManifest.read(from: "\(path)/a/backups/b\(number)")
            let folder = "\(path)/a/backups/b\(number)/events/events-postgresql"
            let ledger = try String(contentsOfFile: folder + "/ingest_ledger.copy", encoding: .utf8)
            // Columns: project, hour, outcome, reason, count. The outcome 1 is stored.
            let stored = ledger.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
                .filter { $0[2] == "1" }.reduce(0) { $0 + Int($1[4])! }
            let facts = [
                "core_activity", "error_tracking_errors", "logs_entries", "outlinks_clicks", "scroll_depths", "search_queries",
                "identity_profiles",
            ]
            .reduce(0) { $0 + (manifest.events.tables[$1].map { Int($0.lowerBound) } ?? 0) }
            #expect(stored == facts, "backup \(number)")
        }
    }
}
