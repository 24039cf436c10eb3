@_spi(Host) import Access
import Common
import Definitions
import HTTPTypes
import Operations

/// Routes and collectors of every kind, to be documented.
enum SampleAPI {
    static let routes: [(module: String?, category: String?, route: Route)] = [
        (nil, nil, collect),
        (
            nil, nil,
            Route(
                anonymous: .get, "/healthz", "Check whether the process responds.", success: .json(.object([.required("ok", .boolean)])),
                use: anybody)
        ),
        (nil, nil, Route(anonymous: .get, "/api/script.js", "The browser script.", success: .other("text/javascript"), use: anybody)),
        (
            nil, nil,
            Route(
                installation: .post, "/api/admin/projects", "Create a project.", access: .write,
                body: .object(
                    [.required("name", .text(200)), .optional("domain", .nullable(.text(253)), "Host name.")], unknown: .refused),
                success: .json(.object([.required("id", .uuid)]), status: 201), use: { _ in .noContent })
        ),
        (
            nil, nil,
            Route(
                .delete, "/api/admin/projects/{id}/keys/{key}", "Revoke a key.", scope: .admin, access: .write, success: .noContent,
                use: project)
        ),
        (
            "funnels", "analysis",
            Route(
                .get, "/api/v1/funnels/{id}/analyze", "Answer `who` got how far.", scope: .query, access: .read,
                parameters: ScopeParameters.list + [
                    Parameter("mode", .choice(["strict", "loose"], default: "strict"), "How steps follow."),
                    Parameter("detail", .boolean(default: false), ""),
                    Parameter("step", .integer(1...20, default: nil), required: true, "Which."),
                ],
                success: .json(
                    .object([.required("steps", .list(.object([.required("visitors", .count), .optional("rate", .number(0...1))])))])),
                use: project)
        ),
        (
            "funnels", "analysis",
            Route(
                .patch, "/api/v1/funnels/{funnel}", "Change a funnel.", scope: .query, access: .write, body: funnel, success: .json(.any),
                use: project)
        ),
        (
            "funnels", "analysis",
            Route(.get, "/api/v1/funnels/{id}", "Get a funnel.", scope: .query, access: .read, success: .json(.any), use: project)
        ),
        (
            "surveys", "experience",
            Route(
                .get, "/api/v1/surveys/active", "Surveys to show.", scope: .frontend, access: .read, success: .json(.list(.any)),
                use: project)
        ),
    ]

    static let collect = Route(
        .post, "/api/collect", "Collect one event, or up to 1,000.", scope: .ingest, access: .write, body: .any,
        success: .json(.object([.required("ok", .boolean), .optional("accepted", .count)])), use: project)

    /// Every kind of schema.
    static let funnel = Schema.object([
        .required("name", .text(100)), .required("steps", .array(.text(200), count: 2...20)),
        .optional("kind", .choice(["open", "closed"])), .optional("window_seconds", .integer(1...86_400), "How long it may take."),
        .optional("ratio", .number(0...1)), .optional("owner", .uuid), .optional("since", .timestamp),
        .optional("link", .string(0...2_048, format: .uri)),
        .optional("active", .boolean), .optional("note", .nullable(.string(0...1_000))),
        .optional("color", .nullable(.choice(["red", "blue"]))),
        .optional("labels", .map(.text(20), limits: .init(keys: 3, bytes: 100)), "Anything."), .optional("extra", .any),
    ])

    static let collectors: [OpenAPI.CollectorDescription] = [
        ("core", "pageview", "A page was seen.", [.required("path", .text(2_048)), .optional("title", .optionalText(500))]),
        ("webvitals", "web_vitals", "How fast a page was.", [.required("lcp", .number(0...100_000), "Milliseconds.")]),
    ]

    static let commonFields: [Schema.Field] = [
        .optional("timestamp", .any, "ISO 8601 or epoch milliseconds."), .optional("visitor_id", .text(200)),
    ]

    static func document() -> String {
        OpenAPI.document(
            routes: routes, collectors: collectors, commonFields: commonFields, version: "1.2.3", serverURL: "http://localhost:8080")
    }

    static let project: @Sendable (ProjectRequest) async throws -> Answer = { _ in .noContent }
    static let anybody: @Sendable (AnonymousRequest) async throws -> Answer = { _ in .noContent }
}
