import AllModules
import Core
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing
@testable import TestSupport

/// Bodies that are made while they are sent, over sockets.
@Suite("Streams over a socket", .modules(.all))
struct StreamTests {
    private func run(_ source: Source, _ body: @escaping @Sendable (_ port: Int) async throws -> Void) async throws {
        let modules = try ProbeModule.withCore() + [StreamingModule(source: source)]
        try await TestApp.run(modules: modules, over: .socket) { app in try await body(try #require(app.client.port)) }
    }

    private func get(_ port: Int, version: String = "1.1", readsAtOnce: Bool = true) async throws -> RawConnection {
        let connection = try await RawConnection.open(port, readsAtOnce: readsAtOnce)
        connection.send("GET /streamed HTTP/\(version)\r\nHost: localhost\r\n\r\n")
        return connection
    }

    @Test("a client that reads slowly slows down the source; memory holds no more than sockets buffer")
    func backpressure() async throws {
        let source = Source(pieces: 1_024, bytes: 128 << 10)
        try await run(source) { port in
            let connection = try await get(port, readsAtOnce: false)
            source.taken = { connection.received.utf8.count }
            try await Patience.until("the first pieces") { source.made > 2 << 20 ? () : nil }
            try await connection.startReading()
            let text = try await connection.rest()
            #expect(text.utf8.count > 128 << 20 && text.hasSuffix("\r\n0\r\n\r\n"))
            // Linux lets the two sockets of a connection grow to some 10 MB or more, and the client counts what it has in pieces.
            #expect(source.mostWaiting < 64 << 20, "\(source.mostWaiting >> 20) MB were waiting")
        }
    }

    @Test("a source that fails in the middle breaks off the transfer", arguments: ["1.1", "1.0"])
    func failure(version: String) async throws {
        try await run(Source(pieces: 8, bytes: 1_000, failsAt: 5)) { port in
            let connection = try await get(port, version: version)
            try await Patience.until("the end") { connection.isClosed ? () : nil }
            #expect(connection.received.isEmpty || connection.received.hasPrefix("HTTP/1.1 200 OK"))
            #expect(!connection.received.hasSuffix("\r\n0\r\n\r\n") && connection.received.utf8.count < 5_500)
            // A client of HTTP/1.0 takes an orderly end for the end of the body.
            #expect(connection.wasReset)
        }
    }

    @Test("a source that fails before its first piece gets an ordinary error response")
    func earlyFailure() async throws {
        try await run(Source(pieces: 8, bytes: 1_000, failsAt: 0)) { port in
            let connection = try await get(port)
            try await connection.receive("no longer there")
            #expect(connection.received.hasPrefix("HTTP/1.1 503 Service Unavailable"))
            #expect(connection.received.hasSuffix(#"{"error":"The source is no longer there."}"#))
        }
    }

    @Test("an empty stream is a complete, empty response")
    func nothing() async throws {
        try await run(Source(pieces: 0, bytes: 1)) { port in
            let text = try await get(port).rest()
            #expect(text.hasPrefix("HTTP/1.1 200 OK") && text.hasSuffix("\r\n\r\n0\r\n\r\n"))
        }
    }

    @Test("a stream may end before its request has, as often as clients like")
    func endsFirst() async throws {
        let source = Source(pieces: 0, bytes: 1)
        try await run(source) { port in
            for _ in 0..<40 {
                try await withThrowingTaskGroup(of: String.self) { group in
                    for round in 0..<8 {
                        group.addTask {
                            let connection = try await RawConnection.open(port)
                            let body = round.isMultiple(of: 2) ? "" : "Content-Length: 5\r\n"
                            connection.send("GET /streamed HTTP/1.1\r\nHost: localhost\r\n\(body)\r\n")
                            return try await connection.rest()
                        }
                    }
                    for try await text in group { #expect(text.hasPrefix("HTTP/1.1 200 OK") && text.hasSuffix("\r\n\r\n0\r\n\r\n")) }
                }
            }
        }
    }

    @Test("a source is told when its client disconnects, even between two pieces, and before the end of the request", arguments: [0, 5])
    func disconnect(unsent: Int) async throws {
        let source = Source(pieces: 3, bytes: 10, waitsAt: 2)
        try await run(source) { port in
            let connection = try await RawConnection.open(port)
            connection.send("GET /streamed HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(unsent)\r\n\r\n")
            try await connection.receive("aaaaaaaaaa")
            connection.close()
            try await Patience.until("the source to be cancelled") { source.wasCancelled ? () : nil }
        }
    }
}

/// Makes pieces of a body, and counts the bytes that were made and not taken yet.
private final class Source: Sendable {
    private struct State {
        var made = 0, mostWaiting = 0, number = 0, wasCancelled = false
        var taken: @Sendable () -> Int = { 0 }
    }

    private let pieces, bytes: Int
    private let failsAt, waitsAt: Int?
    private let state = Mutex(State())

    init(pieces: Int, bytes: Int, failsAt: Int? = nil, waitsAt: Int? = nil) {
        (self.pieces, self.bytes, self.failsAt, self.waitsAt) = (pieces, bytes, failsAt, waitsAt)
    }

    var made: Int { state.withLock { $0.made } }
    var mostWaiting: Int { state.withLock { $0.mostWaiting } }
    var wasCancelled: Bool { state.withLock { $0.wasCancelled } }
    /// The number of bytes that the client has.
    var taken: @Sendable () -> Int {
        get { state.withLock { $0.taken } }
        set { state.withLock { $0.taken = newValue } }
    }

    func next() async throws -> ByteBuffer? {
        let taken = taken()
        let number = state.withLock { state in
            state.number += 1
            state.made += state.number <= pieces ? bytes : 0
            state.mostWaiting = max(state.mostWaiting, state.made - taken)
            return state.number - 1
        }
        if number == failsAt { throw ServiceError.unavailable("gone", "The source is no longer there.") }
        if number == waitsAt {
            for await _ in AsyncStream<Void>.makeStream().stream {}
            state.withLock { $0.wasCancelled = Task.isCancelled }
        }
        return number < pieces ? ByteBuffer(repeating: UInt8(ascii: "a"), count: bytes) : nil
    }
}

private struct StreamingModule: AnalyticsModule {
    static let manifest = ModuleManifest(name: "streaming", category: .platform, summaries: ["en": "Answers piece by piece."])
    let source: Source

    init(source: Source) { self.source = source }
    init(_ setup: ModuleSetup) throws { source = Source(pieces: 0, bytes: 0) }

    var routes: [Route] {
        [
            Route(anonymous: .get, "/streamed", "A body that is made while it is sent.", success: .other("text/plain")) { [source] _ in
                Answer(status: 200, headers: [.contentType: "text/plain"], body: .stream(ByteStream { try await source.next() }))
            }
        ]
    }
}
