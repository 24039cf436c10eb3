@_spi(Host) import Settings
import Testing

@Suite("Host configuration")
struct HostConfigurationTests {
    @Test("no file, an empty file and empty sections mean defaults", arguments: ["", "# nothing\n", "server:\nlimits: {}\nprojects:\n"])
    func empty(yaml: String) throws {
        #expect(try configuration(yaml) == .default)
        #expect(try HostConfiguration.load(file: nil, environment: [:], knownModules: modules) == .default)
    }

    @Test("has the documented defaults")
    func defaults() {
        let found = HostConfiguration.default
        #expect(found.server.port == 8_080)
        #expect([found.limits.ingestPerSecond, found.limits.queryPerSecond, found.limits.adminPerSecond] == [100, 100, 20])
        #expect(found.limits.bodyBytes == 1_048_576)
        #expect(found.privacy.anonymizeIP && found.privacy.respectDNT && found.privacy.botFiltering)
        #expect(!found.privacy.consentRequired)
        #expect(found.adminToken == nil)
        #expect(found.modules.loads("funnels"))
        #expect(found.modules.level(of: "funnels") == .all)
    }

    @Test("a list of enabled modules loads them and core")
    func enabled() throws {
        let found = try configuration("modules:\n  enabled: [funnels]\n  default_access: read\n  access: {goals: write}").modules
        #expect(modules.filter(found.loads) == ["core", "funnels"])
        #expect(["core", "funnels", "goals"].map(found.level) == [.all, .read, .write])
    }

    @Test("accepts numbers with underscores, quoted values, anchors and null")
    func spelling() throws {
        let found = try configuration(
            """
            limits: {body_bytes: 2_000_000, batch_events: "50"}
            server: {port: &port 81, public_url: https://a.example/, allowed_origins: ["https://[::1]:8080"]}
            retention: {events_months: ~, audit_days: *port}
            """
        )
        #expect(found.limits.bodyBytes == 2_000_000)
        #expect(found.limits.batchEvents == 50)
        #expect(found.server.publicURL == "https://a.example")
        #expect(found.server.allowedOrigins == ["https://[::1]:8080"])
        #expect(found.retention.eventsMonths == nil)
        #expect(found.retention.auditDays == 81)
    }

    @Test("prints each key's value and origin, and hides secrets")
    func redacted() throws {
        let found = try configuration(
            "server:\n  port: 9090\nstorage:\n  database_url: postgresql://pulse:hush-hush@db/pulse\nadmin_token: hush-hush-hush-hush\n"
                + "modules:\n  settings:\n    funnels: {key: hush-hush}",
            ["REDIS_URL": "redis://:hush-hush@redis"]
        )
        let lines = found.redacted.split(separator: "\n").map(String.init)
        #expect(lines.contains("server.host: 0.0.0.0 (default)"))
        #expect(lines.contains("server.port: 9090 (config/pulse.yaml:2)"))
        #expect(lines.contains("storage.database_url: postgresql://(hidden) (config/pulse.yaml:4)"))
        #expect(lines.contains("coordination.redis_url: redis://(hidden) (REDIS_URL)"))
        #expect(lines.contains("admin_token: (hidden) (config/pulse.yaml:5)"))
        #expect(lines.contains("cookie_secret: null (default)"))
        #expect(lines.contains("modules.settings.funnels: {key} (config/pulse.yaml:8)"))
        #expect(!"\(found)".contains("hush"))
        #expect(!String(reflecting: found.storage).contains("hush"))
        var dumped = ""
        dump(found.storage, to: &dumped)
        dump(found.adminToken, to: &dumped)
        #expect(!dumped.contains("hush"))
    }
}
