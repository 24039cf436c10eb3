import Common
import Core
@_spi(Host) @testable import Host
import NIOCore
import Synchronization

/// A second surface, which only tests use: information screens, each with a badge. Everything that a surface decides is different from
/// Pulse's own surface. Load it in addition to the modules of the suite, and give `badges` the screens that may ask.
package struct KioskModule: AnalyticsModule {
    package static let manifest = ModuleManifest(
        name: "kiosk", category: .surface, summaries: ["en": "Exercises the platform's second surface in tests."])

    package static let notices = Resource(
        "Notice", path: "/kiosk/notices", table: "kiosk_notices",
        fields: [
            .required("title", .text(40), "The title, unique within the project."), .optional("lines", .array(.text(20), count: 0...3)),
        ],
        unique: "title")

    package let badges = Badges()

    package init(_ setup: ModuleSetup = ModuleSetup()) throws { try setup.settings.read { _ in } }

    package var surface: (any Surface)? { KioskSurface(badges: badges) }
    package var migrations: [Migration] { [Migration("001-notices", on: .control, [Self.notices.creation])] }

    private static let list = Shape<[String]>.list(.text(2_048)).undescribed
    private static let note = Shape<[ExactText: String]>.map(.text(200)).undescribed

    package var routes: [Route] {
        let notice = Self.notices.sorted
        return [
            Route(.post, "/", "Note that somebody came by.", scope: .ingest, access: .write) { _ in },
            Route(
                .get, "/kiosk/notices", "List the notices.", scope: .query, access: .read, pages: notice
            ) { call in
                (try await Self.notices.page(call), Int64(try await Self.notices.all(call).count))
            },
            Route(
                .post, "/kiosk/notices", "Put up a notice.", scope: .query, access: .write, body: .object(Self.notices.fields),
                answer: notice, status: 201
            ) { call in
                try await Self.notices.create(try await call.body(), for: call)
            },
            Route(.get, "/kiosk/notices/{id}", "Read a notice.", scope: .query, access: .read, answer: notice) { call in
                try await Self.notices.require(call)
            },
            Route(.delete, "/kiosk/notices/{id}", "Take down a notice.", scope: .query, access: .write) { call in
                try await Self.notices.delete(try await Self.notices.require(call), call)
            },
            Route(
                .get, "/kiosk/pages", "The pages that were visited, by the module `core`.", scope: .query, access: .read,
                answer: Self.list
            ) { call in
                try await Self.pages(call)
            },
            Route(
                .get, "/kiosk/ticker", "A stream that says hello and then nothing.", scope: .query, access: .read,
                success: .other("text/plain")
            ) { _ in
                badges.ticker
            },
            Route(.post, "/kiosk/counts", "Count the pages later.", scope: .query, access: .write, success: .noContent) { call in
                try await call.tasks.enqueue("count", for: call.project.id, at: call.now.adding(seconds: 60))
                return .nothing
            },
            Route(.post, "/kiosk/counts/nightly", "Count the pages each night.", scope: .query, access: .write, success: .noContent) {
                call in
                try await call.store.write { transaction in
                    let nightly = Schedule("nightly \(call.project.id)", .daily(at: TimeOfDay(3)), kind: "count")
                    try await call.schedules.set(nightly, for: call.project.id, in: transaction)
                }
                return .nothing
            },
            Route(
                .post, "/kiosk/links", "Make a link that shows the pages to everybody.", scope: .query, access: .write,
                answer: Shape<String>.text(200).undescribed
            ) { call in
                badges.link(call.project.id, call.allowedModules, call.maker)
            },
            Route(
                publicToken: .get, "/kiosk/links/{token}", "The pages that a link shows.", answer: Self.list,
                resolve: { token, _ in
                    guard let link = badges.link(token) else { throw ServiceError.notFound("Link", token) }
                    return link
                }
            ) { call in
                (try await Self.pages(call), [:])
            },
            Route(caller: .get, "/kiosk/halls", "The halls that the screen may show.", scope: .query, access: .read, answer: Self.list) {
                call in
                call.projects.map(\.name)
            },
            Route(
                caller: .get, "/kiosk/halls/{hall}/pages", "The pages of a hall.", scope: .query, access: .read, answer: Self.list
            ) { call in
                try await Self.pages(try call.project(call.path("hall")))
            },
            Route(
                caller: .post, "/kiosk/halls/counts", "Count the pages of all halls later.", scope: .query, access: .write,
                success: .noContent
            ) { call in
                try await call.tasks.enqueue("tour", Shaped(call.projects.map(\.id), .list(.uuid)), at: call.now.adding(seconds: 60))
                return .nothing
            },
            Route(
                caller: .get, "/kiosk/halls/ticker", "A stream for all halls.", scope: .query, access: .read, success: .other("text/plain")
            ) { _ in
                badges.ticker
            },
            Route(installation: .get, "/kiosk/office/ticker", "A stream for the office.", access: .read, success: .other("text/plain")) {
                _ in
                badges.ticker
            },
            Route(installation: .get, "/kiosk/office", "For the administrator of all kiosks.", access: .read, answer: Self.note) {
                call in
                ["caller": call.actor]
            },
            Route(anonymous: .get, "/kiosk/hours", "When the kiosk is open.", answer: Self.note) { _ in ["from": "08:00"] },
        ]
    }
}

extension KioskModule {
    package func tasks(_ context: ModuleContext) -> [TaskKind] {
        [
            TaskKind("count", "Counts the pages.", maximumAttempts: 1) { task in
                badges.note(try await Self.pages(try await context.work(for: task)).count)
            },
            TaskKind("tour", "Counts the pages of several halls.", maximumAttempts: 1) { task in
                for hall in task.payload.elements {
                    badges.note(try await Self.pages(try await context.work(for: hall.string ?? "")).count)
                }
            },
        ]
    }

    private static func pages(_ call: ProjectRequest) async throws -> [String] {
        try call.require(module: "core")
        let rows = try await call.wholeScope().rows(
            "kiosk.pages", [.tally("viewed", by: ["path"], [], from: "pageviews")], "SELECT path FROM viewed ORDER BY path LIMIT 100")
        return rows.map { $0.text("path") }
    }
}

/// The screens that the kiosk's surface knows.
package final class Badges: Sendable {
    package struct Screen: Sendable {
        package let id: String
        package let rights: Rights
        package let plan: String
    }

    private let screens = Mutex<[String: Screen]>([:])
    private let links = Mutex<[String: PublicToken]>([:])
    private let noted = Mutex<[Int]>([])
    private let asked = Mutex(0)

    /// Makes a badge for a screen.
    /// - Parameter project: nil for the administrator of all kiosks.
    package func make(
        _ scopes: Set<KeyScope>, in project: Project?, modules: [String]? = nil, until end: Instant? = nil, plan: String = "free"
    ) -> String {
        make(Rights(scopes: scopes, modules: modules, projects: project.map { [$0.id] }, expiresAt: end), plan: plan)
    }

    package func make(_ rights: Rights, plan: String = "unlimited") -> String {
        let badge = Identifiers.token(prefix: "badge_", length: 16)
        screens.withLock { $0[badge] = Screen(id: "s\($0.count + 1)", rights: rights, plan: plan) }
        return badge
    }

    package func revoke(_ badge: String) { screens.withLock { $0[badge] = nil } }
    package func screen(_ badge: String) -> Screen? { screens.withLock { $0[badge] } }
    /// The badge and the screen with this id, whichever badge it has now.
    package func owner(id: String) -> (badge: String, screen: Screen)? {
        screens.withLock { $0.first { $0.value.id.isExactly(id) } }.map { ($0.key, $0.value) }
    }

    /// Limits a screen to some modules.
    package func limit(_ badge: String, to modules: [String]) {
        change(badge) { Rights(scopes: $0.scopes, modules: modules, projects: $0.projects) }
    }

    /// Changes the rights of a screen.
    package func change(_ badge: String, _ change: (Rights) -> Rights) {
        screens.withLock { screens in
            guard let old = screens[badge] else { return }
            screens[badge] = Screen(id: old.id, rights: change(old.rights), plan: old.plan)
        }
    }

    fileprivate func link(_ project: String, _ modules: [String]?, _ maker: Maker) -> String {
        links.withLock { links in
            let token = "l\(links.count + 1)"
            links[token] = PublicToken(project: project, holder: "link \(token)", allowedModules: modules, maker: maker)
            return token
        }
    }
    fileprivate func link(_ token: String) -> PublicToken? { links.withLock { $0[token] } }

    /// What the tasks counted.
    package var counts: [Int] { noted.withLock { $0 } }
    fileprivate func note(_ count: Int) { noted.withLock { $0.append(count) } }

    /// A stream that says hello and then nothing.
    fileprivate var ticker: Answer {
        let stream = AsyncStream<ByteBuffer> {
            guard self.ask() > 1 else { return ByteBuffer(string: "hello") }
            // Until the reader gives up.
            try? await Task.sleep(for: .seconds(600))
            return nil
        }
        return Answer(status: 200, headers: [.contentType: "text/plain"], body: .stream(ByteStream(stream)))
    }

    /// How often the ticker was asked for its next piece.
    package var asks: Int { asked.withLock { $0 } }
    func ask() -> Int {
        asked.withLock { asked in
            asked += 1
            return asked
        }
    }
}

package struct KioskSurface: Surface {
    let badges: Badges
    package let name = "kiosk"

    /// `POST /` only with the kiosk's header, as `GET /` is Pulse's.
    package func owns(_ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields) -> Bool {
        path.hasPrefix("/kiosk/") || (path == "/" && method == .post && (headers[Self.header] != nil || Self.isAskedFor(headers)))
    }

    /// A preflight names the headers that the page is going to send.
    private static func isAskedFor(_ headers: HTTPFields) -> Bool {
        headers[.accessControlRequestHeaders]?.lowercased().contains("x-kiosk") == true
    }

    package static let header = HTTPField.Name("X-Kiosk")!
    /// Names the project, for screens of several.
    package static let hall = HTTPField.Name("X-Hall")!

    package func credential(of request: IncomingRequest, for route: Route) -> Credential? {
        guard let header = request.headers[.authorization], header.hasPrefix("Badge ") else { return nil }
        return .own(String(header.dropFirst(6)))
    }

    package func admission(for credential: String, of request: AnonymousRequest, to route: Route) async throws -> Admission? {
        guard let screen = badges.screen(credential) else { return nil }
        return Admission(principal(screen, credential), project: request.request.headers[Self.hall])
    }

    package func principal(_ kind: String, _ id: String, for request: AnonymousRequest) async throws -> SurfacePrincipal? {
        guard kind == "screen", let (badge, screen) = badges.owner(id: id) else { return nil }
        return principal(screen, badge)
    }

    private func principal(_ screen: Badges.Screen, _ badge: String) -> SurfacePrincipal {
        SurfacePrincipal(kind: "screen", id: screen.id, rights: screen.rights, plan: screen.plan) { [badges] in
            badges.screen(badge) != nil
        }
    }

    // MARK: Rates

    package func rates(onArrivalOf request: IncomingRequest, at route: Route?) -> [RateRule] {
        [RateRule("arrival", for: "address \(request.clientAddress)", count: 1_000, seconds: 3_600)]
    }

    package func rates(of principal: Principal, in project: Project?, at route: Route) -> [RateRule] {
        guard case .other(let screen) = principal, let plan = screen.plan, plan != "unlimited" else { return [] }
        return [RateRule(plan, for: screen.id, count: plan == "pro" ? 5 : 3, seconds: 60)]
    }

    package func label(_ headers: inout HTTPFields, with rate: RateState) {
        rate.label(&headers, reset: String(rate.resetsAt.milliseconds / 1_000))
    }

    // MARK: Responses

    package func sentence(about error: ServiceError) -> String {
        switch error.evidence {
        case .missingCredential: "Show your badge."
        case .invalidCredential: "This badge opens nothing."
        case .moduleForbidden(let module, _): "This screen doesn't show '\(module)'."
        case .missingProject: "Say which hall."
        case .notFound(let resource, let id): "No \(resource.lowercased()) has the number \(id)."
        case .wrongMethod, .unknownPath: "There is nothing here."
        case .body(_, let constraint): constraint
        case .content(_, _, let reason): reason
        default: error.message
        }
    }

    package func answer(to error: ServiceError) -> Answer {
        var text = JSONText()
        text.object { text in
            text.member("ok", false)
            text.member("reason", sentence(about: error))
            if let field = error.evidence?.field { text.member("field", field) }
            if case .rateLimited(let seconds) = error.evidence { text.member("wait", Int64(seconds)) }
        }
        let status = [405: 404, 413: 400][error.status] ?? error.status
        return .written(text, status: status)
    }

    package func write(_ answer: Answer, as outcome: Answer.Outcome) throws -> Answer {
        var text = JSONText(instants: instants), answer = answer
        try text.object { text in
            text.member("ok", true)
            if outcome != .nothing {
                text.name("result")
                try answer.write(to: &text)
            }
            if case .page(let total?) = outcome { text.member("of", total) }
        }
        answer.headers[.contentType] = "application/json"
        return answer.written(ByteBuffer(bytes: text.bytes), status: 200)
    }

    /// `2026-03-02 12:00:00`
    package var instants: InstantText? { { String($0.iso8601.prefix(19)).replacing("T", with: " ") } }

    package func label(_ headers: inout HTTPFields, in context: ResponseContext) {
        if context.isEncrypted { headers[.strictTransportSecurity] = "max-age=31536000" }
        headers[.contentSecurityPolicy] = "default-src 'self'"
        headers[.cacheControl] = "no-store"
    }

    package func crossOrigin(for audience: Audience) -> CrossOriginPolicy {
        CrossOriginPolicy(
            origins: ["https://kiosk.example"], requestHeaders: "Authorization, X-Kiosk", responseHeaders: "X-RateLimit-Remaining")
    }

    package var description: SurfaceDescription {
        SurfaceDescription(
            title: "Kiosk", summary: "Screens in the hall.", introduction: "Show your badge: `Authorization: Badge badge_...`.",
            securitySchemes: [("badge", #"{"type":"apiKey","in":"header","name":"Authorization"}"#)],
            schemes: { scope in
                switch scope {
                case .anonymous, .publicToken: []
                case .key(let scope): [("badge", [scope.rawValue])]
                case .frontend: [("badge", ["ingest"])]
                case .admin, .installation: [("badge", ["admin"])]
                }
            },
            envelope: { schema, outcome in
                let ok = Schema.Field.required("ok", .boolean)
                guard let schema, outcome != .nothing else { return .object([ok]) }
                if case .page = outcome { return .object([ok, .required("result", schema), .required("of", .count)]) }
                return .object([ok, .required("result", schema)])
            },
            error: #"{"type":"object","required":["ok","reason"],"properties":{"ok":{"const":false},"reason":{"type":"string"}}}"#)
    }
}
