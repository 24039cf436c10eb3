import Access
import AllModules
import ArgumentParser
import Common
import Foundation
@testable import Host
import Testing
import TestSupport

@Suite("Commands", .modules(.all))
struct CommandTests {
    @Test(
        "wrong usage prints an error and exits with code 64",
        arguments: [
            (["project", "create", " ", "example.com"], "NAME must have 1 to 200 characters; got 0."),
            (["project", "create", "Site", "not a host"], "DOMAIN must be a host name such as www.example.com; got 'not a host'."),
            (["project", "create", "Site"], "Missing expected argument '<domain>'"),
            (["key", "create", "Site", "--scope", "query"], "Missing expected argument '--name <name>'"),
            (
                ["key", "create", "Site", "--name", "k", "--scope", "all"],
                "The value 'all' is invalid for '--scope <scope>'. Please provide one of 'ingest', 'query' or 'admin'."
            ),
            (["key", "create", "Site", "--name", "k"], "Missing expected argument '--scope <scope> ...'"),
            (
                ["key", "create", "Site", "--name", "k", "--scope", "query", "--module", "funels"],
                "There is no module 'funels'; the modules are: "
            ),
            (
                ["key", "create", "Site", "--name", "k", "--scope", "query", "--expires", "yesterday"],
                "--expires must be a date or timestamp in the future, or days such as 90d; got 'yesterday'."
            ),
            (
                ["key", "create", "Site", "--name", "k", "--scope", "query", "--expires", "2020-01-01"],
                "--expires must be a date or timestamp in the future, or days such as 90d; got '2020-01-01'."
            ),
            (["demo", "--events", "0"], "--events must be 1 to 100000000; got 0."),
            (["demo", "--days", "4000"], "--days must be 1 to 3650; got 4000."),
            (["demo", "--seed", "x"], "The value 'x' is invalid for '--seed <seed>'"),
            (["backup"], "Missing expected argument '<folder>'"),
            (["restore", "a", "b"], "Unexpected argument 'b'"),
            (["migrate", "--dryrun"], "Unknown option '--dryrun'. Did you mean '--dry-run'?"),
            (
                ["tasks", "list", "--state", "lost"],
                "The value 'lost' is invalid for '--state <state>'. Please provide one of 'waiting', 'running', 'paused', 'dead' or 'done'."
            ),
            (["tasks", "retry"], "Give either a task's id, or --kind and a kind."),
            (["funnels"], "Unexpected argument 'funnels'"),
        ] as [([String], String)])
    func refuses(arguments: [String], sentence: String) throws {
        let error = #expect(throws: (any Error).self) { try PulseCommand.parseAsRoot(arguments) }
        guard let error else { return }
        #expect(PulseCommand.message(for: error).hasPrefix(sentence))
        #expect(PulseCommand.exitCode(for: error) == .validationFailure)
    }

    @Test(
        "the documented commands exist",
        arguments: [
            "serve", "config check", "migrate", "migrate --dry-run", "modules", "project create Site example.com", "project list",
            "key create Site --name k --scope ingest --server",
            "key list Site", "key revoke Site k", "tasks list --state dead --kind pulse.retention", "tasks show id", "tasks retry id",
            "tasks pause id", "tasks resume id", "tasks kinds", "tasks schedules --limit 9", "tasks pause --kind pulse.retention",
            "openapi", "backup folder", "restore folder", "demo", "doctor",
        ])
    func parses(line: String) throws {
        _ = try PulseCommand.parseAsRoot(line.split(separator: " ").map(String.init))
    }

    @Test("a key may expire on a date, at a timestamp or after a number of days")
    func expiry() throws {
        let now = try #require(Instant("2026-03-02T12:00:00Z"))
        func expiry(_ text: String) throws -> String { try KeyCommand.Create.expiry(text, now: now).iso8601 }
        #expect(try expiry("2026-04-01") == "2026-04-01T00:00:00Z")
        #expect(try expiry("2026-04-01T08:00:00+02:00") == "2026-04-01T06:00:00Z")
        #expect(try expiry("90d") == "2026-05-31T12:00:00Z")
        #expect(throws: ValidationError.self) { try expiry("0d") }
        #expect(throws: ValidationError.self) { try expiry("2026-03-02T12:00:00Z") }
    }

    @Test(
        "a pasted URL is reduced to its host",
        arguments: [
            ("example.com", "example.com"), (" WWW.Example.com ", "www.example.com"), ("https://example.com/pricing?x=1", "example.com"),
            ("http://localhost:3000", "localhost:3000"), ("münchen.example", "münchen.example"), ("", nil), ("two words", nil),
            ("ftp://example.com", nil),
        ] as [(String, String?)])
    func domain(input: String, host: String?) { #expect(SiteDomain(input)?.text == host) }

    @Test("columns are aligned")
    func columns() {
        var columns = Columns("name", "n", "what")
        columns.add("core", "14", "Pageviews.")
        columns.add("funnels", "3", "")
        #expect(
            columns.text == """
                NAME     N   WHAT
                core     14  Pageviews.
                funnels  3
                """)
    }

    @Test(
        "sizes are rounded to a readable unit",
        arguments: [(0, "0 bytes"), (999, "999 bytes"), (1_400, "1.4 KB"), (94_000_000, "94 MB"), (1_979_000_000, "2.0 GB")]
            as [(Int64, String)])
    func sizes(bytes: Int64, text: String) { #expect(Bytes.text(bytes) == text) }
}

extension Instant {
    init?(_ text: String) {
        guard case .instant(let instant)? = ISO8601.parse(text) else { return nil }
        self = instant
    }
}
