@testable import PostgreSQLEngine
import Testing

@Suite("PostgreSQL settings")
struct PostgreSQLSettingsTests {
    @Test("describes the server without user and password")
    func place() throws {
        let settings = try PostgreSQLSettings(
            url: "postgresql://ada:p%40ss@db.example:6000/pulse?sslmode=require", schema: "pulse_events", purpose: .reading)
        #expect(settings.place == "db.example:6000/pulse")
    }

    @Test(
        "rejects an invalid URL without quoting it",
        arguments: [
            "mysql://ada:secret@host/db", "postgresql://ada:sec/ret@host/db", "postgresql://ada:sec?ret@host/db",
            "postgresql://ada:sec@ret@host/db", "postgresql://ada:12/secret@host/db", "postgresql://host:secret/db",
            "postgresql://host/db?secret=1", "host=a password=secret", "postgresql://a\u{0}secret",
        ])
    func malformed(url: String) {
        let error = #expect(throws: PostgreSQLError.self) {
            try PostgreSQLSettings(url: url, schema: "pulse_events", purpose: .reading)
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("postgresql://user:password@host:5432/database"))
        #expect(!text.contains("sec") && !text.contains("ret@"))
    }

    @Test("rejects a schema name that would need quoting", arguments: ["", "Pulse", "1a", "a b", "a\"", String(repeating: "a", count: 64)])
    func schema(name: String) {
        #expect(throws: PostgreSQLError.self) { try PostgreSQLSettings(url: "postgresql://host/db", schema: name, purpose: .reading) }
    }

    @Test("values quoted in a data error are removed")
    func quotations() {
        #expect(
            PostgreSQLError.withoutQuotations(#"invalid input syntax for type bigint: "secret""#)
                == #"invalid input syntax for type bigint: "...""#)
        #expect(PostgreSQLError.withoutQuotations("division by zero") == "division by zero")
    }

    @Test("keeps the most recently used statements")
    func preparedStatements() {
        var statements = PreparedStatements(capacity: 2)
        #expect(statements.add("a", name: "1") == nil)
        #expect(statements.add("b", name: "2") == nil)
        #expect(statements.name(of: "a") == "1")
        #expect(statements.add("c", name: "3") == "2")
        #expect(statements.name(of: "b") == nil)
        #expect(statements.name(of: "a") == "1")
    }
}
