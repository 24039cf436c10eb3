@_spi(Host) import Settings
import Testing

@Suite("Invalid configuration")
struct ConfigurationErrorTests {
    /// An invalid configuration file and the lines that report its errors.
    struct Case: Sendable, CustomTestStringConvertible {
        let yaml: String
        let lines: [String]

        init(_ yaml: String, _ lines: String...) {
            self.yaml = yaml
            self.lines = lines.map { $0.hasPrefix("config/pulse.yaml") ? $0 : "config/pulse.yaml:" + $0 }
        }

        var testDescription: String { lines.first ?? yaml }
    }

    @Test(
        "names the line, the key, the value and what is accepted",
        arguments: [
            Case("server:\n  port: http", "2: server.port: must be a whole number from 0 to 65535; got 'http'"),
            Case(
                "objects:\n  url: ftp://a",
                "2: objects.url: must be a URL such as file:data/objects or "
                    + "s3://bucket/prefix?endpoint=https://minio.example.com:9000&region=us-east-1, without keys; got 7 characters that are not shown"
            ),
            Case(
                "objects:\n  url: s3://key:s3cret@bucket",
                "2: objects.url: must be a URL such as file:data/objects or "
                    + "s3://bucket/prefix?endpoint=https://minio.example.com:9000&region=us-east-1, without keys; got 22 characters that are not shown"
            ),
            Case(
                "objects:\n  url: s3://bucket",
                "2: objects.url: is a bucket, which needs objects.access_key_id and objects.secret_access_key (AWS_ACCESS_KEY_ID, "
                    + "AWS_SECRET_ACCESS_KEY)"),
            Case("server:\n  port: 65536", "2: server.port: must be a whole number from 0 to 65535; got '65536'"),
            Case("server:\n  port: 80.5", "2: server.port: must be a whole number from 0 to 65535; got '80.5'"),
            Case(
                "server:\n  port: 99999999999999999999",
                "2: server.port: must be a whole number from 0 to 65535; got '99999999999999999999'"),
            Case("server:\n  port:", "2: server.port: must be a whole number from 0 to 65535; got nothing"),
            Case("server:\n  port: [80]", "2: server.port: must be a whole number from 0 to 65535; got a list"),
            Case("server:\n  port:\n    a: 1", "2: server.port: must be a whole number from 0 to 65535; got a group of keys"),
            Case("server:\n  host: ''", "2: server.host: must be a string of 1 to 253 characters; got ''"),
            Case("privacy:\n  anonymize_ip: yes", "2: privacy.anonymize_ip: must be true or false; got 'yes'"),
            Case(
                "server:\n  public_url: stats.example.com",
                "2: server.public_url: must be a URL that begins with https:// or http://, without a user name or password; got 17 characters that are not shown"
            ),
            Case(
                "server:\n  trusted_proxies:\n    - 10.0.0.0/8\n    - 10.0.0.0/33\n    - proxy",
                "4: server.trusted_proxies[1]: must be an address or a range such as 10.0.0.0/8; got '10.0.0.0/33'",
                "5: server.trusted_proxies[2]: must be an address or a range such as 10.0.0.0/8; got 'proxy'"
            ),
            Case(
                "server:\n  trusted_proxies: 10.0.0.0/8",
                "2: server.trusted_proxies: must be a list of values, each an address or a range such as 10.0.0.0/8; got '10.0.0.0/8'"
            ),
            Case(
                "server:\n  allowed_origins: [\"https://example.com/path\"]",
                "2: server.allowed_origins[0]: must be '*' or an origin such as https://www.example.com, without a path; got 24 characters that are not shown"
            ),
            Case(
                "telemetry:\n  log_level: warn",
                "2: telemetry.log_level: must be one of 'trace', 'debug', 'info', 'notice', 'warning', 'error', 'critical'; got 'warn'"
            ),
            Case(
                "telemetry:\n  log_format: jsn",
                "2: telemetry.log_format: must be one of 'text', 'json'; got 'jsn'; did you mean 'json'?"
            ),
            Case(
                "server:\n  public_url: https://a.example/stats/",
                "2: server.public_url: must be a URL without a path, as the dashboard and the script are served at the root of a host"
            ),
            Case(
                "server:\n  public_url: https://[::1]:99999",
                "2: server.public_url: must be a URL that begins with https:// or http://, without a user name or password; got 19 characters that are not shown"
            ),
            Case(
                "server:\n  allowed_origins: [\"https://[::1]x\", \"https://[1.2.3.4]\"]",
                "2: server.allowed_origins[0]: must be '*' or an origin such as https://www.example.com, without a path; got 14 characters that are not shown",
                "2: server.allowed_origins[1]: must be '*' or an origin such as https://www.example.com, without a path; got 17 characters that are not shown"
            ),
            Case("retention:\n  events_months: 0", "2: retention.events_months: must be a whole number from 1 to 1200; got '0'"),
        ])
    func values(_ wrong: Case) { #expect(errors(wrong.yaml) == wrong.lines) }

    @Test(
        "finds unknown keys, and suggests the key that was probably meant",
        arguments: [
            Case("server:\n  prot: 80", "2: server.prot: unknown key; did you mean 'port'?"),
            Case(
                "server:\n  requestTimeoutSeconds: 3",
                "2: server.requestTimeoutSeconds: unknown key; did you mean 'request_timeout_seconds'?"),
            Case("sever:\n  port: 80", "1: sever: unknown key; did you mean 'server'?"),
            Case("admin-token: x", "1: admin-token: unknown key; did you mean 'admin_token'?"),
            Case("port: 80", "1: port: unknown key; did you mean 'server.port'?"),
            Case("coordination:\n  nonsense: 1", "2: coordination.nonsense: unknown key; accepted: 'redis_url'"),
            Case(
                "42: 1",
                "1: 42: unknown key; accepted: 'server', 'storage', 'objects', 'coordination', 'admin_token', 'cookie_secret', "
                    + "'email_report_webhook_url', 'modules', 'surfaces', 'limits', 'privacy', 'retention', 'telemetry', 'projects'"),
        ])
    func unknownKeys(_ wrong: Case) { #expect(errors(wrong.yaml) == wrong.lines) }

    @Test(
        "finds duplicate keys anywhere",
        arguments: [
            Case("server:\n  port: 80\nserver:\n  port: 81", "3: server: is given twice; first on line 1"),
            Case(
                "server:\n  port: 80\n  # a comment\n  host: a\n  \"port\" : 81\n  port: 82\nlimits:\n  batch_events: 1\n  batch_events: 2",
                "5: server.port: is given twice; first on line 2",
                "6: server.port: is given twice; first on line 2",
                "9: limits.batch_events: is given twice; first on line 8"
            ),
            Case(
                "projects:\n  - name: A\n    domain: a.b\n    name: B",
                "4: projects[0].name: is given twice; first on line 2"
            ),
            Case("modules:\n  access: {funnels: read, funnels: all}", "2: funnels: is given twice"),
        ])
    func duplicates(_ wrong: Case) { #expect(errors(wrong.yaml) == wrong.lines) }

    @Test(
        "checks module names and their settings",
        arguments: [
            Case("modules:\n  access:\n    funels: read", "3: modules.access.funels: unknown module; did you mean 'funnels'?"),
            Case("modules:\n  funels: read", "2: modules.funels: unknown module; did you mean 'funnels'?"),
            Case(
                "modules:\n  funnels: read",
                "2: modules.funnels: a module's level goes in modules.access, its settings in modules.settings"
            ),
            Case("modules:\n  disable: []", "2: modules.disable: unknown key; did you mean 'disabled'?"),
            Case(
                "modules:\n  enabled: [core, gaols, xyz]",
                "2: modules.enabled[1]: unknown module 'gaols'; did you mean 'goals'?",
                "2: modules.enabled[2]: unknown module 'xyz'"
            ),
            Case("modules:\n  enabled: none", "2: modules.enabled: must be 'all' or a list of module names; got 'none'"),
            Case("modules:\n  disabled:\n    - core", "2: modules.disabled[0]: 'core' can't be disabled; every other module builds on it"),
            Case("modules:\n  enabled: [goals]\n  disabled: [goals]", "3: modules.disabled[0]: 'goals' is also in modules.enabled"),
            Case(
                "modules:\n  access:\n    goals: raed",
                "3: modules.access.goals: must be one of 'off', 'read', 'write', 'all'; got 'raed'; did you mean 'read'?"
            ),
            Case("modules:\n  access: {core: off}", "2: modules.access.core: 'core' can't be off; every other module builds on it"),
            Case("modules:\n  settings:\n    funels: {}", "3: modules.settings.funels: unknown module; did you mean 'funnels'?"),
            Case("modules:\n  settings:\n    funnels: 3", "3: modules.settings.funnels: must be a group of keys; got '3'"),
        ])
    func moduleNames(_ wrong: Case) { #expect(errors(wrong.yaml) == wrong.lines) }

    @Test(
        "checks projects",
        arguments: [
            Case(
                "projects:\n  - domain: https://a.b",
                "2: projects[0].name: is missing; it must be a string of 1 to 200 characters",
                "2: projects[0].domain: must be a domain such as www.example.com, without https:// or a path; got 11 characters that are not shown"
            ),
            Case(
                "projects:\n  - {name: A, domain: a.b}\n  - {name: A, domain: b.c}",
                "3: projects[1].name: another project is also named 'A'"
            ),
            Case(
                "modules:\n  disabled: [goals]\nprojects:\n  - name: A\n    domain: a.b\n    modules:\n      goals: read\n      funels: all",
                "8: projects[0].modules.funels: unknown module; did you mean 'funnels'?"
            ),
            Case(
                "modules:\n  disabled: [goals]\nprojects:\n  - {name: A, domain: a.b, modules: {goals: read}}",
                "4: projects[0].modules.goals: the host doesn't load this module; see modules.enabled and modules.disabled"
            ),
            Case("projects:\n  name: A", "1: projects: must be a list of groups of keys; got a group of keys"),
            Case("projects: [A]", "1: projects[0]: must be a group of keys; got 'A'"),
        ])
    func projects(_ wrong: Case) { #expect(errors(wrong.yaml) == wrong.lines) }

    @Test(
        "never shows a secret",
        arguments: [
            Case("admin_token: abc123", "1: admin_token: must be a string of at least 16 characters; got 6 characters that are not shown"),
            Case("cookie_secret: [a]", "1: cookie_secret: must be a string of at least 32 characters; got a list"),
            Case(
                "storage:\n  database_url: mysql://root:abc123@db/pulse",
                "2: storage.database_url: must have the form postgresql://user:password@host:5432/database?sslmode=verify-full, with a port from 1 to 65535 and special characters in the password as %XX, such as %40 for @"
            ),
            Case(
                "storage:\n  database_url: postgresql://u:my/abc123@db/pulse",
                "2: storage.database_url: must have the form postgresql://user:password@host:5432/database?sslmode=verify-full, "
                    + "with a port from 1 to 65535 and special characters in the password as %XX, such as %40 for @"),
            Case(
                "storage:\n  database_url: postgresql://u:my%%abc123@db/pulse",
                "2: storage.database_url: must have the form postgresql://user:password@host:5432/database?sslmode=verify-full, "
                    + "with a port from 1 to 65535 and special characters in the password as %XX, such as %40 for @"),
            Case(
                "storage:\n  database_url: postgresql://u:abc123@db/pulse?schema=public",
                "2: storage.database_url: has the unknown parameter 'schema'"),
            Case(
                "storage:\n  database_url: postgresql://u:abc123@db/pulse?sslmod=require",
                "2: storage.database_url: has the unknown parameter 'sslmod'; did you mean 'sslmode'?"),
            Case(
                "storage:\n  database_url: postgresql://u:abc123@db/pulse?sslmode=on",
                "2: storage.database_url: has the unknown sslmode 'on'; accepted: disable, allow, prefer, require, verify-ca, verify-full"),
            Case(
                "storage:\n  database_url: postgresql://u:abc123@db:99999/pulse",
                "2: storage.database_url: must have the form postgresql://user:password@host:5432/database?sslmode=verify-full, "
                    + "with a port from 1 to 65535 and special characters in the password as %XX, such as %40 for @"),
            Case(
                "storage:\n  database_url: postgresql://db:12?abc123",
                "2: storage.database_url: has an unknown parameter; the form is "
                    + "postgresql://user:password@host:5432/database?sslmode=verify-full"),
            Case(
                "coordination:\n  redis_url: rediss://:abc@cache",
                "2: coordination.redis_url: must be a URL such as redis://user:password@host:6379/0, without TLS: on a private network, "
                    + "or through a tunnel such as stunnel; got 19 characters that are not shown"),
            Case(
                "telemetry:\n  otlp_endpoint: http://u:abc123@localhost:4318",
                "2: telemetry.otlp_endpoint: must be a URL that begins with https:// or http://, without a user name or password; "
                    + "got 30 characters that are not shown"),
            Case(
                "objects:\n  url: s3://bucket/p?secret=abc123",
                "2: objects.url: must be a URL such as file:data/objects or "
                    + "s3://bucket/prefix?endpoint=https://minio.example.com:9000&region=us-east-1, without keys; "
                    + "got 27 characters that are not shown"),
            Case(
                "server:\n  public_url: https://a.example/?key=abc123",
                "2: server.public_url: must be a URL without a path, as the dashboard and the script are served at the root of a host"),
            Case(
                "server:\n  allowed_origins: [\"https://u:abc123@a.example\"]",
                "2: server.allowed_origins[0]: must be '*' or an origin such as https://www.example.com, without a path; "
                    + "got 26 characters that are not shown"),
            // URLs where none is expected.
            Case(
                "server:\n  port: http://u:abc123@localhost:4318",
                "2: server.port: must be a whole number from 0 to 65535; got 30 characters that are not shown"),
            Case(
                "server:\n  trusted_proxies: [\"http://u:abc123@proxy\"]",
                "2: server.trusted_proxies[0]: must be an address or a range such as 10.0.0.0/8; got 21 characters that are not shown"),
            Case(
                "coordination:\n  redis_url: redis://:abc123@cache:99999",
                "2: coordination.redis_url: must be a URL such as redis://user:password@host:6379/0, without TLS: on a private network, "
                    + "or through a tunnel such as stunnel; got 27 characters that are not shown"),
        ])
    func secrets(_ wrong: Case) { #expect(errors(wrong.yaml) == wrong.lines) }

    @Test(
        "reports invalid YAML",
        arguments: [
            Case("server:\n  port: 80\n host: a", "3: is not valid YAML: while parsing a block mapping, did not find expected key"),
            Case(
                "server:\n\tport: 80",
                "2: is not valid YAML: while scanning for the next token, found character that cannot start any token"),
            Case("- server", "1: must be a group of keys; got a list"),
            Case("server", "1: must be a group of keys; got 'server'"),
            Case("server: *nowhere", "1: is not valid YAML: found undefined alias"),
            Case("a: 1\n---\nb: 2", "2: is not valid YAML: expected a single document in the stream, but found another document"),
        ])
    func noYAML(_ wrong: Case) { #expect(errors(wrong.yaml) == wrong.lines) }

    @Test("reports all errors together, in file order, with environment variables last")
    func everything() {
        let yaml = """
            server:
              prot: 80
              host: 1.2.3.4
              request_timeout_seconds: soon
              host: 5.6.7.8
            modules:
              access: {funels: read}
            """
        #expect(
            errors(yaml, ["PULSE_PORT": "http", "PULSE_LIMIT_QUERY": "-1"]) == [
                "config/pulse.yaml:2: server.prot: unknown key; did you mean 'port'?",
                "config/pulse.yaml:4: server.request_timeout_seconds: must be a whole number from 1 to 3600; got 'soon'",
                "config/pulse.yaml:5: server.host: is given twice; first on line 3",
                "config/pulse.yaml:7: modules.access.funels: unknown module; did you mean 'funnels'?",
                "PULSE_PORT: must be a whole number from 0 to 65535; got 'http'",
                "PULSE_LIMIT_QUERY: must be a whole number from 0 to 1000000; got '-1'",
            ]
        )
    }

    @Test("prints one line per error")
    func printing() {
        let error = #expect(throws: ConfigurationErrors.self) { try configuration("a: 1\nserver: 2") }
        #expect(error?.description.split(separator: "\n").count == 2)
    }

    @Test("reports a missing file")
    func missing() {
        let error = #expect(throws: ConfigurationErrors.self) {
            try HostConfiguration.load(file: "config/nowhere.yaml", environment: [:], knownModules: modules)
        }
        #expect(error?.description == "config/nowhere.yaml: does not exist")
    }
}
