import AllModules
import Core
import Testing
import TestSupport

/// A request that is wrong in several ways gets the error that comes first in this order: 401, 429, 403 for the scope, 403 for a module
/// that is off, 403 for the access level, 403 for the key's modules, 404, 400. Each step below fixes what the previous step was rejected
/// for.
@Suite("Order of checks", .modules(.all))
struct OrderOfChecksTests {
    private static let limited = "Rate limit exceeded. Retry after 1 second."
    private static let broken = "{"

    @Test("on routes that take a project key", arguments: Profile.available)
    func keys(profile: Profile) async throws {
        try await AccessFixture.open(profile) { fixture in
            var met: Set<Int> = []
            for endpoint in fixture.endpoints where endpoint.takesKey {
                try await walk(endpoint, in: fixture, &met)
            }
            let all: Set<Int> = [400, 401, 403, 404, 429]
            #expect(met == (fixture.hasOwnClock ? all : all.subtracting([429])))
        }
    }

    private func walk(_ endpoint: Endpoint, in fixture: AccessFixture, _ met: inout Set<Int>) async throws {
        let wrong = [KeyScope.ingest, .query].filter { !endpoint.openingScopes.contains($0) }
        let elsewhere = [fixture.module(otherThan: endpoint.module)]
        let path = endpoint.path(in: fixture.project)
        let level: AccessLevel = endpoint.route.access == .read ? .write : .read
        func step(_ caller: TestApp.Caller, _ status: Int, _ sentence: String, at place: String? = nil) async throws {
            let body = endpoint.route.body == nil ? nil : Self.broken
            fixture.expect(try await fixture.ask(endpoint, as: caller, path: place ?? path, body: body), status, sentence, endpoint)
            met.insert(status)
        }
        let isGated = endpoint.module != nil && endpoint.module != "core"
        if let module = endpoint.module, isGated { try await fixture.set(module, isEnabled: false, access: level) }
        if fixture.hasOwnClock { fixture.setLimits(ingest: 1, query: 1) }

        try await step(.nobody, 401, "Missing API key. Provide it via X-Pulse-Key header or ?key= query parameter.")
        try await step(.key("wrong"), 401, "Invalid API key.")
        if fixture.hasOwnClock {
            let outsider = try await fixture.key(wrong.isEmpty ? [.ingest] : wrong, modules: elsewhere)
            _ = try await fixture.ask(endpoint, as: .key(outsider), body: Self.broken)
            try await step(.key(outsider), 429, Self.limited)
            fixture.setLimits()
        }
        if !wrong.isEmpty {
            let outsider = try await fixture.key(wrong, modules: elsewhere)
            try await step(
                .key(outsider), 403, "API key does not have the required '\(endpoint.neededScope.rawValue)' scope for this endpoint.")
        }
        let restricted = try await fixture.key(endpoint.openingScopes, modules: elsewhere)
        if let module = endpoint.module {
            if isGated {
                try await step(.key(restricted), 403, "Module '\(module)' is not enabled for this project.")
                try await fixture.set(module, isEnabled: true)
                try await step(
                    .key(restricted), 403, "Module '\(module)' does not allow \(endpoint.route.access.rawValue) access for this project.")
                try await fixture.set(module, access: .all)
            }
            try await step(.key(restricted), 403, "API key is not allowed to use module '\(module)'.")
        }
        let key = try await fixture.key(endpoint.openingScopes)
        let things = try await fixture.things(for: endpoint, in: fixture.project, keys: fixture.app.keys)
        guard endpoint.route.body != nil else { return }
        if let id = things.values.first, let kind = kind(of: endpoint) {
            try await step(.key(key), 404, "\(kind) '\(Endpoint.unknownID)' not found.")
            try await step(.key(key), 400, "Invalid request body: not valid JSON.", at: path.replacing(Endpoint.unknownID, with: id))
        } else if endpoint.names.isEmpty {
            try await step(.key(key), 400, "Invalid request body: not valid JSON.")
        } else {
            // The path has an id that no route creates, such as an error's fingerprint. Routes that look it up respond with 404, others
            // reject the body.
            let answer = try await fixture.ask(endpoint, as: .key(key), body: Self.broken)
            #expect([400, 404].contains(answer.status), "\(endpoint) answered \(answer.status) \(answer.body)")
        }
    }

    /// The name of the resource in 404 messages. Known only for the probe module.
    private func kind(of endpoint: Endpoint) -> String? { endpoint.route.path.hasPrefix("/api/v1/gadgets/") ? "Gadget" : nil }

    @Test("on administration routes", arguments: Profile.available)
    func administration(profile: Profile) async throws {
        try await AccessFixture.open(profile) { fixture in
            var walked = 0
            for endpoint in fixture.endpoints where endpoint.kind == .admin {
                let own = endpoint.path(in: fixture.project), foreign = endpoint.path(in: fixture.other)
                func step(_ caller: TestApp.Caller, _ status: Int, _ sentence: String, at path: String) async throws {
                    let body = endpoint.route.body == nil ? nil : Self.broken
                    fixture.expect(try await fixture.ask(endpoint, as: caller, path: path, body: body), status, sentence, endpoint)
                }
                if let module = endpoint.module { try await fixture.set(module, isEnabled: false, access: .read) }
                try await step(.nobody, 401, "Missing admin token.", at: foreign)
                try await step(.bearer("wrong"), 401, "Invalid admin token.", at: foreign)
                let query = try await fixture.newKey([.query])
                if fixture.hasOwnClock {
                    fixture.setLimits(admin: 1)
                    try await step(.bearer(query), 403, "API key does not have the required 'admin' scope for this endpoint.", at: foreign)
                    try await step(.bearer(query), 429, Self.limited, at: foreign)
                    fixture.setLimits()
                }
                try await step(.bearer(query), 403, "API key does not have the required 'admin' scope for this endpoint.", at: foreign)
                let admin = TestApp.Caller.bearer(try await fixture.key([.admin], modules: ["core"]))
                try await step(admin, 404, "Project '\(fixture.other.id)' not found.", at: foreign)
                if let module = endpoint.module {
                    try await step(admin, 403, "Module '\(module)' is not enabled for this project.", at: own)
                    try await fixture.set(module, isEnabled: true)
                    if endpoint.route.access == .write {
                        try await step(admin, 403, "Module '\(module)' does not allow write access for this project.", at: own)
                    }
                    try await fixture.set(module, access: .all)
                    try await step(admin, 403, "API key is not allowed to use module '\(module)'.", at: own)
                }
                walked += 1
            }
            #expect(walked > 10)
        }
    }

    @Test("ids in the path are looked up before the body is read, for administrators too", arguments: Profile.available)
    func administrationBodies(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let path = "/api/admin/projects/\(app.project.id)/modules"
            let unknown = try await app.put(path + "/nothing/access", "{", as: .token),
                known = try await app.put(path + "/core/access", "{", as: .token)
            #expect(unknown.body == #"{"error":"Module 'nothing' not found."}"#)
            #expect(known.body == #"{"error":"Invalid request body: not valid JSON."}"#)
        }
    }

    @Test("a key that may not use a module can't find out which of its resources exist")
    func restrictedKeyAndUnknownThing() async throws {
        try await AccessFixture.open(.embedded) { fixture in
            let made = try await fixture.app.post("/api/v1/gadgets", #"{"name":"a"}"#, as: .query)
            let id = try #require(try made.json()["id"]?.string)
            let restricted = TestApp.Caller.key(try await fixture.key([.query], modules: ["core"]))
            for id in [id, Endpoint.unknownID] {
                let answer = try await fixture.app.get("/api/v1/gadgets/\(id)", as: restricted)
                #expect(answer.body == #"{"error":"API key is not allowed to use module 'probe'."}"#)
            }
        }
    }
}
