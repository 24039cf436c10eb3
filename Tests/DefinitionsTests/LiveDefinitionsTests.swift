@_spi(Host) import Access
@_spi(Definitions) @testable import Access
import AllModules
@_spi(Host) import Coordination
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Storage
import Synchronization
import Testing
import TestSupport

/// Definitions that are kept in memory, tested with segments.
@Suite("Live definitions", .modules(.all))
struct LiveDefinitionsTests {
    private static let path = "/api/v1/segments"

    private static func body(_ name: String, path: String) -> String {
        #"{"name":"\#(name)","definition":{"match":"all","conditions":[{"source":"pageview","field":"path","op":"eq","value":"\#(path)"}]}}"#
    }

    /// Creates a segment and returns its id.
    private static func create(_ app: TestApp, _ name: String, path: String = "/") async throws -> String {
        let answer = try await app.post(Self.path, body(name, path: path), as: .query)
        #expect(answer.status == 201, "\(answer.body)")
        return try #require(try answer.json()["id"]?.string)
    }

    private static func name(_ app: TestApp, _ id: String) async throws -> String? {
        try await app.get("\(path)/\(id)").json()["name"]?.string
    }

    @Test("a report with a segment reads no definition a second time, and sees a change at once", arguments: Profile.available)
    func reports(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            for (visitor, path) in [("ada", "/a"), ("bob", "/b"), ("cy", "/b")] {
                try await app.collect(
                    #"{"type":"pageview","path":"\#(path)","visitor_id":"\#(visitor)","timestamp":"2026-03-02T11:00:00Z"}"#)
            }
            let id = try await Self.create(app, "A", path: "/a")
            func visitors() async throws -> Int64? {
                try await app.get("/api/v1/stats?start_at=2026-03-02&end_at=2026-03-02&segment_id=\(id)").json()["current"]?["visitors"]?
                    .integer
            }
            #expect(try await visitors() == 1)
            // Changed behind the back of the host, which doesn't read it again.
            let control = app.installation.engines.control
            let stored = try await control.read("SELECT definition FROM segments_definition")[0].text("definition")
            try await control.write("UPDATE segments_definition SET definition = \(stored.replacing("/a", with: "/b"))")
            #expect(try await visitors() == 1)
            // A change through the host is seen by the next request.
            let changed = try await app.put("\(Self.path)/\(id)", Self.body("A", path: "/b"), as: .query)
            #expect(changed.status == 200)
            #expect(try await visitors() == 2)
            #expect(try await app.delete("\(Self.path)/\(id)", as: .query).status == 204)
            #expect(try await app.get("/api/v1/stats?segment_id=\(id)").status == 404)
        }
    }

    @Test("a change by another host is seen after the log of changes is read, and only for its project", arguments: Profile.available)
    func otherHost(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let installation = app.installation, control = installation.engines.control
            let other = try await installation.createProject("Other", domain: "other.example")
            let id = try await Self.create(app, "A")
            #expect(try await Self.name(app, id) == "A")
            let second = Directory(
                control: control, coordination: LocalCoordination(time: app.time), time: app.time, defaults: installation.directory.defaults
            )
            try await second.reload()
            let stored = try await control.read("SELECT definition FROM segments_definition")[0].text("definition")
            // The other host changes a definition of the other project, and then this one.
            _ = try await second.change(definitionsIn: "segments_definition", of: other) { _ in () }
            try await control.write("UPDATE segments_definition SET definition = \(stored.replacing(#""A""#, with: #""B""#))")
            try await installation.directory.poll()
            #expect(try await Self.name(app, id) == "A")
            _ = try await second.change(definitionsIn: "segments_definition", of: app.project) { _ in () }
            #expect(try await Self.name(app, id) == "A")
            try await installation.directory.poll()
            #expect(try await Self.name(app, id) == "B")
        }
    }

    @Test("a project's definitions are invisible to another project")
    func projects() async throws {
        try await TestApp.run { app in
            let other = try await app.installation.createProject("Other", domain: "other.example")
            let keys = try await app.installation.createKeys(in: other), id = try await Self.create(app, "A")
            #expect(try await Self.name(app, id) == "A")
            let answer = try await app.get("\(Self.path)/\(id)", as: .key(try #require(keys[.query])))
            #expect(answer.status == 404 && answer.body == #"{"error":"Segment '\#(id)' not found."}"#)
        }
    }

    @Test("definitions too large for memory are read from the store")
    func large() async throws {
        try await TestApp.run { app in
            let id = try await Self.create(app, "A"), control = app.installation.engines.control
            let stored = try await control.read("SELECT definition FROM segments_definition")[0].text("definition")
            let long = stored.replacing(#""value":"/""#, with: #""value":"/\#(String(repeating: "x", count: 600_000))""#)
            #expect(long.utf8.count > 600_000)
            try await control.write("UPDATE segments_definition SET definition = \(long)")
            #expect(try await Self.name(app, id) == "A")
            try await control.write("UPDATE segments_definition SET definition = \(long.replacing(#""A""#, with: #""B""#))")
            #expect(try await Self.name(app, id) == "B")
        }
    }
}

@Suite("Live values")
struct LiveValuesTests {
    /// Counts how often a value is read.
    private final class Reads: Sendable {
        let count = Mutex(0)

        func callAsFunction() -> Int {
            count.withLock { count in
                count += 1
                return count
            }
        }
    }

    @Test("a value is read once, until it is dropped")
    func once() async throws {
        let values = LiveValues(maximumBytes: 100_000), read = Reads()
        func value(_ kind: String, _ project: String) async throws -> Int? {
            try await values.value(kind, of: project) { (read(), 10) }
        }
        #expect(try await value("a", "p") == 1)
        #expect(try await value("a", "p") == 1)
        #expect(try await value("a", "q") == 2)
        #expect(try await value("b", "p") == 3)
        values.drop("a", of: "p")
        #expect(try await value("a", "p") == 4)
        #expect(try await value("a", "q") == 2)
        values.dropAll()
        #expect(try await value("b", "p") == 5)
    }

    @Test("a value that changed while it was read is not kept")
    func changedWhileReading() async throws {
        let values = LiveValues(maximumBytes: 100_000)
        let first: Int? = try await values.value("a", of: "p") {
            values.drop("a", of: "p")
            return (1, 10)
        }
        #expect(first == 1)
        #expect(try await values.value("a", of: "p") { (2, 10) } == 2)
        #expect(try await values.value("a", of: "p") { (3, 10) } == 2)
    }

    @Test("values that aren't used make room, and the limit holds")
    func bounded() async throws {
        let values = LiveValues(maximumBytes: 20_000), read = Reads()
        func value(_ project: Int) async throws -> Int? { try await values.value("a", of: "\(project)") { (read(), 700) } }
        for project in 1...100 {
            #expect(try await value(0) == 1)
            _ = try await value(project)
            #expect(values.bytes <= 20_000)
        }
        #expect(try await value(100) == 101)
        #expect(try await value(1) == 102)
    }

    @Test("a value that is too large is nil until it changes")
    func large() async throws {
        let values = LiveValues(maximumBytes: 20_000)
        #expect(values.largest == 2_500)
        #expect(try await values.value("a", of: "p") { nil as (Int, bytes: Int)? } == nil)
        #expect(try await values.value("a", of: "p") { (1, 10) } == nil)
        values.drop("a", of: "p")
        #expect(try await values.value("a", of: "p") { (1, 10) } == 1)
    }
}

@Suite("Definitions by their fields", .modules(.all))
struct DefinitionLookupTests {
    /// A route that finds gadgets by their name, in memory and in the store.
    private struct Finder: AnalyticsModule {
        static let manifest = ModuleManifest(name: "finder", category: .platform, summaries: ["en": "Finds things in tests."])
        static let things = Resource(
            "Thing", path: "/api/v1/things", table: "finder_things", fields: [.required("key", .text(40))], unique: "key", live: true)
        static let others = Resource(
            "Other", path: "/api/v1/others", table: "finder_others", fields: [.required("key", .text(40))], unique: "key")
        let parses = Parses()

        final class Parses: Sendable {
            private let count = Mutex(0)

            func add() { count.withLock { $0 += 1 } }

            func take() -> Int {
                count.withLock { count in
                    defer { count = 0 }
                    return count
                }
            }
        }

        init(_ setup: ModuleSetup = ModuleSetup()) throws {}

        var migrations: [Migration] { [Migration("001-create", on: .control, [Self.things.creation, Self.others.creation])] }
        var routes: [Route] {
            [Self.things, Self.others].flatMap { resource in
                resource.routes + [
                    Route(
                        .get, resource.path + "-by-key/{key}", "Find by key.", scope: .query, access: .read,
                        answer: Shape<Int64>([.required("length", { $0 }, .count)])
                    ) { call in
                        guard let found = try await resource.find(call.path("key"), by: "key", for: call) else {
                            throw ServiceError.notFound(resource.kind, call.path("key"))
                        }
                        return found.value { definition in
                            parses.add()
                            return Int64(definition.fields["key"]?.string?.utf8.count ?? 0)
                        }
                    }
                ]
            }
        }
    }

    @Test("a definition is found by the bytes of a field, and parsed once if it is in memory", arguments: Profile.available)
    func byField(profile: Profile) async throws {
        let finder = try Finder(), modules: [any AnalyticsModule] = try ModuleList.current.load() + [finder]
        try await TestApp.run(profile, modules: modules) { app in
            for path in ["/api/v1/things", "/api/v1/others"] {
                for key in ["lamp", "\u{E9}"] {
                    let made = try await app.post(path, #"{"key":"\#(key)"}"#, as: .query)
                    #expect(made.status == 201)
                }
                for _ in 0..<3 { #expect(try await app.get(path + "-by-key/lamp").body == #"{"length":4}"#) }
                let isLive = path == "/api/v1/things"
                #expect(finder.parses.take() == (isLive ? 1 : 3))
                #expect(try await app.get(path + "-by-key/%C3%A9").body == #"{"length":2}"#)
                #expect(try await app.get(path + "-by-key/e%CC%81").status == 404)
                #expect(try await app.get(path + "-by-key/nothing").status == 404)
                _ = finder.parses.take()
            }
        }
    }
}
