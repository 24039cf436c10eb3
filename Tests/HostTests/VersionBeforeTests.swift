@_spi(Host) import Access
import AllModules
@_spi(Host) import Blobs
import Core
import Foundation
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
@_spi(Host) import Platform
@_spi(Host) import Storage
import Synchronization
import Testing
import TestSupport

/// Data folders of the version before the journal named its tables: `Tests/VersionBefore` has them, and says what is in them.
@Suite("Data of the version before", .modules(.all))
struct VersionBeforeTests {
    private static let now = "2026-12-02T12:00:00Z"

    /// What an archive's version knew, from `before.json`.
    private struct Before {
        struct Project {
            let id: String
            let keys: [String: String]
            /// What that version answered, by path.
            let answers: [(path: String, body: String)]
        }
        let adminToken: String
        let one, two: Project

        init(_ folder: String) throws {
            let json = try JSON.parse(try String(contentsOfFile: folder + "/before.json", encoding: .utf8))
            let projects = try (json["projects"]?.elements ?? []).map { project in
                Project(
                    id: try #require(project["id"]?.string),
                    // exact: the archive's own names of its keys
                    keys: Dictionary(uniqueKeysWithValues: (project["keys"]?.members ?? []).map { ($0.name, $0.value.string ?? "") }),
                    answers: (project["answers"]?.members ?? []).map { ($0.name, $0.value.string ?? "") })
            }
            adminToken = try #require(json["admin_token"]?.string)
            (one, two) = (projects[0], projects[1])
        }
    }

    /// Runs a program that every machine with the tests' servers has.
    private static func run(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(arguments.joined(separator: " "))")
    }

    /// Unpacks the archive of a profile into `folder`. Returns the environment with which a host uses it.
    private static func unpack(_ profile: Profile, into folder: String) async throws -> [String: String] {
        let archive =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
            + "/VersionBefore/\(profile.rawValue).tar.gz"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try run("tar", "-xzf", archive, "-C", folder)
        let environment = try await profile.environment()
        if let database = environment["DATABASE_URL"] {
            try run("psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-d", database, "-f", folder + "/dump.sql")
        }
        return environment
    }

    /// Asks everything that the version before was asked.
    private static func compare(_ project: Before.Project, _ app: TestApp, embeds: Bool) async throws {
        #expect(project.answers.count >= 4)
        for (path, body) in project.answers where embeds || !path.hasPrefix("/api/embed/") {
            let answer = try await app.get(path, as: path.hasPrefix("/api/embed/") ? .nobody : .key(project.keys["query"] ?? ""))
            #expect(answer.body == body, "\(path)")
        }
    }

    /// The number of rows in each fact table, and of blobs.
    private static func sizes(_ app: TestApp) async throws -> [String: Int] {
        let blobs = Mutex(0)
        for project in try await app.installation.engines.control.read("/* test.projects */ SELECT id FROM access_projects") {
            try await app.installation.engines.blobs.list(project: project.text("id")) { found in blobs.withLock { $0 += found.count } }
        }
        var sizes = ["blobs": blobs.withLock { $0 }]
        for table in app.installation.registry.factTables {
            let rows = try await app.installation.engines.events.query(
                "/* test.count */ SELECT count(*) AS n FROM \(sql: table.name)", timeoutSeconds: 10)
            sizes[table.name] = Int(rows[0].int("n"))
        }
        return sizes
    }

    @Test("reports, definitions and keys are what they were, and a second start changes nothing", arguments: Profile.available)
    func same(profile: Profile) async throws {
        let scratch = try Scratch(), data = scratch.path + "/pulse"
        let environment = try await Self.unpack(profile, into: data), before = try Before(data)
        let first = Mutex<[String: Int]>([:])
        for start in 1...2 {
            try await TestApp.run(in: data, environment: environment, now: Self.now) { app in
                let query = TestApp.Caller.key(before.one.keys["query"] ?? "")
                // Worked out by hand from `visit` in make.py: four whole visits, and one of a single page.
                let range = "start_at=2026-11-20&end_at=2026-11-30"
                for (path, expected) in [
                    (
                        "stats",
                        #"{"current":{"avg_duration":96,"bounce_rate":20,"events":4,"pageviews":9,"sessions":5,"visitors":3},"previous":{"avg_duration":0,"bounce_rate":0,"events":0,"pageviews":0,"sessions":0,"visitors":0}}"#
                    ),
                    (
                        "revenue",
                        #"{"average_order_value":12.5,"buyers":3,"currencies":[{"currency":"EUR","orders":4,"revenue":50}],"currency":"EUR","orders":4,"refunded":0,"refunds":0,"revenue":50}"#
                    ),
                    ("search", #"{"data":[{"avg_results":0,"count":4,"query":"blå skor","unique":3,"zero_results":4}]}"#),
                ] {
                    #expect(try await app.get("/api/v1/\(path)?\(range)", as: query).body == expected)
                }
                try await Self.compare(before.one, app, embeds: start == 2)
                try await Self.compare(before.two, app, embeds: false)
                let frames =
                    try await app.get("/api/v1/errors/details?\(range)&message=x%20is%20not%20a%20function", as: query)
                    .json()["data"]?.elements.first?["frames"]?.elements ?? []
                #expect(frames.map { $0["original"]?["file"]?.string } == ["/the/root/one.js", "/the/root/two.js"])

                // The event without a time is of the day on which the archive was made.
                let latest = try await app.get("/api/v1/stats?start_at=2026-11-20&end_at=2026-12-31", as: query).json()["current"]
                #expect(latest?["pageviews"]?.integer == 10 && latest?["visitors"]?.integer == 4)

                #expect(app.installation.writer.setAsideRows.isEmpty)
                let sizes = try await Self.sizes(app)
                #expect(sizes["blobs"] == 1 && sizes["core_activity"] == 25 && sizes["search_queries"] == 4, "\(sizes)")
                if start == 1 { first.withLock { $0 = sizes } } else { #expect(sizes == first.withLock { $0 }) }
                let text = try await app.installation.engines.control.read("SELECT id, blob FROM error_tracking_source_maps")
                #expect(text.count == 1 && text.allSatisfy { $0.text("blob").isExactly($0.text("id")) })
            }
        }
    }

    @Test("keys, switches and the admin token are what they were, and new events join the old ones", arguments: Profile.available)
    func keys(profile: Profile) async throws {
        let scratch = try Scratch(), data = scratch.path + "/pulse"
        let environment = try await Self.unpack(profile, into: data), before = try Before(data)
        try await TestApp.run(in: data, environment: environment, now: Self.now) { app in
            #expect(app.installation.adminToken.isExactly(before.adminToken))
            for project in [before.one, before.two] {
                func key(_ name: String) -> TestApp.Caller { .key(project.keys[name] ?? "") }
                func status(_ answer: TestApp.Answer) -> Int { answer.status }
                #expect(try await app.get("/api/v1/stats", as: key("query")).status == 200)
                #expect(try await app.get("/api/v1/stats", as: key("ingest")).status == 403)
                #expect(try await app.get("/api/v1/goals", as: key("limited")).status == 403)
                #expect(try await app.get("/api/v1/campaigns", as: key("limited")).status == 200)
                let keys = "/api/admin/projects/\(project.id)/keys"
                #expect(try await app.get(keys, as: .bearer(project.keys["admin"] ?? "")).status == 200)
                #expect(try await app.get(keys, as: .bearer(project.keys["query"] ?? "")).status == 403)
                let view = #"{"type":"pageview","path":"/new","visitor_id":"dan"}"#
                #expect(try await app.collect(view, as: key("ingest")).body == #"{"ok":true}"#)
                #expect(try await app.collect(view, as: key("server")).body == #"{"ok":true}"#)
            }
            let pages = try await app.get("/api/v1/pages?start_at=2026-12-02&end_at=2026-12-02", as: .key(before.one.keys["query"] ?? ""))
            #expect(pages.body == #"{"data":[{"avg_duration":0,"path":"/new","unique_views":1,"views":2}],"total":1}"#)
            let off = try await app.get("/api/v1/revenue", as: .key(before.two.keys["query"] ?? ""))
            #expect(off.status == 403 && off.body == #"{"error":"Module 'revenue' is not enabled for this project."}"#)
            let search = try await app.collect(
                #"{"type":"search_query","query":"x","visitor_id":"dan"}"#, as: .key(before.two.keys["ingest"] ?? ""))
            #expect(search.status == 403 || search.status == 400)
        }
    }

    @Test("with a module off its rows of the old journal wait, and are back with it", arguments: Profile.available)
    func off(profile: Profile) async throws {
        let scratch = try Scratch(), data = scratch.path + "/pulse"
        let environment = try await Self.unpack(profile, into: data), before = try Before(data)
        let others = try ModuleList.current.load().filter { $0.name != "search" }
        for _ in 1...2 {
            try await TestApp.run(in: data, environment: environment, modules: others, now: Self.now) { app in
                // Those of the second day; the ones before are in the store.
                #expect(app.installation.writer.setAsideRows == ["search_queries": 2])
                let stats = "/api/v1/stats?start_at=2026-11-20&end_at=2026-11-30"
                let answer = try await app.get(stats, as: .key(before.one.keys["query"] ?? ""))
                #expect(answer.body == before.one.answers.first { $0.path == stats }?.body)
            }
        }
        for _ in 1...2 {
            try await TestApp.run(in: data, environment: environment, now: Self.now) { app in
                #expect(app.installation.writer.setAsideRows.isEmpty)
                try await Self.compare(before.one, app, embeds: false)
                try await Self.compare(before.two, app, embeds: false)
            }
        }
    }

    @Test("every report with rows is also a CSV file with as many", arguments: Profile.available)
    func files(profile: Profile) async throws {
        let scratch = try Scratch(), data = scratch.path + "/pulse"
        let environment = try await Self.unpack(profile, into: data), before = try Before(data)
        try await TestApp.run(in: data, environment: environment, now: Self.now) { app in
            let routes = app.installation.registry.routes.map(\.route).filter {
                $0.success.otherMediaType == "text/csv" && $0.method == .get
            }
            let paths = Set(routes.map(\.path))
            var count = 0
            for (path, body) in before.one.answers where paths.contains(String(path.prefix { $0 != "?" })) {
                count += 1
                let file = try await app.get(path + "&format=csv", as: .key(before.one.keys["query"] ?? ""))
                #expect(file.status == 200, "\(path): \(file.body)")
                let records = try CSV.parse(file.body), json = try JSON.parse(body)
                let lists = json.members.filter { $0.value.kind == .array }
                #expect(records.count - 1 == lists.reduce(0) { $0 + $1.value.elements.count }, "\(path): \(file.body)")
                #expect(Set(records.map(\.fields.count)).count == 1)
                // What isn't nested is in the file as it is in the response.
                let texts = lists.flatMap { $0.value.elements }.flatMap { $0.kind == .object ? $0.members.map(\.value) : [$0] }
                let fields = Set(records.flatMap(\.fields))
                for text in texts.compactMap(\.string) { #expect(fields.contains(text), "\(path): \(text)") }
            }
            #expect(count >= 40, "\(count)")
        }
    }
}
