@_spi(Host) @testable import Blobs
@_spi(Host) import Common
import Core
import Foundation
@_spi(Host) import FolderEngine
@_spi(Host) @testable import Host
import Logging
import NIOCore
import NIOHTTP1
@_spi(Host) @testable import S3Engine
@_spi(Host) import Storage
import Synchronization
import Testing
import TestSupport

/// Blobs in a folder and in a bucket.
@Suite("Blobs", .modules())
struct BlobTests {
    enum Place: CaseIterable { case folder, bucket }

    private static let server = ProcessInfo.processInfo.environment["PULSE_TEST_S3_URL"]
    private static let places: [Place] = server == nil ? [.folder] : Place.allCases

    /// Runs `body` with a Pulse that keeps its blobs in the place.
    private static func run(
        _ place: Place, _ profile: Profile = .embedded,
        _ body: @escaping @Sendable (TestApp, _ store: BlobStore, _ blobs: Blobs) async throws -> Void
    ) async throws {
        var yaml = ""
        if place == .bucket, let server {
            let url = "s3://pulse-test/\(Identifiers.uuid())?endpoint=\(server)"
            yaml = "objects:\n  url: \(url)\n  access_key_id: tester\n  secret_access_key: s3cret-key"
            guard case .bucket(let bucket) = ObjectAddress(url) else { return }
            let engine = S3BlobEngine(
                S3Settings(bucket, accessKeyID: "tester", secretAccessKey: "s3cret-key"), time: SystemTime(),
                logger: .quiet)
            _ = try await engine.s3.send(.PUT, "", accepted: [409])
            await engine.close()
        }
        // S3 accepts only signatures of the last minutes.
        let now = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)).iso8601
        try await TestApp.run(profile, now: now, yaml: yaml) { app in
            let store = BlobStore(app.installation.engines.blobs, control: app.installation.engines.control, time: app.time)
            try await body(app, store, store.blobs(of: "core", in: app.project.id))
        }
    }

    /// Content of `count` pieces of `size` bytes; fails instead of making the piece `failsAt`.
    private static func content(_ count: Int, of size: Int, failsAt: Int? = nil) -> ByteStream {
        let number = Number()
        return ByteStream {
            let index = number.next()
            if index == failsAt { throw ServiceError.invalid("broken", "The source broke off.") }
            return index < count ? ByteBuffer(repeating: UInt8(index % 251), count: size) : nil
        }
    }

    private static func all(_ content: ByteStream?) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await content?.next() { bytes += piece.readableBytesView }
        return bytes
    }

    /// The number of contents that the engine has of the test's project.
    private static func stored(_ app: TestApp, _ store: BlobStore) async throws -> Int {
        let number = Number()
        try await store.engine.list(project: app.project.id) { for _ in $0 { _ = number.next() } }
        return number.next()
    }

    @Test("content of any length is stored with its size and hash, and read whole or in part", arguments: places)
    func content(place: Place) async throws {
        try await Self.run(place) { app, store, blobs in
            // Longer than two parts of an upload.
            let blob = try await blobs.put("big", Self.content(18, of: 1 << 20), about: nil, maximumBytes: 18 << 20)
            let expected = (0..<18).flatMap { [UInt8](repeating: UInt8($0), count: 1 << 20) }
            #expect(blob.name == "big" && blob.bytes == 18 << 20 && blob.sha256 == Digest.sha256(bytes: expected))
            #expect(try await Self.all(blobs.get("big")?.content) == expected)
            let range = Int64(8 << 20) - 5..<Int64(8 << 20) + 5
            #expect(try await Self.all(blobs.get("big", range: range)?.content) == [7, 7, 7, 7, 7, 8, 8, 8, 8, 8])
            #expect(try await Self.all(blobs.get("big", range: blob.bytes - 2..<blob.bytes + 9)?.content) == [17, 17])
            try await blobs.put("empty", ByteBuffer(), about: nil)
            #expect(try await blobs.find("empty")?.bytes == 0)
            #expect(try await blobs.bytes(of: "empty", maximumBytes: 0)?.readableBytes == 0)
            #expect(try await blobs.bytes(of: "none", maximumBytes: 0) == nil)
            await #expect(throws: ServiceError.blobTooLarge(9)) { try await blobs.bytes(of: "big", maximumBytes: 9) }
            #expect(try await Self.stored(app, store) == 2)
        }
    }

    @Test("what can't be stored to its end is not stored", arguments: places)
    func failing(place: Place) async throws {
        try await Self.run(place) { app, store, blobs in
            try await blobs.put("kept", ByteBuffer(string: "old"), about: nil)
            let broken = await #expect(throws: ServiceError.self) {
                try await blobs.put("kept", Self.content(20, of: 1 << 20, failsAt: 17), about: nil, maximumBytes: .max)
            }
            #expect(broken?.code == "broken")
            await #expect(throws: ServiceError.blobTooLarge(2_999)) {
                try await blobs.put("kept", Self.content(3, of: 1_000), about: nil, maximumBytes: 2_999)
            }
            #expect(try await blobs.bytes(of: "kept", maximumBytes: 10).map { String(buffer: $0) } == "old")
            #expect(try await Self.stored(app, store) == 1)
        }
    }

    @Test("names are any text, and belong to one module and project", arguments: places, Profile.available)
    func names(place: Place, profile: Profile) async throws {
        try await Self.run(place, profile) { app, store, blobs in
            let names = ["../../etc/passwd", "/", "a/b", "a/b/c", "A", "\u{E9}", "e\u{301}", "100%_", "."]
            for name in names { try await blobs.put(name, ByteBuffer(string: "of " + name), about: nil) }
            for name in names {
                #expect(try await blobs.bytes(of: name, maximumBytes: 99).map { Array($0.readableBytesView) } == Array("of \(name)".utf8))
            }
            let listed = try await blobs.list(limit: 100).map { Array($0.name.utf8) }
            #expect(listed == names.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) })
            #expect(try await blobs.list(prefix: "a/b", limit: 100).map(\.name) == ["a/b", "a/b/c"])
            #expect(try await blobs.list(prefix: "a/b", after: "a/b", limit: 100).map(\.name) == ["a/b/c"])
            #expect(try await blobs.list(limit: 2).count == 2)
            let other = try await app.installation.createProject("Other", domain: "other.example")
            for stranger in [store.blobs(of: "identity", in: app.project.id), store.blobs(of: "core", in: other.id)] {
                #expect(try await stranger.list(limit: 9).isEmpty)
                #expect(try await stranger.get("A") == nil)
                #expect(try await !stranger.delete("A"))
            }
            await #expect(throws: ServiceError.self) { try await blobs.put("", ByteBuffer(), about: nil) }
            await #expect(throws: ServiceError.self) { try await blobs.put("a\0b", ByteBuffer(), about: nil) }
            #expect(try await blobs.delete("A"))
            #expect(try await !blobs.exists("A"))
            #expect(try await blobs.exists("a/b"))
            #expect(try await Self.stored(app, store) == names.count - 1)
            try await store.erase(project: app.project.id)
            #expect(try await blobs.list(limit: 9).isEmpty)
            #expect(try await Self.stored(app, store) == 0)
        }
    }

    @Test("a name that is used again has the new content, and the old one is gone", arguments: Profile.available)
    func replacing(profile: Profile) async throws {
        try await Self.run(.folder, profile) { app, store, blobs in
            for text in ["first", "second"] { try await blobs.put("name", ByteBuffer(string: text), about: nil) }
            #expect(try await blobs.bytes(of: "name", maximumBytes: 10).map { String(buffer: $0) } == "second")
            #expect(try await Self.stored(app, store) == 1)
        }
    }

    @Test("content without a row is deleted after a day, and with a project that was deleted", arguments: Profile.available)
    func sweep(profile: Profile) async throws {
        try await Self.run(.folder, profile) { app, store, blobs in
            try await blobs.put("kept", ByteBuffer(string: "kept"), about: nil)
            let stray = try #require(BlobKey(project: app.project.id, module: "core", id: Identifiers.uuid()))
            try await store.announce(stray)
            _ = try await store.engine.put(stray, ByteStream(ByteBuffer(string: "stray")), maximumBytes: 10)
            #expect(try await store.sweep() == 0)
            app.time.advance(seconds: 25 * 3_600)
            let later = BlobStore(store.engine, control: app.installation.engines.control, time: app.time)
            #expect(try await later.sweep() == 1)
            #expect(try await Self.stored(app, store) == 1)
            #expect(try await later.sweep() == 0)
            let project = app.project.id
            try await app.installation.engines.control.write("UPDATE access_projects SET deleted_at = 1 WHERE id = \(project)")
            try await later.sweep()
            #expect(try await Self.stored(app, store) == 0)
        }
    }

    @Test("what could not be deleted with its row is deleted by the sweep", arguments: Profile.available)
    func failingDeletions(profile: Profile) async throws {
        try await Self.run(.folder, profile) { app, store, _ in
            let engine = Stubborn(store.engine)
            let blobs = BlobStore(engine, control: app.installation.engines.control, time: app.time).blobs(of: "core", in: app.project.id)
            try await blobs.put("replaced", ByteBuffer(string: "first"), about: nil)
            try await blobs.put("replaced", ByteBuffer(string: "second"), about: nil)
            try await blobs.put("deleted", ByteBuffer(string: "third"), about: nil)
            #expect(try await blobs.delete("deleted"))
            #expect(try await Self.stored(app, store) == 3)
            app.time.advance(seconds: 25 * 3_600)
            #expect(try await store.sweep() == 2)
            #expect(try await Self.stored(app, store) == 1)
            #expect(try await blobs.bytes(of: "replaced", maximumBytes: 10).map { String(buffer: $0) } == "second")
        }
    }

    @Test("two installations with the same place leave each other's content alone", arguments: places)
    func neighbours(place: Place) async throws {
        try await Self.run(place) { app, store, blobs in
            try await blobs.put("map", ByteBuffer(string: "theirs"), about: nil)
            try await Self.run(.folder) { other, _, _ in
                let neighbour = BlobStore(store.engine, control: other.installation.engines.control, time: other.time)
                for _ in 0..<3 {
                    other.time.advance(seconds: 25 * 3_600)
                    let swept = try await neighbour.sweep()
                    #expect(swept == 0)
                }
                // A new control store, as if `control.sqlite` had been lost.
                let found = try await neighbour.blobs(of: "core", in: app.project.id).find("map")
                #expect(found == nil)
            }
            #expect(try await blobs.bytes(of: "map", maximumBytes: 10).map { String(buffer: $0) } == "theirs")
        }
    }

    @Test("content that is swept while it is stored is not claimed, also if the sweep has not deleted it yet", arguments: [true, false])
    func slowContent(isDeleted: Bool) async throws {
        try await Self.run(.folder) { app, store, blobs in
            let number = Number()
            let slow = ByteStream {
                guard number.next() == 0 else { return nil }
                app.time.advance(seconds: 25 * 3_600)
                let control = app.installation.engines.control
                let sweeper = BlobStore(isDeleted ? store.engine : Stubborn(store.engine), control: control, time: app.time)
                let swept = try? await sweeper.sweep()
                #expect(swept == (isDeleted ? 1 : nil))
                return ByteBuffer(string: "late")
            }
            await #expect(throws: ServiceError.blobsUnavailable) { try await blobs.put("slow", slow, about: nil, maximumBytes: 10) }
            let (exists, stored) = (try await blobs.exists("slow"), try await Self.stored(app, store))
            #expect(!exists && stored == 0)
        }
    }

    @Test("keys have only characters that mean nothing in a path")
    func keys() {
        for part in ["", "..", "a/b", "a.b", "A", "ä", "a b", "a%2F", "a\0"] {
            #expect(BlobKey(project: part, module: "core", id: "x") == nil, "\(part)")
            #expect(BlobKey(project: "p", module: "core", id: part) == nil, "\(part)")
        }
        #expect(BlobKey("p/m/i")?.description == "p/m/i")
        for text in ["p/m", "p/m/i/j", "/m/i", "../m/i"] { #expect(BlobKey(text) == nil) }
    }
}

/// Counts calls.
private final class Number: Sendable {
    private let number = Atomic(0)
    func next() -> Int { number.wrappingAdd(1, ordering: .relaxed).oldValue }
}

extension Digest {
    fileprivate static func sha256(bytes: [UInt8]) -> String { sha256(String(decoding: bytes, as: UTF8.self)) }
}

/// An engine that can't delete.
private final class Stubborn: BlobEngine {
    private let engine: any BlobEngine
    init(_ engine: any BlobEngine) { self.engine = engine }

    var place: String { engine.place }
    var folder: String? { engine.folder }
    func put(_ key: BlobKey, _ content: ByteStream, maximumBytes: Int64) async throws -> StoredContent {
        try await engine.put(key, content, maximumBytes: maximumBytes)
    }
    func get(_ key: BlobKey, _ range: Range<Int64>) async throws -> ByteStream? { try await engine.get(key, range) }
    func size(of key: BlobKey) async throws -> Int64? { try await engine.size(of: key) }
    func delete(_ key: BlobKey) async throws { throw ServiceError.blobsUnavailable }
    func list(project: String, _ body: @Sendable ([BlobKey]) async throws -> Void) async throws {
        try await engine.list(project: project, body)
    }
    func ping() async throws { try await engine.ping() }
    func close() async {}
}
