import AllModules
import Core
import Testing
import TestSupport

/// `/api/admin/projects/{id}/privacy`
@Suite("Administration: privacy settings", .modules(.all))
struct AdministrationPrivacyTests {
    private static func run(
        _ profile: Profile = .embedded, yaml: String = "", _ body: @escaping @Sendable (TestApp, _ path: String) async throws -> Void
    ) async throws {
        try await TestApp.run(profile, yaml: yaml) { app in try await body(app, "/api/admin/projects/\(app.project.id)/privacy") }
    }

    private static func rules(
        modes: String = "[]", ip: Bool = true, agents: String = "[]", bots: Bool = true, consent: Bool = false, dnt: Bool = true
    ) -> String {
        #"{"allowed_consent_modes":\#(modes),"anonymize_ip":\#(ip),"blocked_user_agents":\#(agents),"bot_filtering":\#(bots),"consent_required":\#(consent),"respect_dnt":\#(dnt)}"#
    }

    @Test(
        "a new project starts with the installation's privacy rules",
        arguments: [
            ("", rules()),
            (
                "privacy: {anonymize_ip: false, respect_dnt: false, bot_filtering: false, consent_required: true, allowed_consent_modes: [analytics], blocked_user_agents: [Nagios]}",
                rules(modes: #"["analytics"]"#, ip: false, agents: #"["Nagios"]"#, bots: false, consent: true, dnt: false)
            ),
        ])
    func defaults(yaml: String, rules: String) async throws {
        try await Self.run(yaml: yaml) { app, path in
            #expect(try await app.get(path, as: .token).body == rules)
            let made = try await app.post("/api/admin/projects", #"{"name":"a","domain":"b"}"#, as: .token)
            let id = try #require(try made.json()["id"]?.string)
            #expect(try await app.get("/api/admin/projects/\(id)/privacy", as: .token).body == rules)
        }
    }

    @Test("a change keeps the rules that it omits, and other projects' rules", arguments: Profile.available)
    func partial(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            let other = try await app.installation.createProject("Other", domain: "other.example")
            let steps = [
                ("{}", Self.rules()),
                (#"{"anonymize_ip":false}"#, Self.rules(ip: false)),
                (
                    #"{"respect_dnt":false,"allowed_consent_modes":["analytics","all"]}"#,
                    Self.rules(modes: #"["analytics","all"]"#, ip: false, dnt: false)
                ),
                (
                    #"{"anonymize_ip":null,"allowed_consent_modes":null,"respect_dnt":true}"#,
                    Self.rules(modes: #"["analytics","all"]"#, ip: false)
                ),
                (
                    #"{"allowed_consent_modes":[],"blocked_user_agents":["Spaß","\"quoted\\\""]}"#,
                    Self.rules(ip: false, agents: #"["Spaß","\"quoted\\\""]"#)
                ),
                (
                    #"{"bot_filtering":false,"consent_required":true,"anonymize_ip":true,"blocked_user_agents":[]}"#,
                    Self.rules(bots: false, consent: true)
                ),
            ]
            for (body, rules) in steps {
                let answer = try await app.put(path, body, as: .token)
                #expect(answer.status == 200)
                #expect(answer.body == rules, "\(body)")
                #expect(try await app.get(path, as: .token).body == rules)
            }
            #expect(try await app.get("/api/admin/projects/\(other.id)/privacy", as: .token).body == Self.rules())
        }
    }

    static let wrongBodies: [(body: String, sentence: String)] = [
        ("", "it is empty; JSON is expected."), ("[]", "the body must be an object; got an array."),
        (
            #"{"anonymise_ip":false}"#,
            "unknown field 'anonymise_ip'; accepted fields are 'anonymize_ip', 'respect_dnt', 'bot_filtering', 'consent_required', 'allowed_consent_modes', 'blocked_user_agents'."
        ),
        (
            #"{"anonymize_ip":false,"id":"x"}"#,
            "unknown field 'id'; accepted fields are 'anonymize_ip', 'respect_dnt', 'bot_filtering', 'consent_required', 'allowed_consent_modes', 'blocked_user_agents'."
        ),
        (#"{"anonymize_ip":"false"}"#, "field 'anonymize_ip' must be true or false; got 'false'."),
        (#"{"respect_dnt":0}"#, "field 'respect_dnt' must be true or false; got 0."),
        (#"{"allowed_consent_modes":"analytics"}"#, "field 'allowed_consent_modes' must be an array of 0 to 50 strings; got 'analytics'."),
        (#"{"allowed_consent_modes":[""]}"#, "field 'allowed_consent_modes[0]' must be a string of 1 to 50 characters; got 0 characters."),
        (
            #"{"anonymize_ip":false,"blocked_user_agents":["a",null]}"#,
            "field 'blocked_user_agents[1]' must be a string of 1 to 200 characters; got null."
        ),
        (#"{"blocked_user_agents":["a\u0000"]}"#, "field 'blocked_user_agents[0]' contains a NUL character, which can't be stored."),
    ]

    @Test("an invalid body is rejected with its error, and changes nothing", arguments: Profile.available)
    func refused(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            for (body, sentence) in Self.wrongBodies {
                let answer = try await app.put(path, body, as: .token)
                #expect(answer.status == 400)
                #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
            }
            #expect(try await app.get(path, as: .token).body == Self.rules())
        }
    }

    @Test("a change applies to the next event", arguments: Profile.available)
    func takesEffect(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            func pageviews(_ headers: HTTPFields = [:], _ fields: String = "") async throws -> Int64? {
                #expect(try await app.collect(#"{"type":"pageview","path":"/"\#(fields)}"#, headers: headers).body == #"{"ok":true}"#)
                return try await app.get("/api/v1/stats").json()["current"]?["pageviews"]?.integer
            }
            let dnt: HTTPFields = [.init("DNT")!: "1"], bot: HTTPFields = [.userAgent: "Googlebot/2.1 (+http://www.google.com/bot.html)"]
            #expect(try await pageviews(dnt) == 0)
            _ = try await app.put(path, #"{"respect_dnt":false}"#, as: .token)
            #expect(try await pageviews(dnt) == 1)
            #expect(try await pageviews(bot) == 1)
            _ = try await app.put(path, #"{"bot_filtering":false}"#, as: .token)
            #expect(try await pageviews(bot) == 2)
            _ = try await app.put(path, #"{"blocked_user_agents":["GOOGLEbot"]}"#, as: .token)
            #expect(try await pageviews(bot) == 2)
            _ = try await app.put(path, #"{"consent_required":true,"allowed_consent_modes":["analytics"]}"#, as: .token)
            #expect(try await pageviews() == 2)
            #expect(try await pageviews([:], #","consent_granted":true,"consent_mode":"marketing""#) == 2)
            #expect(try await pageviews([:], #","consent_granted":true,"consent_mode":"analytics""#) == 3)
        }
    }

    @Test("concurrent changes to different rules are all kept", arguments: Profile.available)
    func concurrent(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            for _ in 0..<5 {
                _ = try await app.put(
                    path, #"{"anonymize_ip":true,"respect_dnt":true,"bot_filtering":true,"consent_required":false}"#, as: .token)
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for change in [
                        #"{"anonymize_ip":false}"#, #"{"respect_dnt":false}"#, #"{"bot_filtering":false}"#, #"{"consent_required":true}"#,
                    ] {
                        group.addTask { try await app.put(path, change, as: .token).status }
                    }
                    for try await status in group { #expect(status == 200) }
                }
                #expect(try await app.get(path, as: .token).body == Self.rules(ip: false, bots: false, consent: true, dnt: false))
            }
        }
    }
}
