@_spi(Host) import Settings
import Testing

@Suite("Environment variables")
struct EnvironmentTests {
    @Test("override the file")
    func override() throws {
        let found = try configuration(
            "server:\n  port: 1\n  allowed_origins: [\"*\"]",
            [
                "PULSE_HOST": "127.0.0.1", "PULSE_PORT": "9090", "PULSE_DATA": "/srv/pulse",
                "DATABASE_URL": "postgres://u:p@h/d", "REDIS_URL": "redis://h", "PULSE_ADMIN_TOKEN": "0123456789abcdef",
                "PULSE_COOKIE_SECRET": "0123456789abcdef0123456789abcdef", "EMAIL_REPORT_WEBHOOK_URL": "https://m.example/x",
                "ALLOWED_ORIGINS": "https://a.example, https://B.example/ ,", "DUCKDB_LIBRARY": "/opt/libduckdb.so",
                "PULSE_LIMIT_INGEST": "0", "PULSE_LIMIT_QUERY": "7", "PULSE_GEOIP_DATABASE": "/opt/city.mmdb",
            ]
        )
        #expect(found.server.host == "127.0.0.1")
        #expect(found.server.port == 9_090)
        #expect(found.server.allowedOrigins == ["https://a.example", "https://b.example"])
        #expect(found.storage.dataFolder == "/srv/pulse")
        #expect(found.storage.databaseURL?.revealed == "postgres://u:p@h/d")
        #expect(found.storage.duckdbLibrary == "/opt/libduckdb.so")
        #expect(found.coordination.redisURL?.revealed == "redis://h")
        #expect(found.adminToken?.revealed == "0123456789abcdef")
        #expect(found.cookieSecret?.revealed == "0123456789abcdef0123456789abcdef")
        #expect(found.emailReportWebhookURL?.revealed == "https://m.example/x")
        #expect(found.privacy.geoipDatabase == "/opt/city.mmdb")
        #expect(found.limits.ingestPerSecond == 0)
        #expect(found.limits.queryPerSecond == 7)
    }

    @Test("count as unset when empty")
    func empty() throws {
        #expect(try configuration("", ["PULSE_PORT": "", "DATABASE_URL": "", "ALLOWED_ORIGINS": ""]) == .default)
    }

    @Test("don't hide an invalid value in the file")
    func wrongFile() {
        #expect(
            errors("server:\n  port: http", ["PULSE_PORT": "80"])
                == ["config/pulse.yaml:2: server.port: must be a whole number from 0 to 65535; got 'http'"]
        )
    }

    @Test(
        "are named in errors",
        arguments: [
            (
                ["DATABASE_URL": "db:5432"],
                "DATABASE_URL: must have the form postgresql://user:password@host:5432/database?sslmode=verify-full, with a port from 1 to 65535 and special characters in the password as %XX, such as %40 for @"
            ),
            (
                ["ALLOWED_ORIGINS": "*,example.com"],
                "ALLOWED_ORIGINS: must be '*' or an origin such as https://www.example.com, without a path; got 11 characters that are not shown"
            ),
            (["PULSE_LIMIT_INGEST": "many"], "PULSE_LIMIT_INGEST: must be a whole number from 0 to 1000000; got 'many'"),
        ])
    func wrong(environment: [String: String], line: String) { #expect(errors("", environment) == [line]) }

    @Test("are listed with their settings")
    func variables() {
        #expect(
            Set(HostConfiguration.default.entries.compactMap(\.variable)) == [
                "PULSE_HOST", "PULSE_PORT", "PULSE_DATA", "DATABASE_URL", "REDIS_URL", "PULSE_ADMIN_TOKEN", "PULSE_COOKIE_SECRET",
                "ALLOWED_ORIGINS", "EMAIL_REPORT_WEBHOOK_URL", "DUCKDB_LIBRARY", "PULSE_LIMIT_INGEST", "PULSE_LIMIT_QUERY",
                "PULSE_GEOIP_DATABASE", "OBJECTS_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
            ]
        )
    }
}
