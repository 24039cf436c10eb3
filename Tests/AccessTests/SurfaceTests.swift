@_spi(Host) import Access
import AllModules
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Jobs
import HTTPTypes
import NIOCore
@_spi(Host) import Platform
@_spi(Host) import Settings
import Testing
import TestSupport

/// A surface that a module brings decides what its callers see, and shares projects, switches and facts with Pulse's own.
@Suite("A second surface", .modules(.all))
struct SurfaceTests {
    static func run(
        _ profile: Profile = .embedded, _ body: @escaping @Sendable (TestApp, Badges) async throws -> Void
    ) async throws {
        let kiosk = try KioskModule()
        try await TestApp.run(profile, modules: ProbeModule.withCore() + [kiosk]) { app in try await body(app, kiosk.badges) }
    }

    static func badge(_ badge: String) -> HTTPFields { [.authorization: "Badge \(badge)"] }

    private static func ask(
        _ app: TestApp, _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, badge: String?, _ more: HTTPFields = [:]
    ) async throws -> TestApp.Answer {
        var headers = more
        if let badge { headers[.authorization] = "Badge \(badge)" }
        return try await app.send(method, path, body.map { ByteBuffer(string: $0) }, as: .nobody, headers: headers)
    }

    @Test("gives responses its own statuses, envelope, times, sentences and evidence", arguments: Profile.available)
    func form(profile: Profile) async throws {
        try await Self.run(profile) { app, badges in
            let badge = badges.make([.query], in: app.project, plan: "unlimited")
            func expect(
                _ method: HTTPRequest.Method, _ path: String, _ status: Int, _ expected: String, body: String? = nil
            ) async throws {
                let answer = try await Self.ask(app, method, path, body, badge: badge)
                #expect(answer.status == status && answer.body == expected, "\(method) \(path): \(answer.status) \(answer.body)")
                #expect(answer.headers[.allow] == nil)
            }
            let made = try await Self.ask(app, .post, "/kiosk/notices", #"{"title":"Tea"}"#, badge: badge)
            let id = try #require(try made.json()["result"]?["id"]?.string)
            let notice = #"{"created_at":"2026-03-02 12:00:00","id":"\#(id)","title":"Tea","updated_at":"2026-03-02 12:00:00"}"#
            #expect(made.status == 200 && made.body == #"{"ok":true,"result":\#(notice)}"#)
            try await expect(.get, "/kiosk/notices/\(id)", 200, #"{"ok":true,"result":\#(notice)}"#)
            try await expect(.get, "/kiosk/notices?limit=1", 200, #"{"ok":true,"result":[\#(notice)],"of":1}"#)
            try await expect(
                .post, "/kiosk/notices", 400, #"{"ok":false,"reason":"Invalid request body: a notice with title 'Tea' already exists."}"#,
                body: #"{"title":"Tea"}"#)
            try await expect(
                .post, "/kiosk/notices", 400, #"{"ok":false,"reason":"must be a string of 1 to 20 characters; got 7.","field":"lines[1]"}"#,
                body: #"{"title":"Pie","lines":["a",7]}"#)
            try await expect(
                .get, "/kiosk/notices?limit=0", 400,
                #"{"ok":false,"reason":"Invalid query parameter 'limit': must be a whole number from 1 to 1000; got '0'."}"#)
            try await expect(.delete, "/kiosk/notices/\(id)", 200, #"{"ok":true}"#)
            try await expect(.get, "/kiosk/notices/\(id)", 404, #"{"ok":false,"reason":"No notice has the number \#(id)."}"#)
            try await expect(.put, "/kiosk/notices", 404, #"{"ok":false,"reason":"There is nothing here."}"#)
            try await expect(.get, "/kiosk/nothing", 404, #"{"ok":false,"reason":"There is nothing here."}"#)
            // The same module's answers are Pulse's where Pulse's surface owns the path.
            try await expect(.get, "/kiosk", 404, #"{"error":"Not found"}"#)
        }
    }

    @Test("owns requests by method, path and header")
    func owner() async throws {
        try await Self.run { app, badges in
            let badge = badges.make([.ingest], in: app.project)
            let own = try await Self.ask(app, .post, "/", badge: badge, [KioskSurface.header: "1"])
            #expect(own.status == 200 && own.body == #"{"ok":true}"#)
            let pulse = try await Self.ask(app, .post, "/", badge: badge)
            #expect(pulse.status == 405 && pulse.body == #"{"error":"POST is not supported at /; allowed: GET, HEAD."}"#)
            let page = try await Self.ask(app, .get, "/", badge: nil, [KioskSurface.header: "1"])
            #expect(page.headers[.contentSecurityPolicy] != "default-src 'self'")
        }
    }

    @Test("has its own CORS, security and caching headers")
    func headers() async throws {
        try await Self.run { app, badges in
            func preflight(_ path: String, _ origin: String, _ asked: String) async throws -> TestApp.Answer {
                try await Self.ask(
                    app, .options, path, badge: nil,
                    [.origin: origin, .accessControlRequestMethod: "POST", .accessControlRequestHeaders: asked])
            }
            let own = try await preflight("/", "https://kiosk.example", "authorization, x-kiosk")
            #expect(own.status == 204 && own.headers[.accessControlAllowOrigin] == "https://kiosk.example")
            #expect(own.headers[.accessControlAllowHeaders] == "Authorization, X-Kiosk")
            #expect(own.headers[.accessControlAllowMethods] == "POST")
            let stranger = try await preflight("/kiosk/notices", "https://elsewhere.example", "authorization")
            #expect(stranger.headers[.accessControlAllowOrigin] == nil)
            let pulse = try await preflight("/", "https://kiosk.example", "x-pulse-key")
            #expect(pulse.headers[.accessControlAllowOrigin] == nil)
            let plain = try await Self.ask(app, .get, "/kiosk/hours", badge: nil)
            #expect(plain.headers[.contentSecurityPolicy] == "default-src 'self'" && plain.headers[.cacheControl] == "no-store")
            #expect(plain.headers[.strictTransportSecurity] == nil)
            let safe = try await Self.ask(app, .get, "/kiosk/hours", badge: nil, [.init("X-Forwarded-Proto")!: "https"])
            #expect(safe.headers[.strictTransportSecurity] == "max-age=31536000")
        }
    }

    @Test("a credential of one surface is nothing on the other")
    func strangers() async throws {
        try await Self.run { app, badges in
            let badge = badges.make([.admin], in: app.project, plan: "unlimited")
            let office = badges.make([.admin], in: nil, plan: "unlimited")
            for secret in app.keys.values.sorted() + [app.installation.adminToken] {
                for headers: HTTPFields in [
                    [PulseSurface.keyHeader: secret], [.authorization: "Bearer \(secret)"], [.authorization: "Badge \(secret)"],
                ] {
                    for path in ["/kiosk/notices", "/kiosk/office"] {
                        let answer = try await app.send(.get, path, as: .nobody, headers: headers)
                        let isKnown = headers[.authorization]?.hasPrefix("Badge") == true
                        #expect(answer.status == 401)
                        #expect(
                            answer.body == #"{"ok":false,"reason":"\#(isKnown ? "This badge opens nothing." : "Show your badge.")"}"#)
                    }
                }
                let inAddress = try await Self.ask(app, .get, "/kiosk/hours?key=\(secret)", badge: nil)
                #expect(inAddress.status == 200)
                let unknown = try await Self.ask(app, .get, "/kiosk/notices?key=\(secret)", badge: badge)
                #expect(unknown.status == 400, "the surface has no such parameter")
            }
            for credential in [badge, office] {
                let key = try await app.get("/api/v1/pages", as: .key(credential))
                #expect(key.status == 401 && key.body == #"{"error":"Invalid API key."}"#)
                let header = try await app.send(.get, "/api/v1/pages", as: .nobody, headers: Self.badge(credential))
                #expect(header.body.contains("Missing API key."))
                let admin = try await app.get("/api/admin/projects", as: .bearer(credential))
                #expect(admin.status == 401 && admin.body == #"{"error":"Invalid admin token."}"#)
            }
        }
    }

    @Test("the dashboard's cookie opens Pulse's own surface only")
    func cookie() async throws {
        try await Self.run { app, _ in
            let dashboard: HTTPFields = [.init("X-Pulse-Dashboard")!: "1", .init("Sec-Fetch-Site")!: "same-origin"]
            let logIn = try await app.send(
                .post, "/dashboard/login", ByteBuffer(string: #"{"key":"\#(app.keys[.query]!)"}"#), as: .nobody, headers: dashboard)
            let cookie = String(try #require(logIn.headers[.setCookie]).prefix { $0 != ";" })
            var headers = dashboard
            headers[.cookie] = cookie
            #expect(try await app.send(.get, "/api/v1/pages", as: .nobody, headers: headers).status == 200)
            #expect(try await app.send(.get, "/kiosk/notices", as: .nobody, headers: headers).status == 401)
        }
    }

    @Test("counts its callers by its own rules, by plan, and says so in its own headers")
    func rates() async throws {
        try await Self.run { app, badges in
            let free = badges.make([.query], in: app.project), other = badges.make([.query], in: app.project)
            let pro = badges.make([.query], in: app.project, plan: "pro")
            func statuses(_ badge: String, _ count: Int) async throws -> [Int] {
                var statuses: [Int] = []
                for _ in 0..<count { statuses.append(try await Self.ask(app, .get, "/kiosk/notices", badge: badge).status) }
                return statuses
            }
            #expect(try await statuses(free, 2) == [200, 200])
            app.time.advance(seconds: 59)
            #expect(try await statuses(free, 2) == [200, 429])
            #expect(try await statuses(other, 1) == [200])
            #expect(try await statuses(pro, 6) == [200, 200, 200, 200, 200, 429])
            let refused = try await Self.ask(app, .get, "/kiosk/notices", badge: free)
            #expect(refused.body == #"{"ok":false,"reason":"Too many requests. Try again in 1 second.","wait":1}"#)
            func header(_ answer: TestApp.Answer, _ name: String) -> String? { answer.headers[.init("X-RateLimit-\(name)")!] }
            // 2026-03-02T12:01:00Z
            #expect(header(refused, "Limit") == "3" && header(refused, "Remaining") == "0" && header(refused, "Reset") == "1772452860")
            app.time.advance(seconds: 1)
            #expect(try await statuses(free, 4) == [200, 200, 200, 429])
            // What counts on arrival counts unknown paths and strangers too.
            for (path, status) in [("/kiosk/nothing", 404), ("/kiosk/notices", 401), ("/kiosk/hours", 200)] {
                let answer = try await Self.ask(app, .get, path, badge: nil)
                #expect(answer.status == status && header(answer, "Limit") == "1000", "\(path)")
            }
            let pulse = try await app.get("/api/v1/gadgets")
            #expect(header(pulse, "Limit") == nil)
        }
    }

    @Test("its callers are bound by the project's switches and by their own rights", arguments: Profile.available)
    func rights(profile: Profile) async throws {
        try await Self.run(profile) { app, badges in
            try await app.collect(#"{"type":"pageview","path":"/a"}"#)
            func pages(_ badge: String) async throws -> String {
                try await Self.ask(app, .get, "/kiosk/pages", badge: badge).body
            }
            func refusal(_ reason: String) -> String { #"{"ok":false,"reason":"\#(reason)"}"# }
            let whole = badges.make([.query], in: app.project, plan: "unlimited")
            #expect(try await pages(whole) == #"{"ok":true,"result":["/a"]}"#)
            let limited = badges.make([.query], in: app.project, modules: ["kiosk"], plan: "unlimited")
            #expect(try await pages(limited) == refusal("This screen doesn't show 'core'."))
            let elsewhere = badges.make([.query], in: app.project, modules: ["core"], plan: "unlimited")
            #expect(try await pages(elsewhere) == refusal("This screen doesn't show 'kiosk'."))
            let writer = badges.make([.ingest], in: app.project, plan: "unlimited")
            #expect(try await pages(writer) == refusal("The 'query' permission is required."))
            let ending = badges.make([.query], in: app.project, until: app.time.now.adding(seconds: 5), plan: "unlimited")
            #expect(try await Self.ask(app, .get, "/kiosk/pages", badge: ending).status == 200)
            app.time.advance(seconds: 5)
            #expect(try await pages(ending) == refusal("This badge opens nothing."))
            let other = try await app.installation.createProject("Other", domain: "other.example")
            let foreign = badges.make([.query], in: other, plan: "unlimited")
            #expect(try await pages(foreign) == #"{"ok":true,"result":[]}"#)
            try await app.installation.directory.setModules(
                [.init(module: "kiosk", isEnabled: false, access: nil)], in: app.project, by: "test")
            #expect(try await pages(whole) == refusal("Module 'kiosk' is not enabled for this project."))
            // The administrator of one project doesn't administer the installation.
            let chief = badges.make([.admin], in: app.project, plan: "unlimited"),
                office = badges.make([.admin], in: nil, plan: "unlimited")
            #expect(try await Self.ask(app, .get, "/kiosk/office", badge: chief).body == refusal("The 'admin' permission is required."))
            let welcome = try await Self.ask(app, .get, "/kiosk/office", badge: office)
            #expect(welcome.status == 200 && welcome.body.contains(#""caller":"screen s"#))
            #expect(try await Self.ask(app, .get, "/kiosk/pages", badge: office).body == refusal("Say which hall."))
        }
    }

    @Test("what runs later for its callers has the rights that they have then", arguments: Profile.available)
    func later(profile: Profile) async throws {
        try await Self.run(profile) { app, badges in
            try await app.collect(#"[{"type":"pageview","path":"/a"},{"type":"pageview","path":"/b"}]"#)
            let badge = badges.make([.query], in: app.project, plan: "unlimited")
            let (store, runner) = (app.installation.tasks, app.installation.taskRunner)
            /// Asks for a count, changes the screen's rights and lets the task run. The last error, and what was counted.
            func count(_ path: String = "/kiosk/counts", wait: Int64 = 60, before: () -> Void = {}) async throws -> String {
                // So the task is later than any other.
                app.time.advance(seconds: 1)
                #expect(try await Self.ask(app, .post, path, badge: badge).status == 200)
                before()
                app.time.advance(seconds: wait)
                await runner.settle()
                let task = try #require(try await store.tasks(of: "kiosk.count", limit: 1).first)
                #expect(task.maker == Maker.member(surface: "kiosk", kind: "screen", id: "s1"))
                return "\(task.state.rawValue) \(task.lastError ?? "") \(badges.counts)"
            }
            #expect(try await count() == "done  [2]")
            #expect(try await count("/kiosk/counts/nightly", wait: 86_400) == "done  [2, 2]")
            #expect(
                try await count { badges.limit(badge, to: ["kiosk"]) }
                    == "dead The credentials are not allowed to use module 'core'. [2, 2]")
            #expect(
                try await count { badges.limit(badge, to: ["core"]) }
                    == "dead The credentials are not allowed to use module 'kiosk'. [2, 2]")
            badges.limit(badge, to: ["core", "kiosk"])
            let gone =
                "dead The screen 's1' who made this no longer exists, or has no rights here. Create it again with valid credentials. [2, 2, 2]"
            #expect(try await count() == "done  [2, 2, 2]")
            #expect(try await count { badges.revoke(badge) } == gone)
            // The schedule goes on asking, and each time is refused.
            app.time.advance(seconds: 86_400)
            await runner.settle()
            let nightly = try await store.tasks(in: .dead, of: "kiosk.count", limit: 10).filter { $0.orderKey != nil }
            #expect(nightly.count == 1 && badges.counts == [2, 2, 2])
        }
    }

    @Test("a caller with several projects names one, in the request or in the handler, or none", arguments: Profile.available)
    func severalProjects(profile: Profile) async throws {
        try await Self.run(profile) { app, badges in
            let (directory, first) = (app.installation.directory, app.project)
            let second = try await app.installation.createProject("Second", domain: "second.example")
            let foreign = try await app.installation.createProject("Foreign", domain: "foreign.example")
            try await app.collect(#"[{"type":"pageview","path":"/a"},{"type":"pageview","path":"/b"}]"#)
            func rights(_ projects: Set<String>?, _ scopes: Set<KeyScope> = [.query], _ modules: [String]? = nil) -> Rights {
                Rights(scopes: scopes, modules: modules, projects: projects)
            }
            let both = badges.make(rights([first.id, second.id])), office = badges.make(rights(nil))
            func ask(_ path: String, _ badge: String, hall: String? = nil) async throws -> String {
                let answer = try await Self.ask(app, .get, path, badge: badge, hall.map { [KioskSurface.hall: $0] } ?? [:])
                return "\(answer.status) \(answer.body)"
            }
            func refusal(_ status: Int, _ reason: String) -> String { #"\#(status) {"ok":false,"reason":"\#(reason)"}"# }
            func pages(_ list: String) -> String { #"200 {"ok":true,"result":\#(list)}"# }
            let unknown = "00000000-0000-4000-8000-000000000000"

            // The surface names it.
            #expect(try await ask("/kiosk/pages", both, hall: first.id) == pages(#"["/a","/b"]"#))
            #expect(try await ask("/kiosk/pages", both, hall: second.id) == pages("[]"))
            #expect(try await ask("/kiosk/pages", office, hall: first.id) == pages(#"["/a","/b"]"#))
            #expect(try await ask("/kiosk/pages", both) == refusal(400, "Say which hall."))
            #expect(try await ask("/kiosk/pages", badges.make(rights([]))) == refusal(400, "Say which hall."))
            #expect(try await ask("/kiosk/pages", badges.make(rights([first.id]))) == pages(#"["/a","/b"]"#))
            for hall in [foreign.id, unknown] {
                #expect(try await ask("/kiosk/pages", both, hall: hall) == refusal(404, "No project has the number \(hall)."))
            }
            // Whoever may not ask doesn't learn which projects there are.
            let writer = badges.make(rights([first.id, second.id], [.ingest]))
            for hall in [nil, first.id, unknown] {
                #expect(try await ask("/kiosk/pages", writer, hall: hall) == refusal(403, "The 'query' permission is required."))
            }

            // The handler names it, or none.
            #expect(try await ask("/kiosk/halls", both) == pages(#"["Test","Second"]"#))
            #expect(try await ask("/kiosk/halls", office) == pages(#"["Test","Second","Foreign"]"#))
            #expect(try await ask("/kiosk/halls", badges.make(rights([]))) == pages("[]"))
            #expect(try await ask("/kiosk/halls", writer) == refusal(403, "The 'query' permission is required."))
            let limited = badges.make(rights([first.id], [.query], ["core"]))
            #expect(try await ask("/kiosk/halls", limited) == refusal(403, "This screen doesn't show 'kiosk'."))
            #expect(try await ask("/kiosk/halls/\(first.id)/pages", both) == pages(#"["/a","/b"]"#))
            for hall in [foreign.id, unknown] {
                #expect(try await ask("/kiosk/halls/\(hall)/pages", both) == refusal(404, "No project has the number \(hall)."))
            }
            try await directory.setModules([.init(module: "kiosk", isEnabled: true, access: .write)], in: second, by: "test")
            let noReading = refusal(403, "Module 'kiosk' does not allow read access for this project.")
            #expect(try await ask("/kiosk/halls/\(second.id)/pages", both) == noReading)
            #expect(try await ask("/kiosk/pages", both, hall: second.id) == noReading)
            #expect(try await ask("/kiosk/halls/\(first.id)/pages", both) == pages(#"["/a","/b"]"#))

            // Rates count the caller, whether or not the request is for a project.
            let free = badges.make(rights([first.id, second.id]), plan: "free")
            #expect(try await ask("/kiosk/halls", free).hasPrefix("200"))
            #expect(try await ask("/kiosk/pages", free, hall: unknown).hasPrefix("404"))
            #expect(try await ask("/kiosk/pages", free).hasPrefix("400"))
            #expect(try await ask("/kiosk/pages", free, hall: first.id).hasPrefix("429"))
            #expect(try await ask("/kiosk/halls", free).hasPrefix("429"))
        }
    }

    @Test("work without a project of its own stays within the projects that its maker has then", arguments: Profile.available)
    func tour(profile: Profile) async throws {
        try await Self.run(profile) { app, badges in
            let second = try await app.installation.createProject("Second", domain: "second.example")
            try await app.collect(#"{"type":"pageview","path":"/a"}"#)
            let both = badges.make(Rights(scopes: [.query], projects: [app.project.id, second.id]))
            func tour() async throws -> String? {
                app.time.advance(seconds: 60)
                await app.installation.taskRunner.settle()
                return try await app.installation.tasks.tasks(of: "kiosk.tour", limit: 1).first?.lastError
            }
            #expect(try await Self.ask(app, .post, "/kiosk/halls/counts", badge: both).status == 200)
            #expect(try await tour() == nil && badges.counts == [1, 0])
            #expect(try await Self.ask(app, .post, "/kiosk/halls/counts", badge: both).status == 200)
            badges.change(both) { Rights(scopes: $0.scopes, projects: [app.project.id]) }
            #expect(
                try await tour()
                    == "The screen 's1' who made this no longer exists, or has no rights here. Create it again with valid credentials.")
            #expect(badges.counts == [1, 0, 1])
        }
    }

    @Test("a public link shows what the surface's caller who made it may read now, and nothing once that is gone")
    func link() async throws {
        try await Self.run { app, badges in
            try await app.collect(#"{"type":"pageview","path":"/a"}"#)
            let badge = badges.make([.query], in: app.project, plan: "unlimited")
            #expect(try await Self.ask(app, .post, "/kiosk/links", badge: badge).body == #"{"ok":true,"result":"l1"}"#)
            func shown() async throws -> String { try await Self.ask(app, .get, "/kiosk/links/l1", badge: nil).body }
            #expect(try await shown() == #"{"ok":true,"result":["/a"]}"#)
            badges.limit(badge, to: ["kiosk"])
            #expect(try await shown() == #"{"ok":false,"reason":"This screen doesn't show 'core'."}"#)
            badges.limit(badge, to: ["core", "kiosk"])
            #expect(try await shown() == #"{"ok":true,"result":["/a"]}"#)
            badges.revoke(badge)
            #expect(try await shown() == #"{"ok":false,"reason":"No token has the number l1."}"#)
        }
    }

    @Test(
        "a stream ends when its caller loses the right to it, even if nothing is being sent", .timeLimit(.minutes(1)),
        arguments: [
            ("/kiosk/ticker", "revoked"), ("/kiosk/ticker", "expired"), ("/kiosk/ticker", "switched off"),
            ("/kiosk/halls/ticker", "revoked"), ("/kiosk/halls/ticker", "expired"), ("/kiosk/office/ticker", "revoked"),
        ])
    func stream(path: String, end: String) async throws {
        try await Self.run { app, badges in
            let until = end == "expired" ? app.time.now.adding(seconds: 9) : nil, isOffice = path.contains("office")
            let badge = badges.make(
                isOffice ? [.admin] : [.query], in: isOffice ? nil : app.project, until: until, plan: "unlimited")
            let answers = app.installation.gate.longAnswers
            async let answer = Self.ask(app, .get, path, badge: badge)
            while badges.asks < 2 { await Task.yield() }
            answers.sweep()
            switch end {
            case "revoked": badges.revoke(badge)
            case "expired": app.time.advance(seconds: 9)
            default:
                try await app.installation.directory.setModules(
                    [.init(module: "kiosk", isEnabled: false, access: nil)], in: app.project, by: "test")
            }
            answers.sweep()
            let sent = try await answer.body
            #expect(sent == "hello")
        }
    }

    @Test("is off unless the configuration names it, and Pulse's own 404 answers then")
    func off() async throws {
        let list = ModuleList(ProbeModule.coreTypes + [KioskModule.self])
        try await ModuleList.$current.withValue(list) {
            for (yaml, environment, isOn) in [
                ("", [:], false), ("surfaces: {kiosk: on}", [:], true), ("surfaces: {kiosk: off}", ["PULSE_SURFACES": "kiosk"], true),
            ] as [(String, [String: String], Bool)] {
                let configuration = try HostConfiguration.parse(
                    yaml, environment: environment, knownModules: list.names, knownSurfaces: list.surfaces)
                #expect(try list.load(configuration.modules).contains { $0.surface != nil } == isOn, "\(yaml) \(environment)")
            }
            let error = #expect(throws: ConfigurationErrors.self) {
                try HostConfiguration.parse(
                    "surfaces: {kisk: on}", file: "pulse.yaml", environment: ["PULSE_SURFACES": "kiosks"], knownModules: list.names,
                    knownSurfaces: list.surfaces)
            }
            #expect(
                error?.errors.map(\.description) == [
                    "pulse.yaml:1: surfaces.kisk: unknown key; did you mean 'kiosk'?",
                    "PULSE_SURFACES: unknown surface 'kiosks'; did you mean 'kiosk'?",
                ])
            try await TestApp.run { app in
                let answer = try await app.send(.get, "/kiosk/hours", as: .nobody)
                #expect(answer.status == 404 && answer.body == #"{"error":"Not found"}"#)
            }
        }
    }
}
