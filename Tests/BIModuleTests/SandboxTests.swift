@testable import BIModule
import Core
import TestSupport
import Testing

@Suite("SQL sandbox")
struct SandboxTests {
    static let here = "WHERE project_id = {{project_id}}"

    @Test("answers what is allowed, the same on both engines", arguments: Profile.available)
    func allowed(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            for (statement, expected) in [
                ("SELECT path, COUNT(*) FROM pageviews \(Self.here) GROUP BY path ORDER BY 2 DESC", "path,count\n\"/\",3\n\"/pricing\",2\n\"/docs\",1"),
                ("SELECT count(DISTINCT visitor_id) AS people FROM pageviews \(Self.here)", "people\n4"),
                ("SELECT date, count(*) AS n FROM pageviews p \(Self.here) AND p.date >= '2026-03-02' GROUP BY date", "date,n\n\"2026-03-02\",2"),
                ("SELECT path FROM pageviews \(Self.here) LIMIT 1 OFFSET 2", "path\n\"/\""),
                ("WITH a AS (SELECT path AS p, visitor_id AS v FROM pageviews \(Self.here)), b AS (SELECT v, count(*) AS n FROM a GROUP BY v) SELECT n, count(*) AS people FROM b GROUP BY n ORDER BY n",
                 "n,people\n1,3\n3,1"),
                ("SELECT e.event_name, count(DISTINCT p.visitor_id) AS n FROM events e JOIN pageviews p ON p.visitor_id = e.visitor_id AND p.path = '/pricing' WHERE e.project_id = {{project_id}} GROUP BY 1",
                 "event_name,n\n\"purchase\",1\n\"signup\",1"),
                ("SELECT upper(substr(path, 2, 3)) AS part, count(*) AS n FROM pageviews \(Self.here) GROUP BY upper(substr(path, 2, 3)) HAVING count(*) > 1",
                 "part,n\n\"\",3\n\"PRI\",2"),
                ("SELECT json_text(data, 'plan') AS plan, count(*) AS n FROM events \(Self.here) GROUP BY 1", "plan,n\n\"free\",1\n\"pro\",1\nnull,1"),
                ("SELECT CASE WHEN path LIKE '/p%' THEN 'pricing' ELSE 'other' END AS kind, count(*) FILTER (WHERE language = 'de') AS german FROM pageviews \(Self.here) GROUP BY 1",
                 "kind,german\n\"other\",2\n\"pricing\",1"),
                ("SELECT path, row_number() OVER (ORDER BY count(*) DESC, path) AS place, sum(count(*)) OVER () AS all_views FROM pageviews \(Self.here) GROUP BY path ORDER BY place",
                 "path,place,all_views\n\"/\",1,6\n\"/pricing\",2,6\n\"/docs\",3,6"),
                ("SELECT 7 / 2 AS a, 7 % 4 AS b, 1 / 0 AS c, CAST('12x' AS integer) AS d, CAST('12' AS bigint) + 1 AS e, -round(2.555, 2) AS f, 'a' || 'b' AS g, {{project_id}} = {{project_id}} AS h",
                 "a,b,c,d,e,f,g,h\n3.5,3,null,null,13,-2.56,\"ab\",true"),
                ("SELECT path FROM pageviews \(Self.here) UNION SELECT event_name FROM events ORDER BY path DESC", "path\n\"signup\"\n\"purchase\"\n\"/pricing\"\n\"/docs\"\n\"/\""),
                ("SELECT DISTINCT language FROM pageviews \(Self.here) AND path IN (SELECT path FROM events WHERE event_name = 'purchase') AND language NOT IN ('de')", "language\n\"en\""),
                ("SELECT s.\"Weird Ä\" FROM (SELECT path AS \"Weird Ä\" FROM pageviews \(Self.here) AND path ILIKE '/D%') AS s", "Weird Ä\n\"/docs\""),
                ("SELECT coalesce(NULL, 'x') AS a, nullif(1, 1) AS b, greatest(1, 2, 3) AS c, left('abc', 2) AS d, strpos('abc', 'c') AS e, 'it''s; -- \\ $$ 🦉' AS f, {{project_id}} <> '' AS g",
                 "a,b,c,d,e,f,g\n\"x\",null,3,\"ab\",3,\"it's; -- \\\\ $$ 🦉\",true"),
                ("SELECT path, visitor_count FROM (SELECT path, count(DISTINCT visitor_id) AS visitor_count FROM pageviews GROUP BY path) t WHERE {{project_id}} IS NOT NULL AND visitor_count BETWEEN 2 AND 9",
                 "path,visitor_count\n\"/\",2\n\"/pricing\",2"),
                ("SELECT * FROM daily_stats \(Self.here) ORDER BY date DESC LIMIT 1", "date,week,month,visitors,pageviews,sessions,events\n\"2026-03-02\",\"2026-03-02\",\"2026-03\",2,2,2,1"),
                ("SELECT count(*) AS n FROM outlinks_clicks \(Self.here)", "n\n0"),
            ] {
                let answer = try await app.sql(statement)
                #expect(answer == expected, "\(statement)")
            }
            let limited = try await app.sql("SELECT path FROM pageviews \(Self.here)", limit: 2)
            #expect(limited == "path\n\"/\"\n\"/\"")
        }
    }

    static let attacks: [(String, String)] = [
        ("SELECT 1", "it must contain {{project_id}}"), ("SELECT 1; SELECT {{project_id}}", "line 1, column 9: ';' is not accepted"),
        ("SELECT {{project_id}};", "';' is not accepted"), ("DELETE FROM pageviews", "a statement starts with SELECT or WITH; got 'delete'."),
        ("SELECT {{project_id}} -- x", "comments are not accepted."), ("SELECT /* x */ {{project_id}}", "comments are not accepted."),
        ("SELECT $$x$$, {{project_id}}", "'$' is not accepted"), ("SELECT $1, {{project_id}}", "'$' is not accepted"),
        ("SELECT pg_sleep(10), {{project_id}}", "the function 'pg_sleep' is not accepted"), ("SELECT * FROM read_csv('/etc/passwd') x", "'read_csv(' is not accepted"),
        ("SELECT * FROM '/etc/passwd'", "files can't be read"), ("SELECT * FROM \"/etc/passwd\" WHERE {{project_id}} = ''", "there is no dataset '/etc/passwd'"),
        ("SELECT * FROM information_schema.tables WHERE {{project_id}} = ''", "schemas are not accepted"),
        ("SELECT * FROM pg_catalog.pg_class", "schemas are not accepted"), ("SELECT * FROM pg_class WHERE {{project_id}} = ''", "there is no dataset 'pg_class'"),
        ("SELECT * FROM core_activity WHERE project_id = {{project_id}}", "there is no dataset 'core_activity'"),
        ("SELECT * FROM main.core_activity", "schemas are not accepted"), ("SELECT * FROM scope_rows WHERE {{project_id}} = ''", "there is no dataset 'scope_rows'"),
        ("SELECT * FROM activity WHERE {{project_id}} = ''", "there is no dataset 'activity'"), ("SELECT * FROM d1 WHERE {{project_id}} = ''", "there is no dataset 'd1'"),
        ("SELECT * FROM access_keys WHERE {{project_id}} = ''", "there is no dataset 'access_keys'"), ("SELECT * FROM csv_uploads WHERE {{project_id}} = ''", "csv_uploads is kept apart"),
        ("WITH x AS (DELETE FROM pageviews RETURNING *) SELECT * FROM x", "'DELETE' is not accepted: statements read"),
        ("SELECT * INTO x FROM pageviews", "'INTO' is not accepted: statements read"), ("SELECT {{project_id}} FOR UPDATE", "expected"),
        ("COPY pageviews TO '/tmp/x'", "a statement starts with SELECT or WITH"), ("ATTACH 'x'", "a statement starts with SELECT or WITH"),
        ("WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x", "WITH RECURSIVE is not accepted."),
        ("SELECT visitor_id, {{project_id}} FROM pageviews", "visitor_id can be counted"),
        ("SELECT v, {{project_id}} FROM (SELECT visitor_id AS v FROM pageviews) t", "visitor_id can be counted"),
        ("SELECT min(visitor_id), {{project_id}} FROM pageviews", "min() takes a number"),
        ("SELECT CAST(visitor_id AS text), {{project_id}} FROM pageviews", "a visitor can't be cast to text."),
        ("SELECT coalesce(visitor_id), {{project_id}} FROM pageviews", "can't take a visitor."),
        ("SELECT count(*), {{project_id}} FROM pageviews ORDER BY visitor_id", "must be in GROUP BY"),
        ("SELECT lag(visitor_id) OVER (ORDER BY path), {{project_id}} FROM pageviews", "can't show a visitor."),
        ("SELECT count(*), {{project_id}} FROM pageviews WHERE visitor_id = 5", "compares values of one type"),
        ("SELECT * FROM pageviews a, pageviews b", "tables are joined by JOIN ... ON alone."),
        ("SELECT {{project_id}} FROM pageviews a CROSS JOIN pageviews b", "tables are joined by JOIN ... ON alone."),
        ("SELECT {{project_id}} FROM pageviews a JOIN pageviews b ON TRUE", "JOIN needs a condition that compares"),
        ("SELECT {{project_id}} FROM pageviews a JOIN pageviews b ON a.project_id = b.project_id", "JOIN needs a condition that compares"),
        ("SELECT (SELECT 1), {{project_id}}", "a subquery stands in FROM"), ("SELECT path FROM pageviews WHERE {{project_id}} = 1", "compares values of one type"),
        ("SELECT раth, {{project_id}} FROM pageviews", "the character U+0440 is accepted only in texts"),
        ("SELECT\u{a0}{{project_id}}", "the character U+00A0"), ("SELECT ＊ FROM pageviews", "the character U+FF0A"),
        ("SELECT 'a\\' || {{project_id}}, x", "'a\\\\'"), ("SELECT \\ {{project_id}}", "a backslash is not accepted outside of texts."),
        ("SELECT E'a', {{project_id}}", "expected the end of the statement; got a text."), ("SELECT 'open, {{project_id}}", "the ' that opens here is not closed."),
        ("SELECT {{other}}", "the only placeholder is {{project_id}}."), ("SELECT {project_id}", "'{' is not accepted."),
        ("SELECT path::text, {{project_id}} FROM pageviews", "write CAST(value AS type)."), ("SELECT CAST(path AS regclass), {{project_id}} FROM pageviews", "CAST to integer"),
        ("SELECT path, {{project_id}} FROM pageviews GROUP BY path LIMIT 99999999999", "a whole number up to 1000000000 after LIMIT"),
        ("SELECT getenv('HOME'), {{project_id}}", "the function 'getenv' is not accepted"),
        ("SELECT current_setting('x'), {{project_id}}", "the function 'current_setting' is not accepted"), ("SELECT version(), {{project_id}}", "the function 'version' is not accepted"),
        ("SELECT current_user, {{project_id}}", "there is no column 'current_user'"), ("SELECT path FROM pageviews INTERSECT SELECT {{project_id}}", "is not accepted; UNION is."),
        ("EXPLAIN SELECT {{project_id}}", "a statement starts with SELECT or WITH"), ("", "field 'sql_text' must be a string of 1 to 20000 characters"),
        ("SELECT path FROM pageviews WHERE {{project_id}} = '' GROUP BY title", "the column 'path' must be in GROUP BY"),
        ("SELECT count(count(*)), {{project_id}} FROM pageviews", "an aggregate is not possible inside another one."),
        ("SELECT {{project_id}} FROM pageviews WHERE count(*) > 1", "an aggregate is not possible in WHERE or ON."),
        ("SELECT p.path.x, {{project_id}} FROM pageviews p", "schemas are not accepted."), ("SELECT `path`, {{project_id}} FROM pageviews", "'`' is not accepted"),
        ("WITH pageviews AS (SELECT {{project_id}} AS x) SELECT x FROM pageviews", "the name 'pageviews' is taken."),
        ("SELECT NULL, {{project_id}}", "NULL needs a type here"), ("SELECT json_text(path, 'a'), {{project_id}} FROM pageviews", "takes the column data"),
        ("SELECT path FROM pageviews WHERE path ~ 'x' AND {{project_id}} = ''", "'~' is not accepted."), ("SELECT array[1], {{project_id}}", "'[' is not accepted"),
        (String(repeating: "(", count: 100) + "SELECT {{project_id}}", "a statement starts with SELECT or WITH; got '('."),
        ("SELECT " + String(repeating: "(", count: 100) + "1" + String(repeating: ")", count: 100) + ", {{project_id}}", "nested deeper than 40 levels."),
        ("SELECT {{project_id}}" + String(repeating: " || 'x'", count: 400), "a statement has at most 300 operators."),
        ("SELECT " + Array(repeating: "path", count: 51).joined(separator: ",") + ", {{project_id}} FROM pageviews", "at most 50 columns"),
        ("SELECT '" + String(repeating: "a", count: 20_001) + "', {{project_id}}", "must be a string of 1 to 20000 characters; got 20"),
    ]

    @Test("turns every attack away with a sentence that says what and where")
    func attacks() async throws {
        try await Traffic.run(.embedded) { app in
            for (statement, sentence) in Self.attacks where !sentence.hasPrefix("'a") {
                let answer = try await app.bi("sql", TestApp.sqlBody(statement))
                #expect(answer.status == 400, "\(statement.prefix(100)): \(answer.status) \(answer.body)")
                #expect(try answer.json()["error"]!.string!.contains(sentence), "\(statement.prefix(100)): \(answer.body)")
                // What may not be run may not be saved.
                var body = TestApp.sqlBody(statement)
                body = #"{"name":"x","# + body.dropFirst()
                let saved = try await app.bi("sql-queries", body)
                #expect(saved.status == 400, "\(statement.prefix(100)): \(saved.status)")
            }
            // A backslash takes no meaning from a quote.
            let quoted = try await app.sql("SELECT 'a\\' || {{project_id}} <> '' AS x")
            #expect(quoted == "x\ntrue")
        }
    }

    @Test("of what somebody wrote nothing reaches the engine as text")
    func rendering() throws {
        let statement = try SQLParser.statement("SELECT path AS \"x; DROP\", 'evil' AS e FROM pageviews AS \"y'z\" WHERE title = 'evil2' AND {{project_id}} = 'p'").select
        for dialect in [Dialect.duckdb, .postgresql] {
            var compiler = SQLCompiler(dialect: dialect, datasets: BIDatasets(DatasetCatalog()), project: "p1", limit: 10)
            let (_, query, columns) = try compiler.statement(statement)
            let text = "\(query)"
            for evil in ["evil", "DROP", "y'z"] { #expect(!SQLText.of(query).contains(evil), "\(text)") }
            #expect(columns.map(\.name) == ["x; DROP", "e"])
        }
    }

    @Test("thousands of token soups: an answer or a sentence, never a failure of ours", arguments: Profile.available)
    func soups(profile: Profile) async throws {
        let words = [
            "SELECT", "WITH", "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "UNION ALL", "JOIN", "LEFT JOIN", "ON", "AS", "AND", "OR", "NOT", "IN",
            "CASE", "WHEN", "THEN", "ELSE", "END", "CAST", "(", ")", ",", ".", "*", "+", "-", "/", "%", "=", "<", "||", "path", "pageviews", "events", "sessions",
            "daily_stats", "count(*)", "sum(hour)", "visitor_id", "project_id", "{{project_id}}", "'x'", "1", "2.5", "9223372036854775807", "NULL", "TRUE", "a", "\"b\"",
            "avg", "lag(path)", "OVER ()", "DISTINCT", "date", "hour", "BETWEEN", "LIKE", "--", ";", "é", "$1", "INSERT", "substr(path, 1, hour)", "IS NULL",
        ]
        let starts = [
            "SELECT path FROM pageviews WHERE project_id = {{project_id}} AND", "SELECT {{project_id}} , hour +", "SELECT path , {{project_id}} FROM pageviews a",
            "SELECT sum ( hour ) , {{project_id}} AS p FROM pageviews GROUP BY", "WITH a AS ( SELECT path , hour FROM pageviews ) SELECT path , {{project_id}} FROM a", "",
        ]
        try await Traffic.run(profile) { app in
            var random = SeededRandom(20_260_301), answered = 0
            for _ in 0..<2_500 {
                var soup = [starts[Int(random.next() % UInt64(starts.count))]]
                for _ in 0..<(random.next() % 6) { soup.append(words[Int(random.next() % UInt64(words.count))]) }
                let statement = soup.joined(separator: " ")
                let answer = try await app.bi("sql", TestApp.sqlBody(statement))
                #expect(answer.status == 200 || answer.status == 400, "\(statement): \(answer.status) \(answer.body)")
                #expect(!answer.body.contains("could not run the query") || statement.contains("9223372036854775807"), "\(statement): \(answer.body)")
                answered += answer.status == 200 ? 1 : 0
            }
            #expect(answered > 20)
        }
    }

    @Test("saved statements run, and leave their trace", arguments: Profile.available)
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
            #expect(runs.count == 2 && runs[0]["status"]?.string == "success" && runs[0]["row_count"]?.integer == 1 && runs[0]["error"]?.isNull == true)
        }
    }
}

enum SQLText {
    /// The text that an engine would get, without what is bound.
    static func of(_ sql: SQL) -> String { sql.rendered(for: .postgresql).text }
}
