import Core
import Foundation
@testable import Host
import HummingbirdTesting
import NIOCore
import NIOPosix
import Operations
import Testing
@testable import TestSupport

/// What a client may do with a connection: over sockets, with limits of milliseconds.
@Suite("Connections")
struct ConnectionTests {
    private func run(
        _ yaml: String = "", modules: [any AnalyticsModule]? = nil, _ limits: @escaping @Sendable (inout ConnectionLimits) -> Void = { _ in },
        _ body: @escaping @Sendable (TestApp, Int) async throws -> Void
    ) async throws {
        try await TestApp.$limits.withValue(limits) {
            try await TestApp.run(modules: modules, yaml: yaml, over: .socket) { app in try await body(app, try #require(app.client.port)) }
        }
    }

    /// Status and body of the last answer in `text`.
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

    // MARK: Time

    @Test("a connection on which nothing comes is closed without a word; one with half a head is answered with 408")
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

    @Test("a body that does not arrive is answered with 408, which is no failure of the host")
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

    @Test("a connection is closed when no further request comes, and lives as long as they do")
    func idle() async throws {
        try await run("", { $0.idle = .seconds(1) }) { app, port in
            let connection = try await RawConnection.open(port)
            for count in 1...3 {
                connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                try await Patience.until("answer \(count)", seconds: 10) { connection.received.components(separatedBy: "200 OK").count > count ? () : nil }
            }
            #expect(!connection.hasEnded)
            #expect(try await connection.rest().components(separatedBy: "200 OK").count == 4)
        }
    }

    @Test("a stream is not cut by the limits of other answers, and ends when its client goes")
    func streams() async throws {
        try await run("", {
            // Not the limit of answers: on a busy machine the stream may begin after it.
            ($0.request, $0.idle) = (.milliseconds(100), .milliseconds(100))
        }) { app, port in
            let stream = try await RawConnection.open(port)
            stream.send("GET /api/v1/stream?key=\(app.keys[.query]!) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try await stream.receive("200 OK")
            // Longer than all limits: a silent connection that is opened after it has ended.
            for _ in 0..<5 { _ = try await RawConnection.open(port).rest() }
            let body = #"{"type":"pageview","path":"/later"}"#, collecting = try await RawConnection.open(port)
            collecting.send(Self.head.replacing("KEY", with: app.keys[.ingest]!) + "User-Agent: \(TestApp.chrome)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            try await collecting.receive("200 OK")
            try await stream.receive("/later")
            #expect(!stream.hasEnded)
            stream.close()
        }
    }

    @Test("an answer that does not come is given up with 503; work that may take long is waited for")
    func slowAnswers() async throws {
        let slow = SlowModule()
        try await run("", modules: try ProbeModule.besideCore() + [slow], { $0.answer = .milliseconds(500) }) { app, port in
            let given = try await RawConnection.open(port), waiting = try await RawConnection.open(port)
            waiting.send("GET /slow/unhurried HTTP/1.1\r\nHost: localhost\r\n\r\n")
            given.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try await answer(given.rest()) == #"HTTP/1.1 503 Service Unavailable {"error":"The request took too long."}"#)
            #expect(ended(app, "unanswered"))
            #expect(waiting.received == "" && !waiting.hasEnded)
            slow.release()
            try await waiting.receive("204 No Content")
            waiting.close()
        }
    }

    @Test("a client that does not read its answer is disconnected")
    func stalled() async throws {
        // The limit of answers is how long the client is waited for, and on a busy machine also what an answer takes.
        try await run("", { ($0.request, $0.answer) = (.milliseconds(100), .seconds(2)) }) { app, port in
            // The document is made for the first one that asks, which takes its time.
            _ = try await app.get("/openapi.json")
            let connection = try await RawConnection.open(port, readsAtOnce: false)
            // Some 40 MB of answers, which no socket's buffers hold.
            for _ in 0..<80 { connection.send("GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n") }
            try await Patience.until("the disconnection", seconds: 30) { ended(app, "stalled") ? () : nil }
            connection.close()
        }
    }

    // MARK: Framing

    @Test("what is no HTTP/1.1 is answered with a sentence")
    func badHeads() async throws {
        let long = String(repeating: "x", count: 90_000), tooLarge = "The request's address or fields are larger than 80 KB, which is the limit."
        try await run { _, port in
            for (request, status, sentence) in [
                ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request", "The request has no Host field; HTTP/1.1 needs one."),
                ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 Bad Request", "The request has 2 Host fields; one is accepted."),
                ("NONSENSE\r\n\r\n", "400 Bad Request", "This is no HTTP/1.1 request: invalid HTTP method."),
                ("GET /?\(long) HTTP/1.1\r\nHost: a\r\n\r\n", "431 Request Header Fields Too Large", tooLarge),
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

    @Test("requests of HTTP/1.0 need no Host; each ends its connection unless it asks for more")
    func oldVersion() async throws {
        try await run { _, port in
            let connection = try await RawConnection.open(port)
            connection.send("GET /healthz HTTP/1.0\r\n\r\n")
            let text = try await connection.rest()
            #expect(text.hasPrefix("HTTP/1.1 200 OK") && text.contains("Connection: close"))
        }
    }

    @Test("a malformed body is 400 and no failure of the host")
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

    @Test("a client that hangs up in the middle of its body is no failure of the host", arguments: ["/api/collect", "/api/v1/goals"])
    func hangsUp(path: String) async throws {
        try await run { app, port in
            let connection = try await RawConnection.open(port), key = app.keys[path == "/api/collect" ? .ingest : .query]!
            connection.send("POST \(path)?key=\(key) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
            try await connection.endSending()
            #expect(try await answer(connection.rest()).hasSuffix(#"{"error":"The connection ended before the request body was whole."}"#))
            #expect(requests(app, path) == [#"http_requests_total{method="POST",route="\#(path)",status="4xx"} 1"#])
        }
    }

    // MARK: Bodies that nobody reads

    @Test("the rest of a body that was refused is not read; a short one leaves the connection open")
    func unread() async throws {
        try await run { _, port in
            let long = try await RawConnection.open(port)
            long.send("POST /api/collect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n{")
            let text = try await long.rest()
            #expect(text.hasPrefix("HTTP/1.1 401") && text.contains("Connection: close"))
            let short = try await RawConnection.open(port)
            for _ in 0..<2 { short.send("POST /api/collect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}") }
            try await Patience.until("two answers", seconds: 10) { short.received.components(separatedBy: "HTTP/1.1 401").count == 3 ? () : nil }
            #expect(!short.received.contains("Connection: close"))
        }
    }

    @Test("a connection whose last answer was sent is closed soon, whatever the client still sends")
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

    // MARK: Number

    @Test("an address has so many connections; when one ends there is room for the next")
    func byAddress() async throws {
        try await run("server: {trusted_proxies: [], max_connections_per_address: 3}") { app, port in
            // The test's own client has one.
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
                try await Patience.until("an answer or the end", seconds: 10) { next.hasEnded || next.received.contains("200 OK") ? () : nil }
                return next.received.contains("200 OK") ? () : nil
            }
            second.close()
        }
    }

    private static let hasIPv6 = (try? ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "::", port: 0).wait().close().wait()) != nil

    @Test("on a socket for IPv4 and IPv6 the clients of IPv4 are as many as they are", .enabled(if: hasIPv6))
    func bothFamilies() async throws {
        try await withFolder { folder in
            let pulse = try await PulseProcess.Setup(
                folder: folder, environment: ["PULSE_HOST": "::"], configuration: "server: {trusted_proxies: [], max_connections_per_address: 1}\n"
            ).start()
            let port = try #require(pulse.address.split(separator: ":").last.flatMap { Int($0) })
            func logIn(_ connection: RawConnection) async throws -> String {
                let body = #"{"key":"wrong"}"#
                connection.send("POST /dashboard/login HTTP/1.1\r\nHost: localhost\r\nX-Pulse-Dashboard: 1\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
                let before = connection.received.count
                return try await Patience.until("an answer", seconds: 10) {
                    let answer = connection.received.dropFirst(before)
                    return answer.hasSuffix("}") ? String(answer.prefix(12)) : nil
                }
            }
            let attacker = try await RawConnection.open(port, from: "127.0.0.2")
            for _ in 0..<10 { #expect(try await logIn(attacker) == "HTTP/1.1 401") }
            #expect(try await logIn(attacker) == "HTTP/1.1 429")
            // One connection an address, and there is one already.
            #expect(try await RawConnection.open(port, from: "127.0.0.2").rest() == "")
            #expect(try await logIn(try await RawConnection.open(port, from: "127.0.0.3")) == "HTTP/1.1 401")
        }
    }

    @Test("connections beyond the total wait until one ends")
    func inTotal() async throws {
        try await withFolder { folder in
            let pulse = try await PulseProcess.Setup(folder: folder, configuration: "server: {max_connections: 2}\n").start()
            let port = try #require(pulse.address.split(separator: ":").last.flatMap { Int($0) }), ask = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
            let holders = [try await RawConnection.open(port), try await RawConnection.open(port)]
            for holder in holders {
                holder.send(ask)
                try await holder.receive("200 OK")
            }
            let waiting = try await RawConnection.open(port)
            waiting.send(ask)
            // The host goes on answering those that it has.
            for count in 2...4 {
                holders[0].send(ask)
                try await Patience.until("answer \(count)", seconds: 10) { holders[0].received.components(separatedBy: "200 OK").count > count ? () : nil }
            }
            #expect(waiting.received == "")
            holders[1].close()
            try await waiting.receive("200 OK")
            #expect(try await pulse.stop() == 0)
        }
    }

    @Test("descriptors bound the connections")
    func descriptors() {
        #expect(ConnectionLimits.connections(10_000, descriptors: 1_024) == 768)
        #expect(ConnectionLimits.connections(10_000, descriptors: 120) == 30)
        #expect(ConnectionLimits.connections(500, descriptors: 65_536) == 500)
    }
}

/// Answers when it is told to.
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
        return [route("/slow"), route("/slow/unhurried").unhurried()]
    }
}
