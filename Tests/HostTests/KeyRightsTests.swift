@_spi(Host) import Access
import AllModules
import Core
@_spi(Host) @testable import Host
@_spi(Host) @testable import Ingest
import NIOCore
@_spi(Host) import Questions
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing
import TestSupport

/// A key gains no rights through the keys that it creates, and has none after it expires.
@Suite("Limits of keys", .modules(.all))
struct KeyRightsTests {
    private static func key(
        _ app: TestApp, _ scopes: [KeyScope], modules: [String]? = nil, until expiry: Instant? = nil
    ) async throws -> (key: APIKey, secret: String) {
        try await app.installation.directory.createKey(
            .init(name: "limited", scopes: scopes, expiresAt: expiry, allowedModules: modules), in: app.project, by: "test")
    }

    private static let tooMuch = "A key can't create a key with more rights than its own"

    @Test("a key limited to some modules administers only those, and can't create a key for others", arguments: Profile.available)
    func modules(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let path = "/api/admin/projects/\(app.project.id)", limited = try await Self.key(app, [.admin], modules: ["funnels", "goals"])
            let caller = TestApp.Caller.bearer(limited.secret)
            for (modules, status) in [
                (#","allowed_modules":null"#, 403), ("", 403), (#","allowed_modules":[]"#, 403), (#","allowed_modules":["core"]"#, 403),
                (#","allowed_modules":["funnels","core"]"#, 403), (#","allowed_modules":["funnels"]"#, 201),
                (#","allowed_modules":["goals","funnels"]"#, 201),
            ] {
                let answer = try await app.post(path + "/keys", #"{"name":"x","scopes":["admin","query","ingest"]\#(modules)}"#, as: caller)
                #expect(answer.status == status, "\(modules): \(answer.body)")
                if status == 403 { #expect(answer.body.contains(Self.tooMuch) && answer.body.contains("must name some of funnels, goals")) }
            }
            // It sees and revokes only keys with no more rights than its own.
            let seen = try await app.get(path + "/keys", as: caller).json()["data"]?.elements ?? []
            #expect(seen.count == 3 && seen.allSatisfy { $0["allowed_modules"]?.isNull == false })
            let other = try #require(try await app.installation.directory.keys(of: app.project).first { $0.allowedModules == nil })
            let ended = try await app.delete(path + "/keys/\(other.id)", as: caller)
            #expect(ended.status == 404)
            let made = try #require(seen.compactMap { $0["id"]?.string }.first { $0 != limited.key.id })
            let own = try await app.delete(path + "/keys/\(made)", as: caller)
            #expect(own.status == 204)
            // It may switch its own modules, but change nothing that concerns the whole project.
            for (method, place, body, status) in [
                ("POST", "/modules/utm/disable", "", 403), ("POST", "/modules/funnels/enable", "", 200),
                ("PUT", "/modules/core/access", #"{"access":"all"}"#, 403),
                ("PUT", "/modules", #"{"modules":[{"name":"funnels","enabled":true},{"name":"utm","enabled":false}]}"#, 403),
                ("GET", "/privacy/visitors/ada/export", "", 403), ("DELETE", "/privacy/visitors/ada", "", 403),
                ("GET", "/privacy", "", 403), ("GET", "/audit-logs", "", 403),
                ("GET", "/modules", "", 200),
            ] {
                let answer =
                    switch method {
                    case "GET": try await app.get(path + place, as: caller)
                    case "DELETE": try await app.delete(path + place, as: caller)
                    case "PUT": try await app.put(path + place, body, as: caller)
                    default: try await app.post(path + place, as: caller)
                    }
                #expect(answer.status == status, "\(method) \(place): \(answer.status) \(answer.body)")
            }
        }
    }

    @Test("a key that expires can't create one that expires later", arguments: Profile.available)
    func lifetime(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let limited = try await Self.key(app, [.admin], until: app.time.now.adding(days: 2))
            for (expiry, status) in [
                ("", 403), (#","expires_at":"2026-03-05"#, 403), (#","expires_at":"2026-03-04T12:00:00Z"#, 201),
                (#","expires_at":"2026-03-03"#, 201),
            ] {
                let body = #"{"name":"x","scopes":["query"]\#(expiry)\#(expiry.isEmpty ? "" : "\"")}"#
                let answer = try await app.post("/api/admin/projects/\(app.project.id)/keys", body, as: .bearer(limited.secret))
                #expect(answer.status == status, "\(expiry): \(answer.body)")
                if status == 403 {
                    #expect(answer.body.contains(Self.tooMuch) && answer.body.contains("must not be after 2026-03-04T12:00:00Z"))
                }
            }
        }
    }

    @Test(
        "a stream ends when its key is revoked or expires, before it shows anything more", .timeLimit(.minutes(1)),
        arguments: ["revoked", "expired"])
    func stream(end: String) async throws {
        try await TestApp.run { app in
            let made = try await Self.key(app, [.query], until: end == "expired" ? app.time.now.adding(seconds: 60) : nil)
            let directory = app.installation.directory, stream = app.installation.stream
            // The response is complete once the stream has ended by itself.
            async let watched = app.get("/api/v1/stream", as: .key(made.secret))
            while stream.watchers == 0 { await Task.yield() }
            let kept = try await stream.watch(app.project.number) { { $0 == "core" } },
                blind = try await stream.watch(app.project.number) { { $0 == "logs" } }
            try await app.collect(#"{"type":"pageview","path":"/before"}"#)
            _ = try await app.get("/api/v1/stats")
            if end == "revoked" {
                try await directory.revokeKey(made.key.id, in: app.project, by: "test")
            } else {
                app.time.advance(seconds: 60)
            }
            try await app.collect(#"{"type":"pageview","path":"/after"}"#)
            _ = try await app.get("/api/v1/stats")
            let seen = try await watched.body
            #expect(seen.contains("/before") && !seen.contains("/after"))
            stream.close()
            var all = "", none = ""
            for await event in kept { all += String(buffer: event) }
            for await event in blind { none += String(buffer: event) }
            #expect(all.contains("/before") && all.contains("/after") && !none.contains("/"))
        }
    }

    @Test(
        "a stream that sends nothing ends as well when its caller's right does", .timeLimit(.minutes(1)),
        arguments: ["revoked", "expired", "logged out", "session over"])
    func idleStream(end: String) async throws {
        try await TestApp.run { app in
            let made = try await Self.key(app, [.query], until: end == "expired" ? app.time.now.adding(seconds: 60) : nil)
            let directory = app.installation.directory, installation = app.installation
            var headers: HTTPFields = [.init("X-Pulse-Dashboard")!: "1", .init("Sec-Fetch-Site")!: "same-origin"]
            let logIn = try await app.send(
                .post, "/dashboard/login", ByteBuffer(string: #"{"key":"\#(made.secret)"}"#), as: .nobody, headers: headers)
            headers[.cookie] = String(try #require(logIn.headers[.setCookie]).prefix { $0 != ";" })
            let isSession = end.contains("session") || end.contains("logged")
            async let watched =
                isSession
                ? app.send(.get, "/api/v1/stream", as: .nobody, headers: headers) : app.get("/api/v1/stream", as: .key(made.secret))
            while installation.stream.watchers == 0 { await Task.yield() }
            installation.gate.longAnswers.sweep()
            #expect(installation.stream.watchers == 1)
            switch end {
            case "revoked": try await directory.revokeKey(made.key.id, in: app.project, by: "test")
            case "expired": app.time.advance(seconds: 60)
            case "logged out":
                let ended = try await app.send(.delete, "/dashboard/session", as: .nobody, headers: headers)
                #expect(ended.status == 204)
            default: app.time.advance(seconds: 14 * 86_400)
            }
            installation.gate.longAnswers.sweep()
            let sent = try await watched.body
            // Nothing is sent any more, not even what was waiting.
            #expect(["", ": connected\n\n"].contains(sent))
            while installation.stream.watchers > 0 { await Task.yield() }
        }
    }

    @Test("one project can't use up all streams")
    func streams() async throws {
        try await TestApp.run { app in
            let stream = app.installation.stream
            var open: [AsyncStream<ByteBuffer>] = []
            for _ in 0..<250 { open.append(try await stream.watch(app.project.number) { { _ in true } }) }
            let error = await #expect(throws: ServiceError.self) { try await stream.watch(app.project.number) { { _ in true } } }
            #expect(error?.status == 503 && error?.retryAfterSeconds == 5)
            open.append(try await stream.watch(app.project.number + 1) { { _ in true } })
            #expect(open.count == 251)
        }
    }

    @Test("wrong admin tokens are counted by address or IPv6 /64 network and end in 429; credentials that can't be guessed still pass")
    func guesses() async throws {
        try await TestApp.run(yaml: "limits: {admin_per_second: 1000}") { app in
            let attempts = Attempts("wrong admin tokens from your address", maximum: 100, time: app.time)
            for number in 0..<100 { try attempts.count("2001:db8:1:2::\(number)") }
            let error = #expect(throws: ServiceError.self) { try attempts.count("2001:db8:1:2:ffff::1") }
            #expect(error?.status == 429 && error?.message == "Too many wrong admin tokens from your address. Try again in 15 minutes.")
            #expect(throws: Never.self) { try attempts.count("2001:db8:1:3::1") }
            for number in 0..<102 {
                let wrong = try await app.get("/api/admin/projects", as: .bearer("padm_wrong"))
                #expect(wrong.status == (number < 100 ? 401 : 429))
                if number >= 100 { #expect(wrong.headers[.retryAfter] == "900") }
            }
            let path = "/api/admin/projects/\(app.project.id)/keys"
            #expect(try await app.get(path, as: .bearer("pa_live_wrong")).status == 429)
            for credentials in [TestApp.Caller.token, .bearer(app.keys[.admin]!)] {
                #expect(try await app.get(path, as: credentials).status == 200)
            }
            app.time.advance(seconds: 900)
            #expect(try await app.get(path, as: .bearer("pa_live_wrong")).status == 401)
        }
    }

    @Test("a guessable admin token is rejected on every route after too many wrong ones, and doesn't reset the count")
    func guessable() async throws {
        let token = "sixteen-letters!"
        try await TestApp.run(yaml: "admin_token: \(token)\nlimits: {admin_per_second: 1000}") { app in
            let paths = ["/api/admin/projects", "/api/admin/projects/\(app.project.id)/keys"]
            func status(_ path: String, _ caller: TestApp.Caller = .token) async throws -> Int {
                try await app.get(path, as: caller).status
            }
            for number in 0..<100 {
                let path = paths[number % 2], wrong = try await status(path, .bearer("padm_wrong")), right = try await status(path)
                #expect(wrong == 401 && right == (number < 99 ? 200 : 429), "\(number)")
            }
            for path in paths {
                let locked = try await status(path)
                #expect(locked == 429)
            }
            app.time.advance(seconds: 900)
            for path in paths {
                let free = try await status(path)
                #expect(free == 200)
            }
        }
    }

    @Test("a key without the scope doesn't use up the project's rate limit")
    func budget() async throws {
        try await TestApp.run { app in
            var configuration = app.installation.configuration
            configuration.limits.queryPerSecond = 3
            app.installation.apply(configuration)
            for _ in 0..<5 {
                let refused = try await app.get("/api/v1/stats", as: .ingest)
                #expect([403, 429].contains(refused.status))
            }
            let answer = try await app.get("/api/v1/stats")
            #expect(answer.status == 200)
        }
    }
}
