import AllModules
import Core
@_spi(Host) import Settings
import Testing
import TestSupport

/// `/api/admin/projects/{id}/modules`
@Suite("Administration: modules", .modules(.all))
struct AdministrationModuleTests {
    private static func run(
        _ profile: Profile = .embedded, yaml: String = "", _ body: @escaping @Sendable (TestApp, _ path: String) async throws -> Void
    ) async throws {
        try await TestApp.run(profile, modules: ProbeModule.withCore(), yaml: yaml) { app in
            try await body(app, "/api/admin/projects/\(app.project.id)/modules")
        }
    }

    /// Core in its default state, and the probe module in the given one.
    private static func both(_ enabled: Bool, _ access: String) -> String {
        #"{"modules":[{"access":"all","enabled":true,"name":"core"},\#(probe(enabled, access))]}"#
    }

    private static func probe(_ enabled: Bool, _ access: String) -> String {
        #"{"access":"\#(access)","enabled":\#(enabled),"name":"probe"}"#
    }

    @Test(
        "all modules are listed in the state that the configuration gives them",
        arguments: [
            ("", both(true, "all")), ("modules: {default_access: read}", both(true, "read")),
            ("modules: {default_access: write}", both(true, "write")),
            ("modules: {default_access: off}", both(false, "read")), ("modules: {access: {probe: off}}", both(false, "read")),
            ("modules: {default_access: off, access: {probe: write}}", both(true, "write")),
            (
                "modules: {access: {core: read}}",
                both(true, "all").replacing(
                    #"{"access":"all","enabled":true,"name":"core"}"#, with: #"{"access":"read","enabled":true,"name":"core"}"#)
            ),
        ])
    func defaults(yaml: String, answer: String) async throws {
        try await Self.run(yaml: yaml) { app, path in
            let listed = try await app.get(path, as: .token)
            #expect(listed.body == answer)
        }
    }

    /// A change, and the probe module's state afterwards.
    struct Step {
        let path: String
        var body = ""
        let enabled: Bool
        let access: String

        static func enable(_ access: String) -> Step { Step(path: "/probe/enable", enabled: true, access: access) }
        static func disable(_ access: String) -> Step { Step(path: "/probe/disable", enabled: false, access: access) }
        static func access(_ access: String, enabled: Bool) -> Step {
            Step(path: "/probe/access", body: #"{"access":"\#(access)"}"#, enabled: enabled, access: access)
        }
        static func bulk(_ fields: String, _ enabled: Bool, _ access: String) -> Step {
            Step(path: "", body: #"{"modules":[{"name":"probe"\#(fields)}]}"#, enabled: enabled, access: access)
        }
    }

    struct Story: CustomTestStringConvertible {
        let testDescription: String
        var yaml = ""
        let steps: [Step]
    }

    static let stories = [
        Story(
            testDescription: "off and on again", steps: [.disable("all"), .enable("all"), .enable("all"), .disable("all"), .disable("all")]),
        Story(testDescription: "a level outlives the switch", steps: [.access("read", enabled: true), .disable("read"), .enable("read")]),
        Story(
            testDescription: "a level can be set while off", steps: [.disable("all"), .access("write", enabled: false), .enable("write")]),
        Story(
            testDescription: "never on: enabling gives all", yaml: "modules: {access: {probe: off}}",
            steps: [.enable("all"), .disable("all"), .enable("all")]),
        Story(
            testDescription: "never on, switched off by hand: enabling still gives all", yaml: "modules: {access: {probe: off}}",
            steps: [.disable("read"), .disable("read"), .enable("all")]),
        Story(
            testDescription: "never on, switched off in bulk: enabling still gives all", yaml: "modules: {access: {probe: off}}",
            steps: [.bulk(#","enabled":false"#, false, "read"), .bulk("", false, "read"), .bulk(#","enabled":true"#, true, "all")]),
        Story(
            testDescription: "never on, but with a level: enabling keeps it", yaml: "modules: {access: {probe: off}}",
            steps: [.access("write", enabled: false), .enable("write"), .disable("write"), .enable("write")]),
        Story(
            testDescription: "never on, and set to 'read' by hand: enabling keeps that too", yaml: "modules: {access: {probe: off}}",
            steps: [.access("read", enabled: false), .enable("read")]),
        Story(
            testDescription: "enabled at a level by the installation: that is its level", yaml: "modules: {default_access: read}",
            steps: [.disable("read"), .enable("read")]),
        Story(
            testDescription: "in bulk, omitted values stay",
            steps: [
                .bulk("", true, "all"), .bulk(#","access":"read""#, true, "read"), .bulk(#","enabled":false"#, false, "read"),
                .bulk(#","enabled":null,"access":null"#, false, "read"), .bulk(#","access":"write""#, false, "write"),
                .bulk(#","enabled":true"#, true, "write"),
                .bulk(#","enabled":false,"access":"all""#, false, "all"),
                .bulk(#","enabled":true,"access":"read","other":1"#, true, "read"),
            ]),
    ]

    @Test("a module's switch and access level change independently", arguments: stories, Profile.available)
    func goTheirWay(story: Story, profile: Profile) async throws {
        try await Self.run(profile, yaml: story.yaml) { app, path in
            for (number, step) in story.steps.enumerated() {
                let isPut = step.path.isEmpty || step.path.hasSuffix("access")
                let answer =
                    isPut ? try await app.put(path + step.path, step.body, as: .token) : try await app.post(path + step.path, as: .token)
                #expect(answer.status == 200)
                let expected = step.path.isEmpty ? Self.both(step.enabled, step.access) : Self.probe(step.enabled, step.access)
                #expect(answer.body == expected, "step \(number + 1), \(step.path) \(step.body)")
                #expect(try await app.get(path, as: .token).body == Self.both(step.enabled, step.access), "after step \(number + 1)")
            }
        }
    }

    @Test("several modules are set together, and other projects stay unchanged", arguments: Profile.available)
    func bulk(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            let other = try await app.installation.createProject("Other", domain: "other.example")
            let answer = try await app.put(
                path, #"{"modules":[{"name":"probe","enabled":false},{"name":"core","access":"read"}]}"#, as: .token)
            #expect(
                answer.body
                    == #"{"modules":[{"access":"read","enabled":true,"name":"core"},{"access":"all","enabled":false,"name":"probe"}]}"#)
            #expect(try await app.get(path.replacing(app.project.id, with: other.id), as: .token).body == Self.both(true, "all"))
        }
    }

    static let wrongLists: [(body: String, sentence: String)] = [
        ("{}", "Invalid request body: missing required field 'modules'."),
        (#"{"modules":[]}"#, "Invalid request body: field 'modules' must be an array of 1 to 100 objects; got 0."),
        (#"{"modules":{"probe":true}}"#, "Invalid request body: field 'modules' must be an array of 1 to 100 objects; got an object."),
        (#"{"modules":[{"enabled":false}]}"#, "Invalid request body: missing required field 'modules[0].name'."),
        (
            #"{"modules":[{"name":"probe","enabled":false},{"name":"funels","enabled":true}]}"#,
            "Invalid request body: field 'modules' names the unknown module 'funels'; accepted: core, probe."
        ),
        (#"{"modules":[{"name":"probe","enabled":false},{"name":"core","enabled":false}]}"#, "Module 'core' cannot be disabled."),
        (
            #"{"modules":[{"name":"probe","enabled":false},{"name":"core","access":"none"}]}"#,
            "Invalid request body: field 'modules[1].access' must be one of 'read', 'write', 'all'; got 'none'."
        ),
        (
            #"{"modules":[{"name":"probe","enabled":"no"}]}"#,
            "Invalid request body: field 'modules[0].enabled' must be true or false; got 'no'."
        ),
        (
            #"{"modules":[{"name":"probe","access":true}]}"#,
            "Invalid request body: field 'modules[0].access' must be one of 'read', 'write', 'all'; got a boolean."
        ),
    ]

    @Test("an invalid list is rejected with its error, and its valid entries change nothing", arguments: Profile.available)
    func refusedBulk(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            for (body, sentence) in Self.wrongLists {
                let answer = try await app.put(path, body, as: .token)
                #expect(answer.status == 400)
                #expect(answer.body == #"{"error":"\#(sentence)"}"#)
                #expect(try await app.get(path, as: .token).body == Self.both(true, "all"))
            }
        }
    }

    static let wrongLevels: [(body: String, sentence: String)] = [
        ("{}", "missing required field 'access'."),
        (#"{"access":"none"}"#, "field 'access' must be one of 'read', 'write', 'all'; got 'none'."),
        (#"{"access":null}"#, "field 'access' must be one of 'read', 'write', 'all'; got null."),
        (#"{"access":["read"]}"#, "field 'access' must be one of 'read', 'write', 'all'; got an array."),
    ]

    @Test("an invalid level is rejected with its error")
    func refusedLevel() async throws {
        try await Self.run { app, path in
            for (body, sentence) in Self.wrongLevels {
                let answer = try await app.put(path + "/probe/access", body, as: .token)
                #expect(answer.status == 400)
                #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
            }
        }
    }

    @Test("core can't be disabled, and its reports stay open at any level", arguments: Profile.available)
    func core(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            let refused = try await app.post(path + "/core/disable", as: .token)
            #expect(refused.status == 400)
            #expect(refused.body == #"{"error":"Module 'core' cannot be disabled."}"#)
            #expect(try await app.post(path + "/core/enable", as: .token).body == #"{"access":"all","enabled":true,"name":"core"}"#)
            for (level, collects) in [("read", 403), ("write", 200), ("all", 200)] {
                #expect(
                    try await app.put(path + "/core/access", #"{"access":"\#(level)"}"#, as: .token).body
                        == #"{"access":"\#(level)","enabled":true,"name":"core"}"#)
                #expect(try await app.get("/api/v1/stats").status == 200)
                #expect(try await app.collect(#"{"type":"pageview","path":"/"}"#).status == collects)
            }
        }
    }

    @Test("an unknown module is not found", arguments: Profile.available)
    func unknown(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            for (name, shown) in [("funels", "funels"), ("Probe", "Probe"), ("%2e%2e", ".."), ("core%20", "core ")] {
                for answer in [
                    try await app.post("\(path)/\(name)/enable", as: .token), try await app.post("\(path)/\(name)/disable", as: .token),
                    try await app.put("\(path)/\(name)/access", #"{"access":"all"}"#, as: .token),
                ] {
                    #expect(answer.status == 404)
                    #expect(answer.body == #"{"error":"Module '\#(shown)' not found."}"#)
                }
            }
        }
    }

    @Test("disabling a module stops its reports and collection, and keeps its data", arguments: Profile.available)
    func dataStays(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            try await app.collect(#"{"type":"probe","label":"a","amount":2.5,"visitor_id":"ada"}"#)
            _ = try await app.post("/api/v1/gadgets", #"{"name":"Lamp"}"#, as: .query)
            let facts = #"{"data":[{"amount":2.5,"count":1,"label":"a"}],"visitors":1}"#
            let gadgets = try await app.get("/api/v1/gadgets").body
            #expect(try await app.get("/api/v1/probe/facts").body == facts)

            _ = try await app.post(path + "/probe/disable", as: .token)
            let off = #"{"error":"Module 'probe' is not enabled for this project."}"#
            for answer in [
                try await app.get("/api/v1/probe/facts"), try await app.get("/api/v1/gadgets"),
                try await app.get("/api/v1/probe/greeting", as: .ingest),
                try await app.collect(#"{"type":"probe","label":"b"}"#),
            ] {
                #expect(answer.status == 403)
                #expect(answer.body == off)
            }
            // Core is not affected.
            #expect(try await app.collect(#"{"type":"pageview","path":"/"}"#).status == 200)

            _ = try await app.post(path + "/probe/enable", as: .token)
            #expect(try await app.get("/api/v1/probe/facts").body == facts)
            #expect(try await app.get("/api/v1/gadgets").body == gadgets)
            #expect(try await app.collect(#"{"type":"probe","label":"b","visitor_id":"bob"}"#).status == 200)
            #expect(try await app.get("/api/v1/probe/facts").json()["visitors"]?.integer == 2)
        }
    }

    @Test("the access level decides whether a project can query and collect", arguments: Profile.available)
    func levels(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            for (level, asks, writes) in [("read", 200, 403), ("write", 403, 200), ("all", 200, 200)] {
                _ = try await app.put(path + "/probe/access", #"{"access":"\#(level)"}"#, as: .token)
                #expect(try await app.get("/api/v1/probe/facts").status == asks)
                #expect(try await app.get("/api/v1/gadgets").status == asks)
                #expect(try await app.post("/api/v1/probe/echo", #"{"text":"a"}"#, as: .query).status == writes)
                let collected = try await app.collect(#"{"type":"probe","label":"a"}"#)
                #expect(collected.status == writes)
                if writes == 403 { #expect(collected.body == #"{"error":"Module 'probe' does not allow write access for this project."}"#) }
            }
        }
    }

    @Test("a module's settings come from its block of the configuration")
    func settings() async throws {
        let configuration = try HostConfiguration.parse(
            "modules: {settings: {probe: {greeting: servus}}}", knownModules: ["core", "probe"])
        let probe = try ProbeModule(ModuleSetup(settings: configuration.modules.settings(of: "probe")))
        try await TestApp.run(modules: [probe]) { app in
            let answer = try await app.get("/api/v1/probe/greeting", as: .ingest)
            #expect(answer.body == #"{"greeting":"servus"}"#)
        }
        let wrong = try HostConfiguration.parse(
            "modules: {settings: {probe: {greting: servus}}}", file: "pulse.yaml", knownModules: ["core", "probe"])
        #expect(throws: ConfigurationErrors.self) { try ProbeModule(ModuleSetup(settings: wrong.modules.settings(of: "probe"))) }
    }
}
