@_spi(Host) import Access
import Common
@_spi(Host) import Enrichment
import HTTPTypes
import Ingest
import NIOCore
@_spi(Host) import Platform
import Questions
import Settings
import Storage

/// `/dashboard`: the page, its files, and the log-in.
struct DashboardRoutes: Sendable {
    let files: DashboardFiles
    let sessions: DashboardSessions
    /// Counts failed log-ins by address.
    let attempts: Attempts
    static let maximumAttempts = 10
    /// Counts log-ins that begin a session, by key. They are limited because every ended session stays stored until its cookie
    /// would have expired.
    let logIns: Attempts
    static let maximumLogIns = 60
    let modules: [any AnalyticsModule]
    /// The GeoIP database; nil if this host doesn't look up locations.
    let places: GeoIP?

    init(modules: [any AnalyticsModule], sessions: DashboardSessions, time: any TimeSource, places: GeoIP? = nil) {
        self.places = places
        files = DashboardFiles(modules)
        attempts = Attempts("failed log-ins from your address", maximum: Self.maximumAttempts, time: time)
        logIns = Attempts("log-ins with this key", maximum: Self.maximumLogIns, time: time)
        self.sessions = sessions
        self.modules = modules
    }

    var routes: [Route] {
        [
            Route(anonymous: .get, "/dashboard", "The dashboard.", success: .other("text/html"), use: shell),
            Route(anonymous: .get, "/dashboard/{page}", "A page of the dashboard.", success: .other("text/html"), use: shell),
            Route(
                anonymous: .get, "/dashboard/web/{version}/{file}", "A script or style of the dashboard.",
                success: .other("text/javascript")
            ) { call in
                try files.answer(call)
            },
            Route(
                anonymous: .get, "/dashboard/session", "Get the dashboard's session: who is logged in, and what they can see.",
                success: .json(State.shape.schema)
            ) { call in
                try answer(sessions.session(in: call.request.headers), call)
            },
            Route(
                anonymous: .post, "/dashboard/login", "Log in to the dashboard with a key or the admin token.",
                success: .json(State.shape.schema),
                use: logIn),
            Route(anonymous: .delete, "/dashboard/session", "Log out of the dashboard.", success: .noContent) { call in
                if let session = sessions.session(in: call.request.headers) {
                    try await call.directory.endSession(session.id, lifetimeDays: DashboardSessions.lifetimeDays)
                }
                var answer = Answer.noContent
                answer.headers[.setCookie] = try sessions.cookie(nil, for: call.request)
                return answer
            },
        ].map { $0.undocumented() }
    }

    @Sendable private func shell(_ call: AnonymousRequest) async throws -> Answer {
        let needed = files.files(of: call.request.pathParameters["page"] ?? "")
        return Answer(
            status: 200,
            headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-cache", .contentSecurityPolicy: DashboardShell.policy],
            body: .bytes(ByteBuffer(string: DashboardShell.html(version: files.version, page: needed))))
    }

    // MARK: Log-in

    private static let body = Schema.object([.required("key", .text(200), "A key with the scope query or admin, or the admin token.")])

    /// `POST /dashboard/login {"key": "..."}` adds a project's key to the session. For the admin token, it adds the right to
    /// administer.
    @Sendable private func logIn(_ call: AnonymousRequest) async throws -> Answer {
        guard call.request.headers.value(DashboardSessions.header) != nil else {
            throw ServiceError(
                status: 400, code: "not_the_dashboard",
                message: "Log-in is for the dashboard; other clients send their key with each request.")
        }
        let bytes = try await call.rawBody(), json = try bytes.withUnsafeReadableBytes { try JSON.parse($0) }
        try Self.body.check(json)
        let credential = (json["key"]?.string ?? "").trimmingSpaces
        let address = call.request.clientAddress, old = sessions.session(in: call.request.headers)
        var session = old ?? DashboardSession(expiresAt: 0)
        if let administrator = sessions.administrator(credential) {
            try attempts.admit(credential, from: address)
            if old == nil { try logIns.count("admin token") }
            session.administrator = administrator
        } else if let key = call.directory.key(secret: credential) {
            guard key.has(.query) else {
                throw ServiceError(
                    status: 403, code: "missing_scope",
                    message: "This key sends data and can't read it. Log in with a key that has the scope 'query'.")
            }
            if old == nil { try logIns.count(key.id) }
            session.key = credential
        } else {
            try attempts.count(address)
            throw ServiceError(
                status: 401, code: "invalid_credential",
                message: "This is neither a valid key nor the admin token. Was it copied completely? 'pulse key create' creates a new key.")
        }
        var answer = try answer(session, call)
        answer.headers[.setCookie] = try sessions.cookie(session, for: call.request)
        return answer
    }

    // MARK: Session state

    private struct State: Sendable {
        struct Module: Sendable {
            let name: String, category: String, summaries: [String: String], state: ModuleState

            static let shape = Shape<Module>([
                .required("name", \.name, .text(64)), .required("category", \.category, .text(64)),
                .required("summaries", \.summaries, .map(.text(500))), .required("enabled", \.state.isEnabled, .boolean),
                .required("access", \.state.access, .choice),
            ])
        }

        struct Reason: Sendable {
            let name: String, words: [String: String], told: Bool

            static let shape = Shape<Reason>([
                .required("name", \.name, .text(64)), .required("words", \.words, .map(.text(200))), .required("told", \.told, .boolean),
            ])
        }

        struct Dimension: Sendable {
            let name: String, titles: [String: String]

            static let shape = Shape<Dimension>([
                .required("name", \.name, .text(64)), .required("titles", \.titles, .map(.text(100))),
            ])
        }

        struct Entry: Sendable {
            let id: String, module: String, category: String, titles: [String: String], script: String, available: Bool

            static let shape = Shape<Entry>([
                .required("id", \.id, .text(64)), .required("module", \.module, .text(64)), .required("category", \.category, .text(64)),
                .required("titles", \.titles, .map(.text(100))), .required("script", \.script, .text(100)),
                .required("available", \.available, .boolean),
            ])
        }

        private static let site = Shape<Project>([
            .required("id", \.id, .uuid), .required("name", \.name, .text(200)), .required("domain", \.domain, .text(253)),
        ])
        private static let credit = Shape<GeoIP.Attribution>([
            .required("text", \.text, .text(100)), .required("url", \.url, .text(200)),
        ])

        static let shape = Shape<State>([
            .required("ok", { _ in true }, .boolean), .required("version", { _ in Version.current }, .text(50)),
            .required("administrator", \.administrator, .boolean),
            .required("manager", \.manager, .boolean, "Whether the key may change its project."),
            .optional("url", \.url, .text(300), "The public URL of this installation; absent if none is configured."),
            .optional("project", \.project, site),
            .optional("places", \.places, credit, "The source of the location data, to be credited."),
            .optional("geography", \.geography, .choice(["country", "city"]), "How precise the GeoIP database is; absent without one."),
            .required("modules", \.modules, .list(Module.shape)), .required("pages", \.pages, .list(Entry.shape)),
            .required(
                "dimensions", \.dimensions, .list(Dimension.shape),
                "Dimensions that the enabled modules add to those of activity, for filters."),
            .optional(
                "reasons", \.reasons, .list(Reason.shape),
                "Reasons for which the steps of modules drop events; absent if there are none."),
        ])

        var administrator = false
        var url: String?
        var project: Project?
        var places: GeoIP.Attribution?
        var geography: String?
        /// Whether the key has the scope `admin`, which lets it change its project.
        var manager = false
        var modules: [Module] = []
        var pages: [Entry] = []
        var dimensions: [Dimension] = []
        var reasons: [Reason]?
    }

    private func answer(_ session: DashboardSession?, _ call: AnonymousRequest) throws -> Answer {
        var state = State()
        if let session {
            let key = session.key.flatMap { call.directory.key(secret: $0) }
            let project = key.flatMap { call.directory.project($0.projectID) }
            state.administrator = sessions.isAdministrator(session)
            state.url = call.services.publicURL
            state.project = project
            state.manager = key?.has(.admin) ?? false
            state.places = project == nil ? nil : places?.attribution
            state.geography = project == nil ? nil : places.map { $0.hasOnlyCountries ? "country" : "city" }
            if project != nil || state.administrator { describe(project, key, call.directory, in: &state) }
        }
        var answer = Answer.json(state, State.shape)
        answer.headers[.cacheControl] = "no-store"
        return answer
    }

    private func describe(_ project: Project?, _ key: APIKey?, _ directory: Directory, in state: inout State) {
        let reasons = modules.flatMap(\.dropReasons)
        if !reasons.isEmpty { state.reasons = reasons.map { .init(name: $0.name, words: $0.words, told: $0.isTold) } }
        for module in modules {
            let manifest = type(of: module).manifest
            let setting = project.map { directory.state(of: module.name, in: $0) } ?? directory.defaults.state(of: module.name)
            state.modules.append(
                .init(
                    name: module.name, category: manifest.category.rawValue, summaries: manifest.summaries, state: setting))
            guard let project else { continue }
            let isAvailable = (try? directory.checkModule(module.name, .read, project, key)) != nil
            state.pages += module.pages.map {
                .init(
                    id: $0.id, module: module.name, category: manifest.category.rawValue, titles: $0.titles,
                    script: DashboardFiles.name(of: $0),
                    available: isAvailable)
            }
            if isAvailable { state.dimensions += module.dimensions.map { .init(name: $0.name, titles: $0.titles) } }
        }
    }
}
