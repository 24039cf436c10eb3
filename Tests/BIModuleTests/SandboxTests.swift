import AllModules
@testable import BIModule
import Core
import Testing
import TestSupport

@Suite("SQL sandbox", .modules(.all))
struct SandboxTests {
    static let here = "WHERE project_id = {{project_id}}"

    @Test("runs allowed statements with the same results on both engines", arguments: Profile.available)
    func allowed(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            for (statement, expected) in [
                (
                    "SELECT path, COUNT(*) FROM pageviews \(Self.here) GROUP BY path ORDER BY 2 DESC",
                    "path,count\n\"/\",3\n\"/pricing\",2\n\"/docs\",1"
                ),
                ("SELECT count(DISTINCT visitor_id) AS people FROM pageviews \(Self.here)", "people\n4"),
                (
                    "SELECT date, count(*) AS n FROM pageviews p \(Self.here) AND p.date >= '2026-03-02' GROUP BY date",
                    "date,n\n\"2026-03-02\",2"
                ),
                ("SELECT path FROM pageviews \(Self.here) LIMIT 1 OFFSET 2", "path\n\"/\""),
                (
                    "WITH a AS (SELECT path AS p, visitor_id AS v FROM pageviews \(Self.here)), b AS (SELECT v, count(*) AS n FROM a GROUP BY v) SELECT n, count(*) AS people FROM b GROUP BY n ORDER BY n",
                    "n,people\n1,3\n3,1"
                ),
                (
                    "SELECT e.event_name, count(DISTINCT p.visitor_id) AS n FROM events e JOIN pageviews p ON p.visitor_id = e.visitor_id AND p.path = '/pricing' WHERE e.project_id = {{project_id}} GROUP BY 1",
                    "event_name,n\n\"purchase\",1\n\"signup\",1"
                ),
                (
                    "SELECT upper(substr(path, 2, 3)) AS part, count(*) AS n FROM pageviews \(Self.here) GROUP BY upper(substr(path, 2, 3)) HAVING count(*) > 1",
                    "part,n\n\"\",3\n\"PRI\",2"
                ),
                (
                    "SELECT json_text(data, 'plan') AS plan, count(*) AS n FROM events \(Self.here) GROUP BY 1",
                    "plan,n\n\"free\",1\n\"pro\",1\nnull,1"
                ),
                (
                    "SELECT CASE WHEN path LIKE '/p%' THEN 'pricing' ELSE 'other' END AS kind, count(*) FILTER (WHERE language = 'de') AS german FROM pageviews \(Self.here) GROUP BY 1",
                    "kind,german\n\"other\",2\n\"pricing\",1"
                ),
                (
                    "SELECT path, row_number() OVER (ORDER BY count(*) DESC, path) AS place, sum(count(*)) OVER () AS all_views FROM pageviews \(Self.here) GROUP BY path ORDER BY place",
                    "path,place,all_views\n\"/\",1,6\n\"/pricing\",2,6\n\"/docs\",3,6"
                ),
                (
                    "SELECT 7 / 2 AS a, 7 % 4 AS b, 1 / 0 AS c, CAST('12x' AS integer) AS d, CAST('12' AS bigint) + 1 AS e, -round(2.555, 2) AS f, 'a' || 'b' AS g, {{project_id}} = {{project_id}} AS h",
                    "a,b,c,d,e,f,g,h\n3.5,3,null,null,13,-2.56,\"ab\",true"
                ),
                (
                    "SELECT path FROM pageviews \(Self.here) UNION SELECT event_name FROM events ORDER BY path DESC",
                    "path\n\"signup\"\n\"purchase\"\n\"/pricing\"\n\"/docs\"\n\"/\""
                ),
                (
                    "SELECT DISTINCT language FROM pageviews \(Self.here) AND path IN (SELECT path FROM events WHERE event_name = 'purchase') AND language NOT IN ('de')",
                    "language\n\"en\""
                ),
                (
                    "SELECT s.\"Weird Ä\" FROM (SELECT path AS \"Weird Ä\" FROM pageviews \(Self.here) AND path ILIKE '/D%') AS s",
                    "Weird Ä\n\"/docs\""
                ),
                (
                    "SELECT coalesce(NULL, 'x') AS a, nullif(1, 1) AS b, greatest(1, 2, 3) AS c, left('abc', 2) AS d, strpos('abc', 'c') AS e, 'it''s; -- \\ $$ 🦉' AS f, {{project_id}} <> '' AS g",
                    "a,b,c,d,e,f,g\n\"x\",null,3,\"ab\",3,\"it's; -- \\\\ $$ 🦉\",true"
                ),
                (
                    "SELECT path, visitor_count FROM (SELECT path, count(DISTINCT visitor_id) AS visitor_count FROM pageviews GROUP BY path) t WHERE {{project_id}} IS NOT NULL AND visitor_count BETWEEN 2 AND 9",
                    "path,visitor_count\n\"/\",2\n\"/pricing\",2"
                ),
                (
                    "SELECT * FROM daily_stats \(Self.here) ORDER BY date DESC LIMIT 1",
                    "date,week,month,visitors,pageviews,sessions,events\n\"2026-03-02\",\"2026-03-02\",\"2026-03\",2,2,2,1"
                ),
                ("SELECT count(*) AS n FROM outlinks_clicks \(Self.here)", "n\n0"),
                (
                    "SELECT trim('  a\u{a0} ') AS a, ltrim(' a ') AS b, split_part('a,b', ',', 2) AS c, split_part('abc', '', 1) AS d, replace('ab', '', 'x') AS e, {{project_id}} <> '' AS f",
                    "a,b,c,d,e,f\n\"a\u{a0}\",\"a \",\"b\",null,\"ab\",true"
                ),
                (
                    "SELECT CAST('1e400' AS numeric) AS a, CAST(' 5' AS numeric) AS b, CAST('nan' AS numeric) AS c, CAST('1_000' AS numeric) AS d, CAST('-1.5e2' AS numeric) AS e, CAST('.5' AS real) AS f, {{project_id}} <> '' AS g",
                    "a,b,c,d,e,f,g\nnull,null,null,null,-150,0.5,true"
                ),
                // Internal table names have no meaning in a statement and may be used as aliases.
                (
                    "WITH d1 AS (SELECT path AS p FROM pageviews \(Self.here)), activity AS (SELECT p FROM d1), segment AS (SELECT p FROM activity) SELECT count(*) AS n FROM segment",
                    "n\n6"
                ),
                (
                    "SELECT \"main\".path AS \"core_activity\", 1 AS t1 FROM pageviews AS \"main\" \(Self.here) AND path = '/docs'",
                    "core_activity,t1\n\"/docs\",1"
                ),
                ("WITH a AS (SELECT count(*) AS n FROM PAGEVIEWS \(Self.here)) SELECT n FROM a", "n\n6"),
            ] {
                let answer = try await app.sql(statement)
                #expect(answer == expected, "\(statement)")
            }
            for tail in SandboxAttacks.tails {
                let answer = try await app.sql("SELECT count(*) AS n FROM pageviews \(Self.here)\(tail)")
                #expect(answer == "n\n6", "\(tail)")
            }
            let limited = try await app.sql("SELECT path FROM pageviews \(Self.here)", limit: 2)
            #expect(limited == "path\n\"/\"\n\"/\"")
        }
    }

    @Test("rejects every attack with a message that says what and where")
    func attacks() async throws {
        try await Traffic.run(.embedded) { app in
            for (statement, sentence) in SandboxAttacks.all {
                let answer = try await app.bi("sql", TestApp.sqlBody(statement))
                #expect(answer.status == 400, "\(statement.prefix(100)): \(answer.status) \(answer.body)")
                #expect(try answer.json()["error"]!.string!.contains(sentence), "\(statement.prefix(100)): \(answer.body)")
                // A statement that can't be run can't be saved.
                let saved = try await app.bi("sql-queries", #"{"name":"x","# + TestApp.sqlBody(statement).dropFirst())
                #expect(saved.status == 400, "\(statement.prefix(100)): \(saved.status)")
            }
            // A backslash doesn't escape a quote.
            let quoted = try await app.sql("SELECT 'a\\' || {{project_id}} <> '' AS x")
            #expect(quoted == "x\ntrue")
        }
    }

    /// The expected results are PostgreSQL's, even for values that no engine can fold into constants.
    @Test("rounding, substrings and nested properties are the same on both engines", arguments: Profile.available)
    func portable(profile: Profile) async throws {
        let nested = Traffic.event("eve", "1T13:00", "order", "/", #"{"o":{"k":"deep","n":[7]},"o.k":"flat"}"#)
        try await TestApp.run(profile, collecting: [nested]) { app in
            for (expression, expected) in [
                ("round(1234.5, -2)", "1200"), ("round(1250, -2)", "1300"), ("round(-1250, -2)", "-1300"), ("round(1.005, 2)", "1.01"),
                ("round(-1.005, 2)", "-1.01"),
                ("round(2.675, 2)", "2.68"), ("round(2.5)", "3"), ("round(-2.5)", "-3"), ("round(0.49999999999999994)", "0"),
                ("round(-0.4)", "0"),
                ("round(9007199254740991)", "9007199254740991"), ("round(hour + 0.5)", "14"),
                ("CAST(2.5 AS integer)", "3"), ("CAST(3.5 AS integer)", "4"), ("CAST(-2.5 AS integer)", "-3"),
                ("CAST(2.49 AS bigint)", "2"),
                ("CAST(hour / 2.0 AS integer)", "7"), ("CAST(2251799813685248.5 AS bigint)", "2251799813685249"),
                ("substr('abc', 0, 2)", #""a""#), ("substr('abc', -1, 3)", #""a""#), ("substr('abc', hour - 13, 2)", #""a""#),
                ("substr('abc', -5, 3)", #""""#),
                ("substr('abc', -1)", #""abc""#), ("substr('abc', 2, 1)", #""b""#), ("substr('abc', 1, 1000000)", #""abc""#),
                ("left('abc', -1)", #""ab""#), ("right('abc', -1)", #""bc""#), ("left('abc', 0)", #""""#), ("left('abc', -5)", #""""#),
                ("split_part('a,b,c', ',', -1)", #""c""#), ("split_part('a,b,c', ',', -3)", #""a""#),
                ("split_part('a,b,c', ',', -4)", #""""#),
                ("split_part('a,b,c', ',', 4)", #""""#), ("split_part('a,b,c', ',', hour - 13)", "null"),
                ("split_part('a,b,c', ',', hour - 11)", #""b""#),
                ("json_text(data, 'o.k')", #""deep""#), ("json_text(data, 'o', 'k')", #""deep""#), ("json_text(data, 'o.none')", "null"),
                ("json_text(data, 'o.n.0')", #""7""#),
            ] {
                let answer = try await app.sql("SELECT \(expression) AS x FROM events \(Self.here)")
                #expect(answer == "x\n\(expected)", "\(expression)")
            }
            for (expression, sentence) in [
                ("round(1.5, 16)", "round() takes a literal whole number of digits from -15 to 15; got 16."),
                ("round(1.5, hour)", "from -15 to 15; got something else."),
                ("split_part('a,b', ',', 0)", "split_part() counts parts from the start with 1, or from the end with -1; got 0."),
                ("substr('abc', 1, -1)", "substr() takes a whole number of at least 0 as value 3; got -1."),
                (SandboxAttacks.times("sqrt(", 38) + "hour" + SandboxAttacks.times(")", 38), "are nested too deeply"),
            ] {
                let answer = try await app.sql("SELECT \(expression) AS x FROM events \(Self.here)")
                #expect(answer.hasPrefix("400") && answer.contains(sentence), "\(expression.prefix(60)): \(answer)")
            }
        }
    }

    @Test("runs statements at the limits of depth and length", arguments: Profile.available)
    func limits(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            for (statement, expected) in [
                ("SELECT count(*) AS n FROM pageviews \(Self.here)" + SandboxAttacks.times(" AND path <> 'x'", 290), "n\n6"),
                ("SELECT {{project_id}} <> '' AS y, 1" + SandboxAttacks.times(" + 1", 290) + " AS n", "y,n\ntrue,291"),
                (
                    "SELECT count(*) AS n FROM pageviews \(Self.here) AND path = " + SandboxAttacks.times("lower(", 38) + "'/'"
                        + SandboxAttacks.times(")", 38), "n\n3"
                ),
                ("SELECT count(*) AS n FROM pageviews \(Self.here) AND path IN ('/'" + SandboxAttacks.times(", 'x'", 1_500) + ")", "n\n3"),
                (
                    "SELECT count(*) AS n FROM pageviews \(Self.here) AND CASE" + SandboxAttacks.times(" WHEN path = 'x' THEN 1", 300)
                        + " ELSE 0 END = 0", "n\n6"
                ),
                (
                    "SELECT " + SandboxAttacks.times("(", 38) + "1" + SandboxAttacks.times(")", 38) + " AS n, {{project_id}} <> '' AS y",
                    "n,y\n1,true"
                ),
                ("SELECT 1 AS n FROM pageviews \(Self.here)" + SandboxAttacks.times(" UNION SELECT 1 FROM events", 11), "n\n1"),
            ] {
                let answer = try await app.sql(statement)
                #expect(answer == expected, "\(statement.prefix(100))")
            }
        }
    }

    @Test("an engine error is reported without revealing the engine", arguments: Profile.available)
    func failures(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            for expression in [
                "9223372036854775807 + hour", "CAST(1e300 AS bigint)", "1e308 * 10 * hour", "sum(9223372036854775807 + 0 * hour)",
            ] {
                let answer = try await app.sql("SELECT \(expression) AS n FROM pageviews \(Self.here)")
                #expect(
                    answer == #"400 {"error":"The database could not run the query: a number may be out of range, or the query too large. "#
                        + #"Simplify it and try again."}"#, "\(expression)")
            }
        }
    }

    @Test("a statement that takes too long is stopped, and others still run", arguments: Profile.available)
    func timeout(profile: Profile) async throws {
        let views = (0..<300).map { Traffic.view("v\($0)", "1T10:00", "/") }
        try await TestApp.run(profile, collecting: views, yaml: "storage:\n  query_timeout_seconds: 1\n") { app in
            let joins = (1...6).map { "JOIN pageviews p\($0) ON p0.path = p\($0).path AND p\($0).hour < 24" }.joined(separator: " ")
            let start = ContinuousClock.now
            let slow = try await app.sql("SELECT count(*) AS n FROM pageviews p0 \(joins) WHERE p0.project_id = {{project_id}}")
            #expect(slow.hasPrefix(#"400 {"error":"The report took longer than 1 seconds and was stopped."#), "\(slow)")
            #expect(ContinuousClock.now - start < .seconds(20))
            let next = try await app.sql("SELECT count(*) AS n FROM pageviews \(Self.here)")
            #expect(next == "n\n300")
        }
    }

    @Test("a policy applies wherever a statement reads the dataset", arguments: Profile.available)
    func policies(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            let made = try await app.bi(
                "row-policies", #"{"name":"P","dataset":"pageviews","field":"path","operator":"neq","values":["/pricing"]}"#)
            #expect(made.status == 201, "\(made.body)")
            let here = Self.here
            for statement in [
                "SELECT path FROM pageviews \(here)", "SELECT path FROM (SELECT path, project_id FROM pageviews) t \(here)",
                "WITH pages AS (SELECT path FROM pageviews \(here)) SELECT a.path FROM pages a JOIN pages b ON a.path = b.path",
                "SELECT event_name AS path FROM events \(here) AND path IN (SELECT path FROM pageviews) AND path = '/pricing'",
                "SELECT path FROM events \(here) AND EXISTS (SELECT 1 FROM pageviews WHERE path = '/pricing')",
                "SELECT b.path FROM events a LEFT JOIN pageviews b ON a.path = b.path AND b.project_id = {{project_id}}",
                "SELECT title AS path FROM pageviews \(here) UNION ALL SELECT path FROM pageviews",
                "SELECT entry_path AS path FROM sessions \(here)",
                "SELECT exit_path AS path FROM sessions \(here)", "SELECT max(path) OVER (ORDER BY hour) AS path FROM pageviews \(here)",
            ] {
                let answer = try await app.sql(statement)
                #expect(answer.hasPrefix("path") && !answer.contains("/pricing") && !answer.contains("purchase"), "\(statement): \(answer)")
            }
        }
    }

    @Test("nothing a user wrote reaches the engine as text")
    func rendering() throws {
        let statement = try SQLParser.statement(
            "SELECT path AS \"x; DROP\", 'evil' AS e FROM pageviews AS \"y'z\" WHERE title = 'evil2' AND {{project_id}} = 'p'"
        ).select
        for dialect in [Dialect.duckdb, .postgresql] {
            var compiler = SQLCompiler(dialect: dialect, datasets: BIDatasets(DatasetCatalog()), project: "p1", limit: 10)
            let (_, query, columns) = try compiler.statement(statement)
            let text = "\(query)"
            for evil in ["evil", "DROP", "y'z"] { #expect(!SQLText.of(query).contains(evil), "\(text)") }
            #expect(columns.map(\.name) == ["x; DROP", "e"])
        }
    }

    /// Citus orders a query by the wrong column if one inside it has the same name: it writes the numbers in ORDER BY as names.
    @Test(
        "each column of a statement has a name of its own",
        arguments: [
            "SELECT n, path FROM (SELECT path, count(*) AS n FROM pageviews \(here) GROUP BY path) q ORDER BY n DESC",
            "SELECT path, hour FROM pageviews \(here) UNION SELECT path, hour FROM (SELECT hour, path FROM pageviews \(here)) a ORDER BY 2",
            "WITH a AS (SELECT path AS p, hour AS h FROM pageviews \(here)), b AS (SELECT h, p FROM a) SELECT p, h FROM b WHERE p IN (SELECT p FROM a) ORDER BY h",
            "SELECT path, row_number() OVER (ORDER BY count(*) DESC, path) AS place, count(*) AS n FROM pageviews \(here) GROUP BY path ORDER BY n",
        ])
    func columnNames(statement: String) throws {
        for dialect in [Dialect.duckdb, .postgresql] {
            var compiler = SQLCompiler(dialect: dialect, datasets: BIDatasets(DatasetCatalog()), project: "p1", limit: 10)
            let (tables, query, columns) = try compiler.statement(try SQLParser.statement(statement).select)
            let names = (tables + [query]).flatMap { SQLText.of($0).matches(of: #/ AS (c[0-9_]+)/#).map { String($0.output.1) } }
            #expect(names.count >= columns.count && Set(names).count == names.count, "\(names)")
            #expect(columns.allSatisfy { names.contains($0.key) })
        }
    }

    @Test("thousands of random token sequences get a result or a message, never an internal error", arguments: Profile.available)
    func soups(profile: Profile) async throws {
        let words = [
            "SELECT", "WITH", "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "UNION ALL", "JOIN", "LEFT JOIN", "ON", "AS",
            "AND", "OR", "NOT", "IN",
            "CASE", "WHEN", "THEN", "ELSE", "END", "CAST", "(", ")", ",", ".", "*", "+", "-", "/", "%", "=", "<", "||", "path", "pageviews",
            "events", "sessions",
            "daily_stats", "count(*)", "sum(hour)", "visitor_id", "project_id", "{{project_id}}", "'x'", "1", "2.5", "9223372036854775807",
            "NULL", "TRUE", "a", "\"b\"",
            "avg", "lag(path)", "OVER ()", "DISTINCT", "date", "hour", "BETWEEN", "LIKE", "--", ";", "é", "$1", "INSERT",
            "substr(path, 1, hour)", "IS NULL",
        ]
        let starts = [
            "SELECT path FROM pageviews WHERE project_id = {{project_id}} AND", "SELECT {{project_id}} , hour +",
            "SELECT path , {{project_id}} FROM pageviews a",
            "SELECT sum ( hour ) , {{project_id}} AS p FROM pageviews GROUP BY",
            "WITH a AS ( SELECT path , hour FROM pageviews ) SELECT path , {{project_id}} FROM a", "",
        ]
        try await Traffic.run(profile) { app in
            var random = SeededRandom(20_260_301), answered = 0
            for _ in 0..<Effort.rounds(600, long: 25_000) {
                var soup = [starts[Int(random.next() % UInt64(starts.count))]]
                for _ in 0..<(random.next() % 6) { soup.append(words[Int(random.next() % UInt64(words.count))]) }
                let statement = soup.joined(separator: " ")
                let answer = try await app.bi("sql", TestApp.sqlBody(statement))
                #expect(answer.status == 200 || answer.status == 400, "\(statement): \(answer.status) \(answer.body)")
                #expect(
                    !answer.body.contains("could not run the query") || statement.contains("9223372036854775807"),
                    "\(statement): \(answer.body)")
                answered += answer.status == 200 ? 1 : 0
            }
            #expect(answered > 5)
        }
    }

    @Test("saved statements run, and their runs are recorded", arguments: Profile.available)
    func saved(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            let body = #"{"name":"Pages","# + TestApp.sqlBody("SELECT count(*) AS n FROM pageviews \(Self.here)").dropFirst()
            let made = try await app.bi("sql-queries", body)
            #expect(made.status == 201, "\(made.body)")
            let id = try made.json()["id"]!.string!
            let answer = try await app.post("/api/v1/bi/sql-queries/\(id)/run", as: .query)
            #expect(TestApp.rows(answer) == "n\n6")
            #expect(try answer.json()["run"]?["query_type"]?.string == "saved_sql")
            let pages = #"{"name":"All","# + TestApp.sqlBody("SELECT path FROM pageviews \(Self.here)").dropFirst()
            let other = try await app.bi("sql-queries", pages).json()["id"]!.string!
            let limited = try await app.rows("sql-queries/\(other)/run", #"{"limit":1}"#)
            #expect(limited == "path\n\"/\"")
            let missing = try await app.post("/api/v1/bi/sql-queries/00000000-0000-4000-8000-000000000000/run", as: .query)
            #expect(missing.status == 404)
            let runs = try await app.get("/api/v1/bi/query-runs").json()["data"]!.elements
            #expect(
                runs.count == 2 && runs[0]["status"]?.string == "success" && runs[0]["row_count"]?.integer == 1
                    && runs[0]["error"]?.isNull == true)
        }
    }
}

enum SQLText {
    /// The text an engine would get, without bound values.
    static func of(_ sql: SQL) -> String { sql.rendered(for: .postgresql).text }
}
