@_spi(Host) import Access
import Common
import Foundation
import HTTPTypes
import Operations
import Testing

@Suite("OpenAPI")
struct OpenAPITests {
    @Test("passes the strict checker of these tests")
    func isValid() throws {
        #expect(try OpenAPIChecker.problems(in: SampleAPI.document()) == [])
        #expect(
            try OpenAPIChecker.problems(in: OpenAPI.document(routes: SampleAPI.routes, collectors: [], version: "1", serverURL: "/")) == [])
        #expect(try OpenAPIChecker.problems(in: OpenAPI.document(routes: [], collectors: [], version: "1", serverURL: "/")) == [])
    }

    @Test("the strict checker finds problems")
    func strictReadingFindsProblems() throws {
        let broken = SampleAPI.document()
            .replacingOccurrences(of: "#/components/responses/NotFound", with: "#/components/responses/Lost")
            .replacingOccurrences(of: #""operationId":"getHealthz""#, with: #""operationId":"""#)
        #expect(
            try Set(OpenAPIChecker.problems(in: broken).map { $0.split(separator: ":").last }) == [
                " #/components/responses/Lost leads nowhere", " operationId ''",
            ])
    }

    @Test(
        "is valid according to openapi-spec-validator",
        .enabled(if: ExternalTool.hasOpenAPIValidator, "python3's package openapi-spec-validator is not installed"))
    func isValidForOthers() throws {
        let code = "import json, sys; from openapi_spec_validator import validate; validate(json.load(sys.stdin))"
        let result = try ExternalTool.python(code, input: SampleAPI.document())
        #expect(result.status == 0, "\(result.output)")
    }

    @Test("doesn't depend on the order of the routes")
    func isDeterministic() {
        let reversed = OpenAPI.document(
            routes: SampleAPI.routes.reversed(), collectors: SampleAPI.collectors.reversed(), commonFields: SampleAPI.commonFields,
            version: "1.2.3", serverURL: "http://localhost:8080")
        #expect(reversed == SampleAPI.document())
    }

    @Test("describes an endpoint completely")
    func endpoint() throws {
        let parameters = """
            {"in":"path","name":"id","required":true,"schema":{"minLength":1,"type":"string"}},\
            {"description":"Rows at most.","in":"query","name":"limit","schema":{"default":10,"maximum":1000,"minimum":1,"type":"integer"}},\
            {"description":"How steps follow.","in":"query","name":"mode","schema":{"$ref":"#/components/schemas/FunnelMode","default":"strict"}},\
            {"in":"query","name":"detail","schema":{"default":false,"type":"boolean"}},\
            {"description":"Zone.","in":"query","name":"timezone","required":true,"schema":{"maxLength":64,"type":"string"}}
            """
        let route = Route(
            .get, "/api/v1/funnels/{id}/analyze", "Analyze a funnel.", scope: .query, access: .read,
            parameters: [
                Parameter("limit", .integer(1...1_000, default: 10), "Rows at most."),
                Parameter("mode", .choice(["strict", "loose"], default: "strict"), "How steps follow."),
                Parameter("detail", .boolean(default: false), ""),
                Parameter("timezone", .text(maximum: 64), required: true, "Zone."),
            ],
            success: .json(.object([.required("visitors", .count)])), use: SampleAPI.project)
        let document = OpenAPI.document(routes: [("funnels", "analysis", route)], collectors: [], version: "1", serverURL: "/")
        let operation = try #require(try JSON.parse(document)["paths"]?["/api/v1/funnels/{id}/analyze"]?["get"])
        #expect(
            Self.text(operation) == """
                {"operationId":"analyzeFunnel","parameters":[\(parameters)],"responses":{"200":{"content":{"application/json":\
                {"example":{"visitors":120},"schema":{"$ref":"#/components/schemas/FunnelReport"}}},\
                "description":"Success.","headers":{"X-RateLimit-Limit":{"$ref":"#/components/headers/RateLimitLimit"},\
                "X-RateLimit-Remaining":{"$ref":"#/components/headers/RateLimitRemaining"},"X-RateLimit-Reset":{"$ref":"#/components/headers/RateLimitReset"}}},\
                "400":{"$ref":"#/components/responses/BadRequest"},"401":{"$ref":"#/components/responses/Unauthorized"},\
                "403":{"$ref":"#/components/responses/Forbidden"},"404":{"$ref":"#/components/responses/NotFound"},\
                "429":{"$ref":"#/components/responses/TooManyRequests"},"431":{"$ref":"#/components/responses/HeaderFieldsTooLarge"},"503":{"$ref":"#/components/responses/Unavailable"}},\
                "security":[{"pulseKey":["query"]},{"pulseKeyQuery":["query"]}],"summary":"Analyze a funnel.","tags":["funnels"],\
                "x-pulse-access":"read","x-pulse-module":"funnels","x-pulse-scope":"query"}
                """)
    }

    @Test(
        "says who may call an endpoint, and which statuses it returns",
        arguments: [
            ("get /healthz", "service", "anonymous", "[]", "200 431 503"),
            (
                "post /api/collect", "collection", "ingest", #"[{"pulseKey":["ingest"]},{"pulseKeyQuery":["ingest"]}]"#,
                "200 400 401 403 413 415 429 431 503"
            ),
            ("post /api/admin/projects", "administration", "installation", #"[{"adminToken":[]}]"#, "201 400 401 413 429 431 503"),
            (
                "delete /api/admin/projects/{id}/keys/{key}", "administration", "admin", #"[{"adminToken":[]},{"adminKey":["admin"]}]"#,
                "204 400 401 403 404 429 431 503"
            ),
            (
                "get /api/v1/surveys/active", "surveys", "frontend",
                #"[{"pulseKey":["ingest"]},{"pulseKeyQuery":["ingest"]},{"pulseKey":["query"]},{"pulseKeyQuery":["query"]}]"#,
                "200 401 403 429 431 503"
            ),
            (
                "patch /api/v1/funnels/{funnel}", "funnels", "query", #"[{"pulseKey":["query"]},{"pulseKeyQuery":["query"]}]"#,
                "200 400 401 403 404 413 429 431 503"
            ),
        ])
    func access(endpoint: String, tag: String, scope: String, security: String, statuses: String) throws {
        let parts = endpoint.split(separator: " ").map(String.init)
        let operation = try #require(try JSON.parse(SampleAPI.document())["paths"]?[parts[1]]?[parts[0]])
        #expect(operation["tags"]?.elements.map(\.string) == [tag])
        #expect(operation["x-pulse-scope"]?.string == scope)
        #expect(operation["security"].map(Self.text) == security)
        #expect(operation["responses"]?.members.map(\.name).sorted().joined(separator: " ") == statuses)
    }

    @Test("merges paths that differ only in parameter names")
    func sameShape() throws {
        let paths = try #require(try JSON.parse(SampleAPI.document())["paths"])
        #expect(paths["/api/v1/funnels/{funnel}"]?.members.map(\.name) == ["get", "patch"])
        #expect(paths["/api/v1/funnels/{id}"] == nil)
    }

    @Test("describes the events that can be collected")
    func collection() throws {
        let document = try JSON.parse(SampleAPI.document())
        let schemas = try #require(document["components"]?["schemas"])
        #expect(
            schemas.members.map(\.name).filter { $0.contains("Event") } == [
                "CommonEventFields", "Event", "EventPageview", "EventWebVitals", "Events",
            ])
        #expect(
            schemas["Event"].map(Self.text) == """
                {"discriminator":{"mapping":{"pageview":"#/components/schemas/EventPageview","web_vitals":"#/components/schemas/EventWebVitals"},\
                "propertyName":"type"},"oneOf":[{"$ref":"#/components/schemas/EventPageview"},{"$ref":"#/components/schemas/EventWebVitals"}]}
                """)
        #expect(
            schemas["EventWebVitals"].map(Self.text) == """
                {"allOf":[{"$ref":"#/components/schemas/CommonEventFields"},{"properties":{"lcp":\
                {"description":"Milliseconds.","maximum":100000,"minimum":0,"type":"number"},"type":{"const":"web_vitals"}},\
                "required":["type","lcp"],"type":"object"}],"description":"How fast a page was.","x-pulse-module":"webvitals"}
                """)
        let body = document["paths"]?["/api/collect"]?["post"]?["requestBody"]
        #expect(
            body.map(Self.text) == """
                {"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Events"}},\
                "text/plain":{"schema":{"$ref":"#/components/schemas/Events"}}},"required":true}
                """)
    }

    @Test(
        "describes exactly what is accepted",
        .enabled(if: ExternalTool.hasOpenAPIValidator, "python3's package jsonschema is not installed"))
    func agreesWithChecks() throws {
        let route = Route(
            .post, "/probe", "Probe.", scope: .query, access: .write, body: SampleAPI.funnel, success: .noContent, use: SampleAPI.project)
        let document = try JSON.parse(OpenAPI.document(routes: [(nil, nil, route)], collectors: [], version: "1", serverURL: "/"))
        let body = document["paths"]?["/probe"]?["post"]?["requestBody"]?["content"]?["application/json"]?["schema"]
        let components = try #require(document["components"]).setting("responses") { $0.object { _ in } }
        let schema = try #require(body).setting("components") { $0.append(components) }.text
        let code = """
            import json, sys, jsonschema
            schema, *values = json.load(sys.stdin)
            validator = jsonschema.Draft202012Validator(schema)
            validator.check_schema(schema)
            print("".join("1" if validator.is_valid(value) else "0" for value in values))
            """
        let ours = try Self.bodies.map { body in
            let value = try JSON.parse(body)
            return (try? SampleAPI.funnel.check(value)) == nil ? "0" : "1"
        }.joined()
        let theirs = try ExternalTool.python(code, input: "[\(schema),\(Self.bodies.joined(separator: ","))]")
        #expect(theirs.output == ours + "\n")
        #expect(ours.contains("1") && ours.contains("0"))
    }

    /// Complete bodies, then `{"name":...,"steps":...}` with one more member each, valid and invalid.
    static let bodies =
        [
            "{}", "[]", "null", #"{"name":"A"}"#, #"{"name":"","steps":["a","b"]}"#, #"{"name":"A","steps":["a"]}"#,
            #"{"name":"A","steps":"ab"}"#,
        ]
        + [
            "", #","more":1"#, #","kind":"open""#, #","kind":"Open""#, #","kind":null"#, #","window_seconds":0"#, #","window_seconds":1"#,
            #","window_seconds":1.5"#, #","window_seconds":86401"#, #","ratio":1.0"#, #","ratio":1.01"#, #","ratio":"1""#,
            #","owner":"2f1d6b52-7c1e-4a63-9d6c-1f0f0b8f8a11""#, #","owner":"2f1d6b52""#, #","since":"2026-03-01""#,
            #","since":"2026-03-01T10:00:00.250+02:00""#, #","since":"2026-03-01 10:00""#, #","since":"yesterday""#, #","active":true"#,
            #","active":1"#, #","note":null"#, #","note":"x""#, #","note":5"#, #","color":null"#, #","color":"red""#, #","color":"green""#,
            #","labels":{"a":"b"}"#, #","labels":{"a":1}"#, #","labels":{"a":"b","c":"d","e":"f","g":"h"}"#, #","labels":[]"#,
            #","extra":[1,{}]"#,
        ].map { #"{"name":"A","steps":["a","b"]\#($0)}"# }

    private static func text(_ value: JSON) -> String {
        var text = JSONText()
        text.append(value)
        return text.string
    }
}
