import AllModules
import Core
import Foundation
@testable import Host
import HummingbirdTesting
@_spi(Host) import Ingest
import NIOCore
import NIOPosix
import Operations
import Testing
@testable import TestSupport

/// What clients may do with connections, tested over sockets with time limits of milliseconds.
@Suite("Connections", .modules(.all))
struct ConnectionTests {
    private func run(
        _ yaml: String = "", modules: [any AnalyticsModule]? = nil,
        _ limits: @escaping @Sendable (inout ConnectionLimits) -> Void = { _ in },
        _ body: @escaping @Sendable (TestApp, Int) async throws -> Void
    ) async throws {
        try await TestApp.$limits.withValue(limits) {
            try await TestApp.run(modules: modules, yaml: yaml, over: .socket) { app in try await body(app, try #require(app.client.port)) }
        }
    }

    /// The status line and body of the last response in `text`.
    private func answer(_ text: String) -> String {
        let parts = text.components(separatedBy: "\r\n\r\n")
        return (parts.dropLast().last?.split(separator: "\r\n").first.map(String.init) ?? "") + " " + (parts.last ?? "")
    }

    private func requests(_ app: TestApp, _ route: String) -> [String] {
        app.installation.telemetry.metrics.render().split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix("http_requests_total") && $0.contains("route=\"\(route)\"") && !$0.hasSuffix(" 0") }
    }

    private func ended(_ app: TestApp, _ reason: String) -> Bool {
        app.installation.telemetry.metrics.render().contains("http_connections_ended_total{reason=\"\(reason)\"} 1")
    }

    private static let head = "POST /api/collect?key=KEY HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

    // MARK: Timeouts

    @Test("a silent connection is closed without a response; a partial request head gets a 408")
    func silent() async throws {
        try await run("", { $0.request = .milliseconds(500) }) { app, port in
            let silent = try await RawConnection.open(port)
            #expect(try await silent.rest() == "")
            let halved = try await RawConnection.open(port)
            halved.send("GET /healthz HT")
            #expect(try await answer(halved.rest()) == #"HTTP/1.1 408 Request Timeout {"error":"The request did not arrive in time."}"#)
            #expect(ended(app, "late"))
        }
    }

    @Test("a body that doesn't arrive gets a 408 and is not a server error")
    func lateBody() async throws {
        try await run("", { $0.request = .milliseconds(500) }) { app, port in
            let connection = try await RawConnection.open(port)
            connection.send(Self.head.replacing("KEY", with: app.keys[.ingest]!) + "Content-Length: 100\r\n\r\n{")
            let text = try await connection.rest()
            #expect(answer(text) == #"HTTP/1.1 408 Request Timeout {"error":"The request body did not arrive in time."}"#)
            #expect(text.contains("Connection: close"))
            #expect(requests(app, "/api/collect") == [#"http_requests_total{method="POST",route="/api/collect",status="4xx"} 1"#])
        }
    }

    @Test("an idle connection is closed, but stays open while requests keep coming")
    func idle() async throws {
        try await run("", { $0.idle = .seconds(1) }) { app, port in
            let connection = try await RawConnection.open(port)
            for count in 1...3 {
                connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                try await Patience.until("answer \(count)", seconds: 10) {
                    connection.received.components(separatedBy: "200 OK").count > count ? () : nil
                }
            }
            #expect(!connection.hasEnded)
            #expect(try await connection.rest().components(separatedBy: "200 OK").count == 4)
        }
    }

    @Test("a stream outlives the limits of other responses, and ends when its client disconnects")
    func streams() async throws {
        try await run(
            "",
            {
                // Don't lower the time limit for responses: on a busy machine, the stream might begin too late for a short one.
                ($0.request, $0.idle) = (.milliseconds(100), .milliseconds(100))
            }
        ) { app, port in
            let stream = try await RawConnection.open(port)
            stream.send("GET /api/v1/stream?key=\(app.keys[.query]!) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try await stream.receive("200 OK")
            // Wait longer than all limits: each of these silent connections stays open until a limit closes it.
            for _ in 0..<5 { _ = try await RawConnection.open(port).rest() }
            let body = #"{"type":"pageview","path":"/later"}"#, collecting = try await RawConnection.open(port)
            collecting.send(
                Self.head.replacing("KEY", with: app.keys[.ingest]!)
                    + "User-Agent: \(TestApp.chrome)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            try await collecting.receive("200 OK")
            try await stream.receive("/later")
            #expect(!stream.hasEnded)
            stream.close()
        }
    }

    @Test("a response that takes too long becomes a 503, except on a route without a time limit")
    func slowAnswers() async throws {
        let slow = SlowModule()
        try await run("", modules: try ProbeModule.withCore() + [slow], { $0.answer = .milliseconds(500) }) { app, port in
            let given = try await RawConnection.open(port), waiting = try await RawConnection.open(port)
            waiting.send("GET /slow/withoutTimeLimit HTTP/1.1\r\nHost: localhost\r\n\r\n")
            given.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try await answer(given.rest()) == #"HTTP/1.1 503 Service Unavailable {"error":"The request took too long."}"#)
            #expect(ended(app, "unanswered"))
            #expect(waiting.received == "" && !waiting.hasEnded)
            slow.release()
            try await waiting.receive("204 No Content")
            waiting.close()
        }
    }

    @Test("a client that does not read its response is disconnected")
    func stalled() async throws {
        // The time limit for responses covers the wait for the client and, on a busy machine, the time to create the response.
        try await run("", { ($0.request, $0.answer) = (.milliseconds(100), .seconds(2)) }) { app, port in
            // The first request generates the document, which takes a while.
            _ = try await app.get("/openapi.json")
            let connection = try await RawConnection.open(port, readsAtOnce: false)
            // About 40 MB of responses, more than a socket's buffers hold.
            for _ in 0..<80 { connection.send("GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n") }
            try await Patience.until("the disconnection", seconds: 30) { ended(app, "stalled") ? () : nil }
            connection.close()
        }
    }

    // MARK: Framing

    @Test("a request that is not valid HTTP/1.1 gets an error that says why")
    func badHeads() async throws {
        let long = String(repeating: "x", count: 90_000),
            tooLarge = "The request line or headers are too large; the limits are 80 KB and 1000 headers."
        try await run { _, port in
            for (request, status, sentence) in [
                ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request", "The request has no Host header, which HTTP/1.1 requires."),
                ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 Bad Request", "The request has 2 Host headers; only one is allowed."),
                ("NONSENSE\r\n\r\n", "400 Bad Request", "This is not an HTTP/1.1 request: invalid HTTP method."),
                ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400 Bad Request", "This is not an HTTP/1.1 request."),
                ("GET /?\(long) HTTP/1.1\r\nHost: a\r\n\r\n", "431 Request Header Fields Too Large", tooLarge),
                (
                    "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "A: b\r\n", count: 1_001))\r\n",
                    "431 Request Header Fields Too Large", tooLarge
                ),
                ("GET / HTTP/1.1\r\nHost: a\r\nX-Long: \(long)\r\n\r\n", "431 Request Header Fields Too Large", tooLarge),
            ] {
                let connection = try await RawConnection.open(port)
                connection.send(request)
                let text = try await connection.rest()
                #expect(answer(text) == #"HTTP/1.1 \#(status) {"error":"\#(sentence)"}"#)
                #expect(text.contains("Content-Type: application/json"))
            }
        }
    }

    @Test("an HTTP/1.0 request needs no Host, and its connection is closed unless it asks for keep-alive")
    func oldVersion() async throws {
        try await run { _, port in
            let connection = try await RawConnection.open(port)
            connection.send("GET /healthz HTTP/1.0\r\n\r\n")
            let text = try await connection.rest()
            #expect(text.hasPrefix("HTTP/1.1 200 OK") && text.contains("Connection: close"))
            let kept = try await RawConnection.open(port)
            kept.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            // An HTTP/1.0 client reads until the connection ends unless the response says that it stays open.
            try await kept.receive("Connection: keep-alive")
            kept.send("GET /healthz HTTP/1.0\r\n\r\n")
            #expect(try await kept.rest().components(separatedBy: "HTTP/1.1 200 OK").count == 3)
        }
    }

    @Test("a malformed body gets a 400 and is not a server error")
    func badBodies() async throws {
        let chunked = "Transfer-Encoding: chunked"
        try await run { app, port in
            for (field, body) in [
                (chunked, "zz\r\n"), (chunked, "ffffffffffffffffff\r\n"), (chunked, "-1\r\n"), (chunked, "2\r\n{}x"),
                ("Transfer-Encoding: xchunked", "{}"), ("Transfer-Encoding: gzip", "{}"),
            ] {
                let connection = try await RawConnection.open(port)
                connection.send(Self.head.replacing("KEY", with: app.keys[.ingest]!) + field + "\r\n\r\n" + body)
                let text = try await connection.rest()
                #expect(text.hasPrefix("HTTP/1.1 400 Bad Request"), "\(text)")
                #expect(text.components(separatedBy: "HTTP/1.1 ").count == 2 && text.hasSuffix("}"), "one answer: \(text)")
            }
            #expect(requests(app, "/api/collect") == [#"http_requests_total{method="POST",route="/api/collect",status="4xx"} 6"#])
        }
    }

    @Test("a client that hangs up in the middle of its body is not a server error", arguments: ["/api/collect", "/api/v1/goals"])
    func hangsUp(path: String) async throws {
        try await run { app, port in
            let connection = try await RawConnection.open(port), key = app.keys[path == "/api/collect" ? .ingest : .query]!
            connection.send("POST \(path)?key=\(key) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
            try await connection.endSending()
            #expect(
                try await answer(connection.rest()).hasSuffix(#"{"error":"The connection ended before the request body was complete."}"#))
            #expect(requests(app, path) == [#"http_requests_total{method="POST",route="\#(path)",status="4xx"} 1"#])
        }
    }

    // MARK: Unread bodies

    @Test("the rest of a rejected body is not read; a short one leaves the connection open")
    func unread() async throws {
        try await run { _, port in
            let long = try await RawConnection.open(port)
            long.send("POST /api/collect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n{")
            let text = try await long.rest()
            #expect(text.hasPrefix("HTTP/1.1 401") && text.contains("Connection: close"))
            let short = try await RawConnection.open(port)
            for _ in 0..<2 { short.send("POST /api/collect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}") }
            try await Patience.until("two answers", seconds: 10) {
                short.received.components(separatedBy: "HTTP/1.1 401").count == 3 ? () : nil
            }
            #expect(!short.received.contains("Connection: close"))
        }
    }

    @Test("a connection is closed soon after its last response, even if the client keeps sending")
    func lingers() async throws {
        try await run("", { $0.linger = .milliseconds(100) }) { _, port in
            let connection = try await RawConnection.open(port)
            connection.send("POST /api/collect HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            #expect(try await connection.rest().hasPrefix("HTTP/1.1 401"))
            // Sends until the server has closed the other half as well.
            try await Patience.until("the close", seconds: 10) {
                connection.send("2\r\n{}\r\n")
                return connection.isClosed ? () : nil
            }
        }
    }

    @Test("the last response of a connection is complete, however late its client reads it")
    func lateReader() async throws {
        try await run("", modules: try ProbeModule.withCore() + [SlowModule()], { $0.linger = .milliseconds(50) }) { app, port in
            let late = try await RawConnection.open(port, readsAtOnce: false)
            late.send("GET /slow/large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            try await Patience.until("the response") { requests(app, "/slow/large").isEmpty ? nil : () }
            // Wait longer than a connection lingers: as long as this one does, which never closes its side.
            let other = try await RawConnection.open(port)
            other.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            try await Patience.until("the close") {
                other.send("x")
                return other.isClosed ? () : nil
            }
            try await late.startReading()
            let text = try await late.rest()
            #expect(text.utf8.count > SlowModule.large.utf8.count && text.hasSuffix("the end"))
        }
    }

    @Test("a request is answered even if its client hangs up in the middle of the next one")
    func hangsUpInNextHead() async throws {
        try await run { _, port in
            for _ in 0..<5 {
                let connection = try await RawConnection.open(port)
                connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /he")
                try await connection.endSending()
                #expect(try await connection.rest().hasPrefix("HTTP/1.1 200 OK"))
            }
        }
    }

    @Test("a stream is the last response of its connection, even if other requests follow")
    func lastStream() async throws {
        try await run { app, port in
            let stream = try await RawConnection.open(port)
            stream.send(
                "GET /api/v1/stream?key=\(app.keys[.query]!) HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
            )
            try await stream.receive("200 OK")
            app.installation.stream.close()
            let text = try await stream.rest()
            #expect(text.components(separatedBy: "HTTP/1.1 ").count == 2 && text.contains("Connection: close"))
        }
    }

    @Test("a response to HEAD has no body, on unknown paths as well", arguments: ["/nope", "/api/collect", "/healthz"])
    func head(path: String) async throws {
        try await run { _, port in
            let connection = try await RawConnection.open(port)
            connection.send(
                "HEAD \(path) HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            let parts = try await connection.rest().components(separatedBy: "\r\n\r\n")
            #expect(parts.count == 3 && parts[1].hasPrefix("HTTP/1.1 200 OK"))
        }
    }

    // MARK: Number of connections

    @Test("connections per address are limited; when one ends, another is accepted")
    func byAddress() async throws {
        try await run("server: {trusted_proxies: [], max_connections_per_address: 3}") { app, port in
            // The test's own client uses one connection.
            _ = try await app.get("/healthz", as: .nobody)
            let first = try await RawConnection.open(port), second = try await RawConnection.open(port)
            for connection in [first, second] {
                connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                try await connection.receive("200 OK")
            }
            #expect(try await RawConnection.open(port).rest() == "")
            #expect(ended(app, "address"))
            first.close()
            try await Patience.until("room", seconds: 10) {
                let next = try await RawConnection.open(port)
                next.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                defer { next.close() }
                try await Patience.until("an answer or the end", seconds: 10) {
                    next.hasEnded || next.received.contains("200 OK") ? () : nil
                }
                return next.received.contains("200 OK") ? () : nil
            }
            second.close()
        }
    }

    private static let hasIPv6 =
        (try? ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "::", port: 0).wait().close().wait()) != nil

    @Test("on a socket for both IPv4 and IPv6, each IPv4 client counts as its own address", .enabled(if: hasIPv6))
    func bothFamilies() async throws {
        try await withFolder { folder in
            let pulse = try await PulseProcess.Setup(
                folder: folder, environment: ["PULSE_HOST": "::"],
                configuration: "server: {trusted_proxies: [], max_connections_per_address: 1}\n"
            ).start()
            let port = try #require(pulse.address.split(separator: ":").last.flatMap { Int($0) })
            func logIn(_ connection: RawConnection) async throws -> String {
                let body = #"{"key":"wrong"}"#, before = connection.received.count
                connection.send(
                    "POST /dashboard/login HTTP/1.1\r\nHost: localhost\r\nX-Pulse-Dashboard: 1\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                )
                return try await Patience.until("an answer", seconds: 10) {
                    let answer = connection.received.dropFirst(before)
                    return answer.hasSuffix("}") ? String(answer.prefix(12)) : nil
                }
            }
            let attacker = try await RawConnection.open(port, from: "127.0.0.2")
            for _ in 0..<10 { #expect(try await logIn(attacker) == "HTTP/1.1 401") }
            #expect(try await logIn(attacker) == "HTTP/1.1 429")
            // One connection is allowed per address, and this address already has one.
            #expect(try await RawConnection.open(port, from: "127.0.0.2").rest() == "")
            #expect(try await logIn(try await RawConnection.open(port, from: "127.0.0.3")) == "HTTP/1.1 401")
        }
    }

    @Test("connections beyond the total wait until one ends")
    func inTotal() async throws {
        try await withFolder { folder in
            let pulse = try await PulseProcess.Setup(folder: folder, configuration: "server: {max_connections: 2}\n").start()
            let port = try #require(pulse.address.split(separator: ":").last.flatMap { Int($0) }),
                ask = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
            let holders = [try await RawConnection.open(port), try await RawConnection.open(port)]
            for holder in holders {
                holder.send(ask)
                try await holder.receive("200 OK")
            }
            let waiting = try await RawConnection.open(port)
            waiting.send(ask)
            // The host keeps answering on the connections that it has.
            for count in 2...4 {
                holders[0].send(ask)
                try await Patience.until("answer \(count)", seconds: 10) {
                    holders[0].received.components(separatedBy: "200 OK").count > count ? () : nil
                }
            }
            #expect(waiting.received == "")
            holders[1].close()
            try await waiting.receive("200 OK")
            #expect(try await pulse.stop() == 0)
        }
    }

    @Test("file descriptors limit the number of connections")
    func descriptors() {
        #expect(ConnectionLimits.connections(10_000, descriptors: 1_024) == 768)
        #expect(ConnectionLimits.connections(10_000, descriptors: 120) == 30)
        #expect(ConnectionLimits.connections(500, descriptors: 65_536) == 500)
    }
}

/// A module that responds only once it is released.
private struct SlowModule: AnalyticsModule {
    static let manifest = ModuleManifest(name: "slow", category: .platform, summaries: ["en": "Answers late."])
    private let released = AsyncStream<Void>.makeStream()

    init() {}
    init(_ setup: ModuleSetup) throws { self.init() }

    func release() { released.continuation.finish() }

    var routes: [Route] {
        let stream = released.stream
        func route(_ path: String) -> Route {
            Route(anonymous: .get, path, "Answers late.", success: .noContent) { _ in
                for await _ in stream {}
                return .noContent
            }
        }
        let large = Route(anonymous: .get, "/slow/large", "More than sockets buffer.", success: .other("text/plain")) { _ in
            Answer(status: 200, headers: [.contentType: "text/plain"], body: .bytes(ByteBuffer(string: Self.large)))
        }
        return [route("/slow"), route("/slow/withoutTimeLimit").withoutTimeLimit(), large]
    }

    static let large = String(repeating: "a", count: 32 << 20) + "the end"
}
