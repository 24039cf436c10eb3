@_spi(Host) import Access
import AllModules
import Core
import Foundation
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
@_spi(Host) import Storage
import Testing
import TestSupport

/// Log-in, and what the session cookie opens.
@Suite("Dashboard session", .modules(.all))
struct DashboardSessionTests {
    private static let ours: HTTPFields = [DashboardSessions.header: "1", .init("Sec-Fetch-Site")!: "same-origin"]

    private static func logIn(_ app: TestApp, _ credential: String, cookie: String? = nil) async throws -> (
        answer: TestApp.Answer, cookie: String
    ) {
        var headers = ours
        headers[.cookie] = cookie
        let answer = try await app.post("/dashboard/login", #"{"key":"\#(credential)"}"#, as: .nobody, headers: headers)
        return (answer, String(answer.headers[.setCookie]?.prefix { $0 != ";" } ?? ""))
    }

    private static func with(_ cookie: String, _ more: HTTPFields = ours) -> HTTPFields {
        var headers = more
        headers[.cookie] = "theme=dark; \(cookie)"
        return headers
    }

    @Test("every file of the dashboard's folder is served")
    func everyFile() async throws {
        try await TestApp.run { app in
            let shell = try await app.get("/dashboard", as: .nobody).body
            let folder = try #require(shell.firstMatch(of: #/data-files="([^"]+)"/#)?.1)
            let names = try FileManager.default.contentsOfDirectory(atPath: PrintedTexts.root + "/Host/Dashboard/web")
            #expect(names.count > 15)
            for name in names { #expect(try await app.get("\(folder)/\(name)", as: .nobody).status == 200, "\(name)") }
        }
    }

    @Test("a query key opens its project's reports, and exposes neither the key nor other projects", arguments: Profile.available)
    func queryKey(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let (answer, cookie) = try await Self.logIn(app, app.keys[.query]!)
            #expect(answer.status == 200)
            let set = try #require(answer.headers[.setCookie])
            #expect(set.hasSuffix("; Path=/; Max-Age=1209600; HttpOnly; SameSite=Strict"))
            #expect(!set.contains(app.keys[.query]!) && !answer.body.contains("pa_live_"))
            #expect(try answer.json()["project"]?["id"]?.string == app.project.id)
            #expect(try answer.json()["administrator"]?.boolean == false)
            #expect(try await app.get("/api/v1/stats", as: .nobody, headers: Self.with(cookie)).status == 200)
            #expect(try await app.get("/api/admin/projects", as: .nobody, headers: Self.with(cookie)).status == 401)
            #expect(try await app.get("/api/admin/projects/\(app.project.id)", as: .nobody, headers: Self.with(cookie)).status == 403)
            #expect(try await app.collect(#"{"type":"pageview","path":"/"}"#, as: .nobody, headers: Self.with(cookie)).status == 403)
        }
    }

    @Test("the admin token gives access to administration, with or without a key")
    func administrator() async throws {
        try await TestApp.run { app in
            let (answer, cookie) = try await Self.logIn(app, app.installation.adminToken)
            #expect(try answer.json()["administrator"]?.boolean == true)
            #expect(try await app.get("/api/admin/projects", as: .nobody, headers: Self.with(cookie)).status == 200)
            #expect(try await app.get("/api/v1/stats", as: .nobody, headers: Self.with(cookie)).status == 401)
            let both = try await Self.logIn(app, app.keys[.query]!, cookie: cookie).cookie
            #expect(try await app.get("/api/admin/projects", as: .nobody, headers: Self.with(both)).status == 200)
            #expect(try await app.get("/api/v1/stats", as: .nobody, headers: Self.with(both)).status == 200)
        }
    }

    @Test("browsers that only send an origin may change things from the dashboard's own, however it is written")
    func origins() async throws {
        try await TestApp.run(yaml: "server:\n  public_url: https://Stats.example.com:443\n") { app in
            let cookie = try await Self.logIn(app, app.keys[.admin]!).cookie
            func write(from origin: String) async throws -> TestApp.Answer {
                try await app.post(
                    "/api/v1/goals", #"{"name":"\#(origin)","goal_type":"event","config":{"event_name":"buy"}}"#, as: .nobody,
                    headers: Self.with(cookie, [DashboardSessions.header: "1", .origin: origin]))
            }
            #expect(try await write(from: "https://stats.example.com").status == 201)
            #expect(try await write(from: "https://STATS.example.com:443").status == 201)
            let foreign = try await write(from: "http://stats.lan:80")
            #expect(foreign.status == 403)
            #expect(
                foreign.body
                    == #"{"error":"This change comes from a page at http://stats.lan:80, but the dashboard is at https://Stats.example.com:443. "#
                    + #"Behind a proxy, pass on the Host header or set server.public_url."}"#)
        }
    }

    @Test("the cookie is accepted only for the dashboard's own requests")
    func crossSite() async throws {
        try await TestApp.run { app in
            let cookie = try await Self.logIn(app, app.keys[.admin]!).cookie, site = HTTPField.Name("Sec-Fetch-Site")!
            let segment = #"{"name":"A","definition":{"match":"all","conditions":[]}}"#
            func read(_ headers: HTTPFields) async throws -> Int {
                try await app.get("/api/v1/stats", as: .nobody, headers: Self.with(cookie, headers)).status
            }
            func write(_ headers: HTTPFields) async throws -> Int {
                try await app.post("/api/v1/segments", segment, as: .nobody, headers: Self.with(cookie, headers)).status
            }
            #expect(try await read([:]) == 401)
            #expect(try await read([DashboardSessions.header: "1", site: "cross-site"]) == 401)
            #expect(try await read([DashboardSessions.header: "1", site: "same-site"]) == 401)
            #expect(try await read([DashboardSessions.header: "1"]) == 200)
            #expect(try await write([DashboardSessions.header: "1"]) == 401)
            #expect(try await write([DashboardSessions.header: "1", .origin: "https://evil.example"]) == 403)
            #expect(try await write([DashboardSessions.header: "1", .origin: "https://evil.example", site: "cross-site"]) == 401)
            #expect(try await write([site: "same-origin"]) == 401)
            #expect(try await write(Self.ours) != 401)
            // A preflight does not allow the header, so no other origin's script can send it.
            let preflight = try await app.send(.options, "/api/v1/stats", headers: [.origin: "https://evil.example"])
            #expect(preflight.headers[.init("Access-Control-Allow-Headers")!]?.contains("X-Pulse-Dashboard") != true)
        }
    }

    @Test("a cookie that was altered, sealed elsewhere, has expired or belongs to a revoked key opens nothing")
    func invalid() async throws {
        try await TestApp.run { app in
            let key = try await app.installation.directory.createKey(.init(name: "short", scopes: [.query]), in: app.project, by: "test")
            let cookie = try await Self.logIn(app, key.secret).cookie
            func status(_ cookie: String) async throws -> Int {
                try await app.get("/api/v1/stats", as: .nobody, headers: Self.with(cookie)).status
            }
            #expect(try await status(cookie) == 200)
            #expect(try await status(cookie.dropLast(3) + "AAA") == 401)
            #expect(try await status("pulse_session=") == 401)
            #expect(try await status("pulse_session=AAAA") == 401)
            let stranger = DashboardSessions(secret: "another secret of thirty-two bytes", adminToken: "", publicURL: nil, time: app.time)
            #expect(stranger.session(in: [.cookie: cookie]) == nil)
            try await app.installation.directory.revokeKey(key.key.id, in: app.project, by: "test")
            #expect(try await status(cookie) == 401)
            let another = try await Self.logIn(app, app.keys[.query]!).cookie
            app.time.advance(seconds: 14 * 86_400)
            #expect(try await status(another) == 401)
        }
    }

    @Test("log-in rejects a key that can't read and counts failures; a valid credential always gets in and doesn't reset the count")
    func attempts() async throws {
        try await TestApp.run { app in
            let ingest = try await Self.logIn(app, app.keys[.ingest]!).answer
            #expect(ingest.status == 403)
            #expect(ingest.body == #"{"error":"This key sends data and can't read it. Log in with a key that has the scope 'query'."}"#)
            for _ in 0..<DashboardRoutes.maximumAttempts {
                let wrong = try await Self.logIn(app, "pa_live_wrong").answer
                #expect(wrong.status == 401)
                #expect(
                    wrong.body
                        == #"{"error":"This is neither a valid key nor the admin token. Was it copied completely? 'pulse key create' creates a new key."}"#
                )
                for right in [app.keys[.query]!, app.installation.adminToken] {
                    #expect(try await Self.logIn(app, right).answer.status == 200)
                }
            }
            let refused = try await Self.logIn(app, "pa_live_wrong").answer
            #expect(refused.status == 429)
            #expect(refused.headers[.retryAfter] == "900")
            #expect(refused.body == #"{"error":"Too many failed log-ins from your address. Try again in 15 minutes."}"#)
            for right in [app.keys[.query]!, app.installation.adminToken] { #expect(try await Self.logIn(app, right).answer.status == 200) }
            app.time.advance(seconds: 900)
            #expect(try await Self.logIn(app, "pa_live_wrong").answer.status == 401)
        }
    }

    @Test("a guessable admin token is locked out for 15 minutes after too many failed log-ins")
    func guessable() async throws {
        let token = "thirty-one letters, and no more"
        try await TestApp.run(yaml: "admin_token: \(token)") { app in
            for _ in 0..<DashboardRoutes.maximumAttempts {
                let right = try await Self.logIn(app, token).answer, wrong = try await Self.logIn(app, token + "!").answer
                #expect(right.status == 200 && wrong.status == 401)
            }
            let locked = try await Self.logIn(app, token).answer
            #expect(locked.status == 429)
            app.time.advance(seconds: 900)
            let free = try await Self.logIn(app, token).answer
            #expect(free.status == 200)
        }
    }

    @Test("the sessions that a key can start in 15 minutes are limited, and every ended session leaves one row")
    func logIns() async throws {
        try await TestApp.run { app in
            func count() async throws -> Int64 {
                try await app.installation.engines.control.read("SELECT count(*) AS n FROM access_ended_sessions")[0].int("n")
            }
            var cookies: [String] = []
            for _ in 0..<DashboardRoutes.maximumLogIns { cookies.append(try await Self.logIn(app, app.keys[.query]!).cookie) }
            let refused = try await Self.logIn(app, app.keys[.query]!).answer
            #expect(refused.status == 429)
            #expect(refused.body == #"{"error":"Too many log-ins with this key. Try again in 15 minutes."}"#)
            // Every credential has its own limit, and adding a credential to a session does not start a new one.
            let administrator = try await Self.logIn(app, app.installation.adminToken)
            #expect(administrator.answer.status == 200)
            #expect(try await Self.logIn(app, app.keys[.query]!, cookie: administrator.cookie).answer.status == 200)
            for cookie in [cookies[0], cookies[0], cookies[1]] {
                #expect(try await app.send(.delete, "/dashboard/session", headers: Self.with(cookie)).status == 204)
            }
            #expect(try await count() == 2)
            app.time.advance(seconds: 900)
            #expect(try await Self.logIn(app, app.keys[.query]!).answer.status == 200)
        }
    }

    @Test("log-out ends a session for every copy of its cookie, and no other session", arguments: Profile.available)
    func logOutEverywhere(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let cookie = try await Self.logIn(app, app.installation.adminToken).cookie,
                other = try await Self.logIn(app, app.installation.adminToken).cookie
            // A key that is added later belongs to the same session.
            let both = try await Self.logIn(app, app.keys[.query]!, cookie: cookie).cookie
            #expect(try await app.send(.delete, "/dashboard/session", headers: Self.with(both)).status == 204)
            for ended in [cookie, both] {
                #expect(try await app.get("/api/admin/projects", as: .nobody, headers: Self.with(ended)).status == 401)
                #expect(try await app.get("/api/v1/stats", as: .nobody, headers: Self.with(ended)).status == 401)
                #expect(
                    try await app.get("/dashboard/session", as: .nobody, headers: Self.with(ended)).json()["administrator"]?.boolean
                        == false)
            }
            #expect(try await app.get("/api/admin/projects", as: .nobody, headers: Self.with(other)).status == 200)
            // An ended session is forgotten once its cookie would have expired anyway.
            func count() async throws -> Int64 {
                try await app.installation.engines.control.read("SELECT count(*) AS n FROM access_ended_sessions")[0].int("n")
            }
            #expect(try await count() == 1)
            app.time.advance(seconds: 15 * 86_400)
            let late = try await Self.logIn(app, app.keys[.query]!).cookie
            #expect(try await app.send(.delete, "/dashboard/session", headers: Self.with(late)).status == 204)
            #expect(try await count() == 1)
        }
    }

    @Test("another host learns of a log-out by polling")
    func logOutOfAnotherHost() async throws {
        try await TestApp.run { app in
            let cookie = try await Self.logIn(app, app.installation.adminToken).cookie
            let here = app.installation.directory
            let there = Directory(
                control: app.installation.engines.control, coordination: app.installation.engines.coordination, time: app.time,
                defaults: here.defaults)
            try await there.poll()
            let session = try #require(app.installation.dashboard.session(in: [.cookie: cookie]))
            #expect(try await app.send(.delete, "/dashboard/session", headers: Self.with(cookie)).status == 204)
            #expect(!there.isEnded(session: session.id))
            try await there.poll()
            #expect(there.isEnded(session: session.id))
        }
    }

    @Test("log-out without a session still removes the cookie")
    func logOut() async throws {
        try await TestApp.run { app in
            let answer = try await app.send(.delete, "/dashboard/session", headers: Self.ours)
            #expect(answer.status == 204)
            #expect(answer.headers[.setCookie] == "pulse_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
        }
    }

    @Test("the page loads nothing inline or from other hosts, its files can be cached, and it stays small")
    func files() async throws {
        try await TestApp.run { app in
            let shell = try await app.get("/dashboard/overview", as: .nobody)
            #expect(shell.headers[.contentSecurityPolicy] == DashboardShell.policy)
            #expect(
                !shell.body.contains("<style") && !shell.body.contains(" style=") && !shell.body.contains("://")
                    || shell.body.contains("http://www.w3.org"))
            let scripts = [
                "app", "api", "charts", "dom", "kit", "login", "state", "tables", "text", "toolbar", "en", "page-overview", "core.en",
            ]
            let names = scripts.map { "\($0).js" } + ["style.css"]
            // All scripts are preloaded, except the one that imports them.
            for script in scripts where script != "app" { #expect(shell.body.contains("/\(script).js\">\n"), "\(script)") }
            #expect(try await app.get("/dashboard/nowhere", as: .nobody).body.contains("page-") == false)
            let version = try #require(shell.body.split(separator: "data-files=\"/dashboard/web/").last?.prefix { $0 != "\"" })
            var total = shell.body.utf8.count
            for name in names {
                let file = try await app.send(.get, "/dashboard/web/\(version)/\(name)")
                #expect(file.status == 200, "\(name)")
                #expect(file.headers[.cacheControl] == "public, max-age=31536000, immutable")
                total += Compression.gzip(Array(file.body.utf8)).count
            }
            #expect(total < 60_000)
            #expect(try await app.get("/dashboard/web/old/app.js", as: .nobody).headers[.cacheControl] == "no-cache")
            #expect(try await app.get("/dashboard/web/\(version)/nothing.js", as: .nobody).status == 404)
        }
    }
}
