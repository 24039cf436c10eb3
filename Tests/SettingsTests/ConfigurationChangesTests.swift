@_spi(Host) import Settings
import Testing

@Suite("Configuration changes")
struct ConfigurationChangesTests {
    @Test("separates changes that take effect immediately from those that need a restart")
    func kinds() throws {
        let old = try configuration(
            "admin_token: 0123456789abcdef\nmodules:\n  settings:\n    funnels: {a: 1, b: 2}\n    goals: {a: 1}"
        )
        let new = try configuration(
            """
            # Moved and reordered, which is no change.
            limits: {query_per_second: 200}
            privacy: {respect_dnt: false}
            telemetry: {log_level: debug, log_format: json}
            server: {port: 81, allowed_origins: ["https://a.example"]}
            admin_token: fedcba9876543210
            modules: {default_access: read, access: {goals: off}, settings: {funnels: {b: 2, a: 1}, heatmaps: {}}}
            projects: [{name: A, domain: a.example}]
            """
        )
        let changes = HostConfiguration.changes(from: old, to: new)
        #expect(
            changes.live.map(\.description) == [
                "server.allowed_origins: [] -> [https://a.example]", "limits.query_per_second: 100 -> 200",
                "telemetry.log_level: info -> debug",
            ]
        )
        #expect(
            changes.restart.map(\.description) == [
                "server.port: 8080 -> 81", "admin_token: (hidden) -> (hidden)", "modules.default_access: all -> read",
                "modules.access: {} -> {goals: off}", "modules.settings.heatmaps: {} -> {}", "privacy.respect_dnt: true -> false",
                "telemetry.log_format: text -> json", "projects: [] -> [A]", "modules.settings.goals: {a} -> {}",
            ]
        )
    }

    @Test("finds no changes between equal configurations from different sources")
    func none() throws {
        let file = try configuration("server:\n  port: 81"), variable = try configuration("", ["PULSE_PORT": "81"])
        #expect(HostConfiguration.changes(from: file, to: variable).isEmpty)
    }
}
