@_spi(Host) import Access
import AllModules
@testable import BIModule
import Core
import Foundation
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing
import TestSupport

@Suite("Connections to other databases", .modules(.all))
struct ConnectionTests {
    @Test("credentials are encrypted and masked, and only the same secret decrypts them")
    func sealing() async throws {
        let vault = Vault(secret: "a secret of this installation"), sealed = try vault.seal("postgres://a:b@c/d", for: "p", context: "1")
        #expect(!sealed.contains("postgres") && vault.open(sealed, for: "p", context: "1") == "postgres://a:b@c/d")
        #expect(vault.open(sealed, for: "p", context: "2") == nil && vault.open(sealed, for: "q", context: "1") == nil)
        #expect(Vault(secret: "another").open(sealed, for: "p", context: "1") == nil)
        #expect(try vault.seal("postgres://a:b@c/d", for: "p", context: "1") != sealed)
        try await TestApp.run { app in
            let made = try await app.bi(
                "connections",
                #"{"name":"W","database_type":"postgres","connection_string":"postgresql://ro:se%20cret@db.example:5433/shop?sslmode=require"}"#
            )
            #expect(made.status == 201, "\(made.body)")
            let json = try made.json(), id = json["id"]!.string!
            #expect(json["connection_string"]?.string == "postgres://ro:***@db.example:5433/shop" && json["status"]?.string == "untested")
            let row = try await app.installation.engines.control.read("SELECT sealed, masked FROM bi_connection_secret")[0]
            #expect(!row.text("sealed").contains("secret") && !row.text("masked").contains("cret"))
            // Encrypted with another secret: an error message, and nothing else.
            let other = try Vault(secret: "another").seal("x", for: "bi.connections", context: id)
            _ = try await app.installation.engines.control.write("UPDATE bi_connection_secret SET sealed = \(other)")
            let answer = try await app.post("/api/v1/bi/connections/\(id)/test", as: .query)
            let isOK = try answer.json()["ok"]?.boolean
            #expect(answer.body.contains("The connection string can't be decrypted") && isOK == false)
        }
    }

    @Test("rejects connection strings that would reach files, sockets or other hosts")
    func strings() async throws {
        try await TestApp.run { app in
            for (string, sentence) in [
                ("mysql://a@b/c", "must be of the form postgresql://"), ("host=x dbname=y", "must be of the form postgresql://"),
                ("postgres://a:b@c/d?options=-csearch_path%3Dx", "'options' is not accepted"),
                ("postgres://a:b@c/d?service=x", "'service' is not accepted"),
                ("postgres://a:b@c/d?passfile=/etc/passwd", "'passfile' is not accepted"),
                ("postgres://a:b@c/d?sslkey=/etc/x", "'sslkey' is not accepted"),
                ("postgres://a:b@c/d?hostaddr=127.0.0.1", "'hostaddr' is not accepted"), ("postgres://a:b@c,d/e", "must name one host"),
                ("postgres://a:b@%2Ftmp/d", "must name one host"), ("postgres:///d", "must name one host"),
                ("postgres://c/d", "must name a user and a database"),
                ("postgres://a:b@c/d?sslrootcert=/x", "'sslrootcert' is not accepted"), ("postgres://a:b@c:1,2/d", "must name one host"),
                ("postgres://a:b@c:0/d", "field 'connection_string': the port must be a number from 1 to 65535."),
                ("postgres://a:b@c:65536/d", "the port must be"),
                ("postgres://a:b@c:99999999999999999999/d", "the port must be"),
                ("postgres://a:b@c/d%0Ae", "field 'connection_string': 'dbname' contains a control character"),
                ("postgres://a%1F:b@c/d", "field 'connection_string': 'user' contains a control character"),
                ("postgres://a:b@c/d%C2%85", "'dbname' contains a control"),
            ] {
                let refusal = try await app.bi("connections", #"{"name":"W","database_type":"postgres","connection_string":"\#(string)"}"#)
                #expect(
                    refusal.status == 400 && refusal.body.contains(sentence) && !refusal.body.contains(":b@"), "\(string): \(refusal.body)")
            }
            let six = try await app.bi(
                "connections", #"{"name":"6","database_type":"postgres","connection_string":"postgres://a:b@[::1]:5433/d"}"#
            ).json()
            #expect(six["connection_string"]?.string == "postgres://a:***@[::1]:5433/d")
            let made = try await app.bi(
                "connections", #"{"name":"W","database_type":"postgres","connection_string":"postgres://a:b@127.0.0.1/d"}"#)
            let id = try made.json()["id"]!.string!
            let refused = try await app.bi("connections/\(id)/query", #"{"sql_text":"SELECT 1"}"#)
            let sentence =
                "are not allowed, or the host does not exist; the setting modules.settings.bi.allowed_addresses lists allowed addresses."
            #expect(refused.body == #"{"error":"Connections to '127.0.0.1' \#(sentence)"}"#)
            // A host that exists and one that doesn't get the same response.
            for host in ["localhost", "no-such-host.invalid"] {
                let named = try await app.bi(
                    "connections", #"{"name":"\#(host)","database_type":"postgres","connection_string":"postgres://a:b@\#(host)/d"}"#)
                let answer = try await app.bi("connections/\(try named.json()["id"]?.string ?? "")/query", #"{"sql_text":"SELECT 1"}"#)
                #expect(answer.body == #"{"error":"Connections to '\#(host)' \#(sentence)"}"#)
            }
            let tested = try await app.post("/api/v1/bi/connections/\(id)/test", as: .query).json()
            #expect(tested["ok"]?.boolean == false && tested["error"]?.string?.contains("are not allowed") == true)
            let shown = try await app.get("/api/v1/bi/connections/\(id)").json()
            #expect(shown["status"]?.string == "error" && shown["last_tested_at"]?.string == "2026-03-02T12:00:00Z")
            _ = try await app.put("/api/v1/bi/connections/\(id)", #"{"is_active":false}"#, as: .query)
            let inactive = try await app.bi("connections/\(id)/query", #"{"sql_text":"SELECT 1"}"#)
            #expect(inactive.body == #"{"error":"The connection is not active."}"#)
        }
    }

    @Test("config/pulse.yaml lists the settings with their defaults")
    func settings() throws { #expect(try documentedSettings(of: "bi") == TestSupport.settings { BISettings($0) }) }

    @Test("an invalid network prevents the start")
    func network() throws {
        let yaml = "modules: {settings: {bi: {allowed_addresses: [db.example, 10.0.0.0/33]}}}"
        let configuration = try HostConfiguration.parse(yaml, file: "pulse.yaml", knownModules: ["bi"])
        let error = #expect(throws: ConfigurationErrors.self) {
            try BIModule(ModuleSetup(settings: configuration.modules.settings(of: "bi")))
        }
        #expect(error.map { "\($0)" }?.contains("modules.settings.bi.allowed_addresses[1]: '10.0.0.0/33' is not a network") == true)
    }

    static let attacks = [
        ("DELETE FROM x", "a statement must start with SELECT or WITH; got 'delete'."), ("SELECT 1; SELECT 2", "';' is not accepted"),
        ("SELECT 1 -- x", "comments are not accepted."),
        ("SELECT /* */ 1", "comments are not accepted."), ("SELECT {{project_id}}", "has no meaning"),
        ("SELECT '{{project_id}}'", "line 1, column 9: {{project_id}} has no meaning"),
        ("SELECT 'it''s {{project_id}}'", "has no meaning"), ("SELECT 1 AS \"{{project_id}}\"", "has no meaning"),
        ("WITH x AS (DELETE FROM a) SELECT 1", "'DELETE' is not accepted"),
        ("SELECT pg_sleep(10)", "'pg_sleep' is not accepted."), ("SELECT $$x$$", "'$' is not accepted"),
        ("SELECT E'\\''", "is not accepted"), ("SELECT * INTO x FROM y", "'INTO' is not accepted"),
        ("SELECT pg_read_file('/etc/passwd')", "'pg_read_file' is not accepted."),
        ("SELECT \"pg_sleep\"(10)", "'pg_sleep' is not accepted."),
        ("SELECT pg_catalog . \"pg_read_file\" ('/x')", "'pg_read_file' is not accepted."),
        ("SELECT U&\"pg\\0073leep\"(10)", "U&'...' and UESCAPE are not accepted"),
        ("SELECT u&\"pg!005fread_file\" UESCAPE '!' ('/etc/passwd')", "U&'...' and UESCAPE are not accepted"),
        ("SELECT U&'!0041' uescape '!'", "U&'...' and UESCAPE"),
        ("SELECT pg_import_system_collations ('x')", "'pg_import_system_collations' is not accepted."),
        ("SELECT txid_current()", "'txid_current' is not accepted."),
        ("SELECT \"lo_import\"\n('/etc/passwd')", "'lo_import' is not accepted."),
        ("SELECT ts_stat('SELECT 1')", "'ts_stat' is not accepted."),
        ("SELECT dblink('x')", "'dblink' is not accepted."), ("SELECT 'open", "is not closed"),
        ("SELECT set_config('a','b',false)", "'set_config' is not accepted."), ("(SELECT 1)", "a statement must start with SELECT or WITH"),
        ("SELECT 1 FОR x", "non-ASCII characters"), ("  ", "got the end"),
    ]

    @Test("rejects statements that do more than read", arguments: attacks)
    func statements(statement: String, sentence: String) throws {
        let error = #expect(throws: ServiceError.self) { try ExternalStatement.checked(statement) }
        #expect(error?.message.contains(sentence) == true, "\(error?.message ?? "")")
        for columns in [
            "comment, load, lock, security, cluster, fetch, set", "lo_flow, \"lo_b\", pg_sleep", "t ~ '\\d+' AS digits", "u & 1",
        ] {
            #expect(throws: Never.self) { try ExternalStatement.checked("SELECT \(columns) FROM x") }
        }
        for tail in SandboxAttacks.tails {
            #expect(try ExternalStatement.checked("SELECT ';'\(tail)").trimmingSpaces == "SELECT ';'", "\(tail)")
        }
        #expect(throws: Never.self) {
            try ExternalStatement.checked("WITH a AS (SELECT 'it''s -- ;' AS \"x;y\", 1::text) SELECT * FROM a WHERE x LIKE '%ü%'")
        }
    }

    @Test("reads a real database, and only reads", .enabled(if: Profile.available.contains(.server)))
    func real() async throws {
        let environment = try await Profile.server.environment(), url = try #require(environment["DATABASE_URL"])
        try await TestApp.run(
            .embedded,
            yaml:
                "modules:\n  settings:\n    bi:\n      allowed_addresses: [127.0.0.1/32, \"::1/128\"]\n      external_timeout_seconds: 2\n"
        ) { app in
            let parts = try #require(app.installation.gate.services.externalDatabase.parse(url))
            let host = try #require(parts["host"]), user = parts["user"] ?? "postgres", port = parts["port"] ?? "5432"
            let string = "postgresql://\(user)\(parts["password"].map { ":" + $0 } ?? "")@\(host):\(port)/\(parts["dbname"] ?? "")"
            let made = try await app.bi(
                "connections", #"{"name":"W","database_type":"postgres","connection_string":"\#(string)","allowed_schemas":["public"]}"#)
            let id = try made.json()["id"]!.string!
            let tested = try await app.post("/api/v1/bi/connections/\(id)/test", as: .query)
            #expect(try tested.json()["ok"]?.boolean == true, "\(tested.body)")
            let rows = try await app.rows(
                "connections/\(id)/query", #"{"sql_text":"SELECT n, n::text AS t, 1.5 AS t FROM generate_series(1, 100000) n","limit":2}"#)
            #expect(rows == "n,t,t_2\n1,\"1\",1.5\n2,\"2\",1.5")
            let exact = try await app.rows(
                "connections/\(id)/query",
                TestApp.sqlBody(
                    "SELECT 12345678901234567890.12::numeric AS a, 0.1::numeric AS b, 99999999999999999999::numeric AS c, 'NaN'::numeric AS d"
                ))
            #expect(exact == "a,b,c,d\n\"12345678901234567890.12\",0.1,\"99999999999999999999\",\"NaN\"")
            let words = try await app.rows(
                "connections/\(id)/query",
                TestApp.sqlBody(
                    "SELECT comment, lo_flow ~ '\\d' AS matched FROM (SELECT 1 AS comment, 'a1' AS lo_flow) x FETCH FIRST 1 ROWS ONLY"))
            #expect(words == "comment,matched\n1,true")
            for (statement, sentence) in [
                ("SELECT nothing", "The database returned an error:"),
                ("SELECT count(*) FROM generate_series(1, 100000000000) n", "statement timeout"),
                ("SELECT current_setting('transaction_read_only')", #""current_setting":"on""#),
                ("SELECT current_setting('default_transaction_read_only')", #""current_setting":"on""#),
                ("SELECT relname FROM pg_class FOR UPDATE", "'UPDATE' is not accepted"),
                ("SELECT 1) answer (c0), (SELECT 2", "syntax error"),
                ("WITH a AS (SELECT 2 AS n) SELECT n FROM a ORDER BY n", #""rows":[{"n":2}]"#),
                ("SELECT length(t) AS n FROM (SELECT repeat('x', 100000) AS t) x", #""n":100000"#), ("SELECT", "returns no columns"),
            ] {
                let answer = try await app.bi("connections/\(id)/query", TestApp.sqlBody(statement))
                #expect(answer.status < 500, "\(answer.body)")
                #expect(answer.body.contains(sentence), "\(statement): \(answer.body)")
            }
            // Stopped long before its timeout, on the server too.
            let run = "0b8f2f0c-6c0e-4c59-9b0f-1c2f5c1f7a03", endless = "SELECT count(*) FROM generate_series(1, 100000000000) n"
            async let waiting = app.bi("connections/\(id)/query", #"{"sql_text":"\#(endless)","run_id":"\#(run)"}"#)
            while try await app.delete("/api/v1/bi/query-runs/\(run)", as: .query).status != 204 { await Task.yield() }
            let stopped = try await waiting
            #expect(stopped.body == #"{"error":"The query was stopped."}"#)
            // A value larger than a response should be is cut.
            let long = try await app.bi(
                "connections/\(id)/query", TestApp.sqlBody("SELECT repeat('x', 20000000) AS t, ARRAY['a', 'b'] AS list"))
            let row = try #require(try long.json()["rows"]?.elements.first)
            #expect(row["t"]?.string?.utf8.count == 65_536 && row["list"]?.string == "{a,b}")
        }
    }
}
