@_spi(Host) import Blobs
@_spi(Host) import Common
import Core
import ErrorTrackingModule
import Foundation
@_spi(Host) @testable import Host
import Synchronization
import Testing
import TestSupport
import TrafficModule

/// Source maps of installations that kept them as text in the control store.
@Suite("Stored source maps move to blobs", .modules(ErrorTrackingModule.self))
struct SourceMapMoveTests {
    /// The module as it was: without the last two migrations.
    private struct Before: AnalyticsModule {
        static let manifest = ErrorTrackingModule.manifest
        private let now: ErrorTrackingModule

        init(_ setup: ModuleSetup = ModuleSetup()) throws { now = try ErrorTrackingModule(setup) }
        var migrations: [Migration] { now.migrations.dropLast(2) }
        var factTables: [FactTable] { now.factTables }
    }

    private static let stack =
        #""stack":"TypeError: x\n    at a (https://acme.com/assets/min.js:1:19)","release":"1.0""#

    @Test("a folder of the version before answers the same, and its text is gone", arguments: Profile.available)
    func moves(profile: Profile) async throws {
        let scratch = NSTemporaryDirectory() + "pulse-test-" + Identifiers.uuid(), environment = try await profile.environment()
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let id = Identifiers.uuid()
        // No other test has this map, which would be in memory then.
        let map = SampleMaps.mozilla.replacingOccurrences(of: "\"bar\"", with: "\"moved\"")
        try await TestApp.run(
            in: scratch, environment: environment, modules: [try TrafficModule(ModuleSetup()), try Before()]
        ) { app in
            let project = app.project.id, control = app.installation.engines.control, digest = Digest.sha256(map)
            let content = Data(Compression.gzip(Array(map.utf8))).base64EncodedString()
            for (id, script) in [(id, "https://acme.com/assets/min.js"), (Identifiers.uuid(), "https://acme.com/other.js")] {
                try await control.write(
                    """
                    INSERT INTO error_tracking_source_maps (id, project_id, release_version, environment, minified_url, source_map_url, artifacts,
                      digest, sources, mappings, created_at)
                    VALUES (\(id), \(project), '1.0', 'production', \(script), 's3://a/min.js.map', '{}', \(digest), 2, 13, 1772452800000)
                    """)
                try await control.write("INSERT INTO error_tracking_source_map_files (source_map_id, content) VALUES (\(id), \(content))")
            }
            // What a crash in the middle of a deletion left behind.
            try await control.write("INSERT INTO error_tracking_source_map_files (source_map_id, content) VALUES ('gone', \(content))")
        }
        for _ in 0..<2 {
            try await TestApp.run(in: scratch, environment: environment) { app in
                let listed = try await app.get("/api/v1/source-maps").json()["data"]?.elements ?? []
                #expect(listed.count == 2 && listed.allSatisfy { $0["source_map"]?["mappings"]?.integer == 13 })
                try await app.fail("x", Self.stack)
                let details = try await app.get("/api/v1/errors/details?message=x").json()["data"]?.elements.first
                let original = details?["frames"]?.elements.first?["original"]
                #expect(original?["name"]?.string == "moved" && original?["file"]?.string == "/the/root/one.js")
                let tables = try await app.installation.engines.control.read("SELECT id, blob FROM error_tracking_source_maps")
                #expect(tables.count == 2 && tables.allSatisfy { $0.text("blob").isExactly($0.text("id")) })
            }
        }
        try await TestApp.run(in: scratch, environment: environment) { app in
            #expect(try await app.delete("/api/v1/source-maps/\(id)", as: .query).status == 204)
            let left = Mutex(0)
            try await app.installation.engines.blobs.list(project: app.project.id) { found in left.withLock { $0 += found.count } }
            #expect(left.withLock { $0 } == 1)
        }
    }

    @Test("content that is replaced or deleted leaves nothing behind", arguments: Profile.available)
    func replaced(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            func body(_ map: String) -> String {
                #"{"release_version":"1.0","minified_url":"/a.js","source_map_url":"a.js.map"\#(map.isEmpty ? "" : #","artifacts":{"source_map":\#(map)}"#)}"#
            }
            func count() async throws -> Int {
                let number = Mutex(0)
                try await app.installation.engines.blobs.list(project: app.project.id) { found in number.withLock { $0 += found.count } }
                return number.withLock { $0 }
            }
            let made = try await app.post("/api/v1/source-maps", body(SampleMaps.mozilla), as: .query)
            #expect(try await count() == 1)
            _ = try await app.post("/api/v1/source-maps", body(SampleMaps.indexed), as: .query)
            #expect(try await count() == 1)
            // A request without content keeps the one that is stored.
            let kept = try await app.post("/api/v1/source-maps", body(""), as: .query)
            #expect(try kept.json()["source_map"]?["mappings"]?.integer != nil)
            #expect(try await count() == 1)
            let id = try #require(try made.json()["id"]?.string)
            _ = try await app.delete("/api/v1/source-maps/\(id)", as: .query)
            #expect(try await count() == 0)
        }
    }
}
