@_spi(Host) import Access
import AllModules
@_spi(Host) import Blobs
import Core
import Foundation
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
import NIOCore
@_spi(Host) import Storage
import Synchronization
import Testing
import TestSupport

/// What modules keep about visitors outside fact tables: rows of control tables, and blobs.
@Suite("Visitors' records", .modules(.all))
struct VisitorRecordsTests {
    /// Keeps notes about visitors, by their id and by their key, and pictures.
    private struct Notes: AnalyticsModule {
        static let manifest = ModuleManifest(name: "notes", category: .platform, summaries: ["en": "Notes."])
        static let notes = Table(
            "notes_notes",
            [Column("id", .text), Column("project_id", .text), .visitorID(), Column("data", .text), Column("made_at", .int64)],
            primaryKey: ["id"])
        static let marks = Table("notes_marks", [Column("id", .text), Column("project_id", .text)], primaryKey: ["id"])

        init(_ setup: ModuleSetup = ModuleSetup()) {}

        var migrations: [Migration] {
            [
                Migration("001-create", on: .control, [.createTable(Self.notes), .createTable(Self.marks)]),
                Migration("002-visitor", on: .control, [.addColumn(table: Self.marks.name, .visitorKey(nullable: true))]),
            ]
        }
    }

    private static func run(_ profile: Profile, _ body: @escaping @Sendable (TestApp, _ path: String, BlobStore) async throws -> Void)
        async throws
    {
        try await TestApp.run(profile, modules: ModuleList.current.load() + [Notes()]) { app in
            let engines = app.installation.engines
            try await body(
                app, "/api/admin/projects/\(app.project.id)/privacy/visitors",
                BlobStore(engines.blobs, control: engines.control, time: app.time))
        }
    }

    /// Adds a note and a mark about a visitor.
    private static func note(_ app: TestApp, _ id: String, _ visitor: String, in project: Project) async throws {
        let key = VisitorIdentity.key(of: visitor, project: project.number), control = app.installation.engines.control
        let made = app.time.now.milliseconds
        try await control.write(
            """
            INSERT INTO notes_notes (id, project_id, visitor_id, data, made_at)
            VALUES (\(id), \(project.id), \(visitor), \(id == "4" ? "no JSON" : #"{"a":1}"#), \(made))
            """)
        try await control.write("INSERT INTO notes_marks (id, project_id, visitor) VALUES (\(id), \(project.id), \(key))")
    }

    private static func ids(_ app: TestApp, _ table: String) async throws -> [String] {
        try await app.installation.engines.control.read("SELECT id FROM \(sql: table) ORDER BY id").map { $0.text("id") }
    }

    @Test("the export has the visitor's rows of control tables, and erasure deletes those alone", arguments: Profile.available)
    func tables(profile: Profile) async throws {
        try await Self.run(profile) { app, path, _ in
            let other = try await app.installation.createProject("Other", domain: "other.example")
            #expect(try await app.get("\(path)/ada/export", as: .token).body.hasSuffix(#","notes_notes":[],"notes_marks":[]}}"#))
            try await Self.note(app, "1", "ada", in: app.project)
            try await Self.note(app, "2", "bob", in: app.project)
            try await Self.note(app, "3", "ada", in: other)
            try await Self.note(app, "4", "ada", in: app.project)
            func note(_ id: String, _ data: String) -> String { #"{"id":"\#(id)","data":\#(data),"made_at":"2026-03-02T12:00:00Z"}"# }
            #expect(
                try await app.get("\(path)/ada/export", as: .token).body.hasSuffix(
                    #","notes_notes":[\#(note("1", #"{"a":1}"#)),\#(note("4", #""no JSON""#))],"notes_marks":[{"id":"1"},{"id":"4"}]}}"#))
            // Nothing was ever collected about ada: an engine that numbers visitors does not know her.
            #expect(try await app.delete("\(path)/ada", as: .token).status == 204)
            for table in ["notes_notes", "notes_marks"] { #expect(try await Self.ids(app, table) == ["2", "3"]) }
            #expect(try await app.get("\(path)/ada/export", as: .token).body.hasSuffix(#","notes_notes":[],"notes_marks":[]}}"#))
            let entries = try await app.get("/api/admin/projects/\(app.project.id)/audit-logs", as: .token).json()["data"]?.elements ?? []
            let erasure = entries.first { $0["action"]?.string == "visitor.erase" }?["metadata"]
            #expect(erasure?["notes_notes"]?.string == "2" && erasure?["notes_marks"]?.string == "2")
        }
    }

    @Test("an export has all rows of a table, however many there are", arguments: Profile.available)
    func many(profile: Profile) async throws {
        try await Self.run(profile) { app, path, _ in
            let project = app.project.id
            try await app.installation.engines.control.write { transaction in
                for id in 1_000..<2_200 {
                    try await transaction.run(
                        "INSERT INTO notes_notes (id, project_id, visitor_id, data, made_at) VALUES (\(String(id)), \(project), 'ada', '{}', 0)"
                    )
                }
            }
            let rows = try await app.get("\(path)/ada/export", as: .token).json()["telemetry"]?["notes_notes"]?.elements ?? []
            #expect(rows.compactMap { $0["id"]?.string } == (1_000..<2_200).map(String.init))
        }
    }

    @Test("the export has the content of the visitor's blobs, and erasure deletes them", arguments: Profile.available)
    func blobs(profile: Profile) async throws {
        try await Self.run(profile) { app, path, store in
            let blobs = store.blobs(of: "notes", in: app.project.id), project = app.project.number
            // Longer than a piece, and not a multiple of three bytes.
            let picture = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            try await blobs.put("ada \"1\"", ByteBuffer(bytes: picture), about: VisitorIdentity.key(of: "ada", project: project))
            try await blobs.put("ada 2", ByteBuffer(), about: VisitorIdentity.key(of: "ada", project: project))
            try await blobs.put("bob", ByteBuffer(string: "bob"), about: VisitorIdentity.key(of: "bob", project: project))
            try await blobs.put("nobody", ByteBuffer(string: "nobody"), about: nil)
            let found = try await app.get("\(path)/ada/export", as: .token).json()["telemetry"]?["blobs"]?.elements ?? []
            #expect(found.count == 2)
            let first = try #require(found.first { $0["bytes"]?.integer == 400_000 }), empty = found.first { $0["bytes"]?.integer == 0 }
            #expect(first["module"]?.string == "notes" && first["name"]?.string == "ada \"1\"")
            #expect(first["content"]?.string.flatMap { Data(base64Encoded: $0) }.map(Array.init) == picture)
            #expect(empty?["content"]?.string == "")
            #expect(try await app.get("\(path)/eve/export", as: .token).json()["telemetry"]?["blobs"] == nil)
            #expect(try await app.delete("\(path)/ada", as: .token).status == 204)
            #expect(try await blobs.list(limit: 9).map(\.name) == ["bob", "nobody"])
            let left = Mutex(0)
            try await store.engine.list(project: app.project.id) { found in left.withLock { $0 += found.count } }
            #expect(left.withLock { $0 } == 2)
        }
    }
}
