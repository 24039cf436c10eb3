@_spi(Host) import Access
import AllModules
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
@_spi(Host) import Platform
@_spi(Host) import Questions
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing
import TestSupport

/// The access checks of every route that the host serves: routes of the binary's modules, of the probe module and of the host itself. The
/// routes come from the registry, so new routes are covered automatically.
@Suite("Access checks: every route", .modules(.all))
struct EveryRouteTests {
    @Test("an unknown or repeated query parameter is rejected by name")
    func unknownParameters() async throws {
        try await AccessFixture.open(.embedded) { fixture in
            try await fixture.openEverything()
            let endpoints = fixture.endpoints.filter { [.query, .adminKey, .admin, .installation].contains($0.kind) }
            #expect(endpoints.count > 100)
            for endpoint in endpoints {
                let path = endpoint.path(in: fixture.project)
                let answer = try await fixture.app.send(
                    endpoint.route.method, path + (path.contains("?") ? "&" : "?") + "no_such=1", as: fixture.owner(of: endpoint))
                #expect(
                    answer.status == 400 && answer.body.contains("Invalid query parameter 'no_such': there is no such parameter"),
                    "\(endpoint): \(answer.body)")
            }
            for (query, sentence) in [
                ("start=2026-03-01", "'start': there is no such parameter; did you mean 'start_at'?"),
                ("limits=3", "'limits': there is no such parameter; did you mean 'limit'?"),
                ("limit=3&limit=", "'limit': it was sent more than once; send it once."),
                ("Limit=3", "'Limit': there is no such parameter; did you mean 'limit'?"),
                ("utm_source=x", "'utm_source': there is no such parameter; accepted: start_at, end_at,"),
            ] {
                let answer = try await fixture.app.get("/api/v1/pages?\(query)")
                #expect(answer.status == 400 && answer.body.contains("Invalid query parameter \(sentence)"), "\(answer.body)")
            }
            // Links to pages and requests from pages may have arbitrary parameters.
            let page = try await fixture.app.get("/dashboard?utm_source=x", as: .nobody)
            #expect(page.status == 200)
            let collected = try await fixture.app.post("/api/collect?_=1", #"{"type":"pageview","path":"/"}"#, as: .ingest)
            #expect(collected.status == 200)
        }
    }

    @Test("rejects every unauthorized caller with the exact error", arguments: Profile.available)
    func turnsAway(profile: Profile) async throws {
        try await AccessFixture.open(profile) { fixture in
            var met: Set<String> = []
            for stranger in Stranger.all {
                try await stranger.prepare(fixture)
                let endpoints = fixture.endpoints.filter(stranger.meets)
                #expect(!endpoints.isEmpty, "\(stranger.name) applies to no route")
                for endpoint in endpoints {
                    let expected = stranger.answer(fixture, endpoint)
                    let answer = try await fixture.ask(
                        endpoint, as: stranger.caller(fixture, endpoint), path: stranger.path(fixture, endpoint),
                        headers: stranger.headers(fixture, endpoint))
                    fixture.expect(answer, expected.status, expected.sentence, endpoint, asking: stranger.name)
                    #expect(answer.headers[.contentType] == "application/json; charset=utf-8", "\(endpoint)")
                    met.insert("\(endpoint)")
                }
                try await fixture.openEverything()
            }
            #expect(met == Set(fixture.endpoints.filter { $0.hasCredential }.map(\.description)))
        }
    }

    @Test("admits the callers it is meant for", arguments: Profile.available)
    func letsThrough(profile: Profile) async throws {
        try await AccessFixture.open(profile) { fixture in
            var walked = 0
            for endpoint in fixture.endpoints {
                var callers = [fixture.owner(of: endpoint)]
                for scope in endpoint.openingScopes {
                    let key = try await fixture.key(
                        [scope], modules: endpoint.module.map { [$0] + (ModuleSamples.all.requests[endpoint.description]?.modules ?? []) })
                    callers.append(endpoint.takesKey ? .key(key) : .bearer(key))
                }
                for caller in callers {
                    let answer = try await fixture.ask(endpoint, as: caller)
                    let isThrough =
                        ![401, 403, 405, 429].contains(answer.status) && answer.status < 500 && answer.body != #"{"error":"Not found"}"#
                    #expect(isThrough, "\(endpoint) as \(caller) answered \(answer.status) \(answer.body)")
                }
                walked += 1
            }
            #expect(walked == fixture.app.installation.registry.routes.count)
        }
    }

    @Test("a key in the query string is accepted like a key in the header")
    func keyInAddress() async throws {
        try await AccessFixture.open(.embedded) { fixture in
            for endpoint in fixture.endpoints where endpoint.takesKey {
                let path = endpoint.path(in: fixture.project) + "?key=\(fixture.app.keys[fixture.owner(of: endpoint)]!)"
                let answer = try await fixture.ask(endpoint, as: .nobody, path: path)
                #expect(![401, 403].contains(answer.status) && answer.status < 500, "\(endpoint) answered \(answer.status) \(answer.body)")
            }
        }
    }

    @Test("HEAD doesn't bypass the access checks")
    func head() async throws {
        try await AccessFixture.open(.embedded) { fixture in
            let endpoints = fixture.endpoints.filter { $0.route.method == .get && $0.hasCredential }
            #expect(endpoints.count > 10)
            for endpoint in endpoints {
                let answer = try await fixture.ask(endpoint, as: .nobody, method: .head)
                #expect(answer.status == 401, "\(endpoint)")
                #expect(answer.body == "", "\(endpoint)")
            }
        }
    }

    @Test(
        "an unsupported method is rejected by name, whoever the caller is", arguments: [HTTPRequest.Method.patch, .trace, .init("BREW")!])
    func otherMethods(method: HTTPRequest.Method) async throws {
        try await AccessFixture.open(.embedded) { fixture in
            for endpoint in fixture.endpoints {
                let path = endpoint.path(in: fixture.project)
                let answer = try await fixture.ask(endpoint, as: .token, method: method)
                #expect(answer.status == 405, "\(endpoint)")
                let accepted = try #require(answer.headers[.allow])
                #expect(accepted.contains(endpoint.route.method.rawValue))
                #expect(answer.body == #"{"error":"\#(method.rawValue) is not supported at \#(path.excerpt()); allowed: \#(accepted)."}"#)
            }
        }
    }

    @Test("an id with a NUL character is not found on any route", arguments: Profile.available)
    func nul(profile: Profile) async throws {
        try await AccessFixture.open(profile) { fixture in
            let endpoints = fixture.endpoints.filter { !$0.names.isEmpty && $0.hasCredential }
            #expect(endpoints.count >= 7)
            for endpoint in endpoints {
                for value in ["%00", "a%00b", "\(Endpoint.unknownID)%00", "exp-\(Endpoint.unknownID)%00"] {
                    let names = Dictionary(uniqueKeysWithValues: endpoint.names.map { ($0, value) })
                    let answer = try await fixture.ask(
                        endpoint, as: fixture.owner(of: endpoint), path: endpoint.address(in: fixture.project, names))
                    #expect(answer.status < 500, "\(endpoint) answered \(answer.status) \(answer.body)")
                    if fixture.namesThings(endpoint) {
                        #expect(answer.status == 404, "\(endpoint) answered \(answer.status) \(answer.body)")
                    }
                    // A caller without credentials still gets a 401.
                    #expect(
                        try await fixture.ask(endpoint, as: .nobody, path: endpoint.address(in: fixture.project, names)).status == 401,
                        "\(endpoint)")
                }
            }
        }
    }

    @Test(
        "an unknown path gets a 404 in the API's own format",
        arguments: [
            "/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v1/stats/nothing", "/api/v1/Gadgets", "/api/v1/%67adgets", "/api/admin",
            "/%00", "/..",
        ])
    func nowhere(path: String) async throws {
        try await AccessFixture.open(.embedded) { fixture in
            for method in [HTTPRequest.Method.get, .post, .delete, .patch] {
                let answer = try await fixture.app.send(method, path, as: .token)
                #expect(answer.status == 404, "\(method) answered \(answer.body)")
                #expect(answer.body == #"{"error":"Not found"}"#)
                #expect(answer.headers[.contentType] == "application/json; charset=utf-8")
                #expect(answer.headers[.init("X-Request-ID")!] != nil)
            }
        }
    }

    // MARK: Another project's resources

    @Test("another project's resources are not found and stay unchanged", arguments: Profile.available)
    func anotherProject(profile: Profile) async throws {
        try await AccessFixture.open(profile) { fixture in
            var walked: [String] = []
            for endpoint in fixture.endpoints where !endpoint.names.isEmpty && endpoint.hasCredential {
                let things = try await fixture.things(for: endpoint, in: fixture.other, keys: fixture.otherKeys)
                guard !things.isEmpty else { continue }
                walked.append("\(endpoint)")
                let owner: TestApp.Caller = endpoint.takesKey ? .key(fixture.otherKeys[fixture.owner(of: endpoint)]!) : .token
                let place = endpoint.address(in: fixture.other, things)
                let reader = fixture.endpoints.first { $0.route.method == .get && $0.route.shape == endpoint.route.shape }
                func look() async throws -> String? {
                    guard let reader else { return nil }
                    return try await fixture.ask(
                        reader, as: reader.takesKey ? .key(fixture.otherKeys[fixture.owner(of: reader)]!) : .token, path: place
                    ).body
                }
                let before = try await look()
                for caller in [fixture.owner(of: endpoint), endpoint.takesKey ? .admin : .bearer(fixture.app.keys[.admin]!)] {
                    let answer = try await fixture.ask(endpoint, as: caller, path: endpoint.address(in: fixture.project, things))
                    let id = things.values.sorted()[0]
                    let isNotFound = answer.status == 404 && answer.body.hasSuffix(" '\(id)' not found.\"}")
                    #expect(isNotFound, "\(endpoint) answered \(answer.status) \(answer.body)")
                }
                #expect(try await look() == before, "\(endpoint) changed what belongs to another project")
                // The owner gets the resource, so the id was real.
                let own = try await fixture.ask(endpoint, as: owner, path: place)
                #expect(
                    own.status < 300 || own.status == 400 && ModuleSamples.all.requests["\(endpoint)"]?.needsServer == true,
                    "\(endpoint) does not answer its owner: \(own.status) \(own.body)")
            }
            #expect(walked.count >= 4)
            #expect(walked.contains("PUT /api/v1/gadgets/{id}"))
            #expect(walked.contains("DELETE /api/admin/projects/{id}/keys/{key_id}"))
        }
    }

    @Test("lists don't show another project's resources", arguments: Profile.available)
    func anotherProjectsLists(profile: Profile) async throws {
        try await AccessFixture.open(profile) { fixture in
            var walked = 0
            for maker in fixture.endpoints
            where maker.route.method == .post && maker.route.success.status == 201 && maker.kind != .installation {
                guard let list = fixture.endpoints.first(where: { $0.route.method == .get && $0.route.path == maker.route.path }) else {
                    continue
                }
                walked += 1
                let caller: TestApp.Caller =
                    list.takesKey ? .key(fixture.app.keys[fixture.owner(of: list)]!) : .bearer(fixture.app.keys[.admin]!)
                let before = try await fixture.ask(list, as: caller).body
                let foreign: TestApp.Caller = maker.takesKey ? .key(fixture.otherKeys[fixture.owner(of: maker)]!) : .token
                let made = try await fixture.ask(maker, as: foreign, path: maker.path(in: fixture.other))
                let id = try #require(try made.json()["id"]?.string, "\(maker) \(made.body)")
                let after = try await fixture.ask(list, as: caller).body
                #expect(!after.contains(id) && after == before, "\(list) shows what belongs to another project: \(after)")
            }
            #expect(walked >= 2)
        }
    }

    // MARK: Completeness

    @Test("the tests cover every route, kind, module, method and access mode")
    func covers() async throws {
        try await AccessFixture.open(.embedded) { fixture in
            let endpoints = fixture.endpoints
            #expect(endpoints.count == fixture.app.installation.registry.routes.count)
            #expect(endpoints.count > 40)
            #expect(Set(endpoints.map(\.description)).count == endpoints.count)
            for kind in Endpoint.Kind.allCases where kind != .adminKey {
                #expect(endpoints.contains { $0.kind == kind }, "no route of kind \(kind.rawValue)")
            }
            for module in fixture.app.installation.registry.modules where !module.routes.isEmpty {
                #expect(endpoints.count { $0.module == module.name } >= module.routes.count)
            }
            for access in AccessMode.allCases { #expect(endpoints.contains { $0.route.access == access }) }
            for method in [HTTPRequest.Method.get, .post, .put, .delete] { #expect(endpoints.contains { $0.route.method == method }) }
        }
    }

    @Test("every protected route is tested with every kind of unauthorized caller")
    func everyRouteHasItsStrangers() async throws {
        try await AccessFixture.open(.embedded) { fixture in
            for endpoint in fixture.endpoints where endpoint.hasCredential {
                let names = Stranger.all.filter { $0.meets(endpoint) }.map(\.name)
                var least = endpoint.takesKey ? 14 : endpoint.kind == .admin ? 14 : 10
                // Three more for routes of modules: module off, wrong access level, key for other modules. `core` can't be off and can be
                // read at any level.
                if let module = endpoint.module { least += module == "core" ? (endpoint.route.access == .read ? 1 : 2) : 3 }
                if endpoint.kind == .query || endpoint.kind == .ingest { least += 1 }
                #expect(names.count >= least, "\(endpoint) rejects only \(names.count) kinds of callers: \(names)")
            }
            for stranger in Stranger.all {
                #expect(fixture.endpoints.contains(where: stranger.meets), "\(stranger.name) applies to no route")
            }
        }
    }

    @Test("every placeholder in a path can be filled")
    func paths() async throws {
        try await AccessFixture.open(.embedded) { fixture in
            for endpoint in fixture.endpoints {
                let path = endpoint.path(in: fixture.project)
                #expect(path.hasPrefix("/") && !path.contains("{") && !path.contains("}"), "\(endpoint)")
                #expect(Set(endpoint.route.pathNames).count == endpoint.route.pathNames.count, "\(endpoint) repeats a placeholder")
                if endpoint.kind == .admin {
                    #expect(endpoint.route.pathNames.first == "id" && path.hasPrefix("/api/admin/projects/"), "\(endpoint)")
                }
            }
        }
    }
}
