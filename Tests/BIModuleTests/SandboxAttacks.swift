/// Statements that are rejected, each with part of its error message.
enum SandboxAttacks {
    static func times(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    /// Statement endings that don't change the meaning.
    static let tails = [";", " ;\n", "; -- done", "\n-- of today\n; /* a * b / c */ -- ;\n", "/**/;/**/", "; --"]

    static let all: [(statement: String, sentence: String)] = [
        ("SELECT 1", "it must contain {{project_id}}"), ("SELECT 1; SELECT {{project_id}}", "line 1, column 9: ';' is not accepted"),
        ("SELECT {{project_id}};;", "';' is not accepted"), ("SELECT {{project_id}}; SELECT 1", "';' is not accepted"),
        (";SELECT {{project_id}}", "';' is not accepted"),
        ("SELECT {{project_id}}; /* /* */ */", "';' is not accepted"), ("SELECT {{project_id}}; /* x", "';' is not accepted"),
        ("SELECT {{project_id}}; -- x\nDROP", "';' is not accepted"),
        ("; -- {{project_id}}", "a statement must start with SELECT or WITH; got the end."),
        ("DELETE FROM pageviews", "a statement must start with SELECT or WITH; got 'delete'."),
        ("SELECT {{project_id}} -- x", "comments are not accepted."), ("SELECT /* x */ {{project_id}}", "comments are not accepted."),
        ("SELECT $$x$$, {{project_id}}", "'$' is not accepted"), ("SELECT $1, {{project_id}}", "'$' is not accepted"),
        ("SELECT pg_sleep(10), {{project_id}}", "the function 'pg_sleep' is not accepted"),
        ("SELECT * FROM read_csv('/etc/passwd') x", "'read_csv(' is not accepted"),
        ("SELECT * FROM '/etc/passwd'", "files can't be read"),
        ("SELECT * FROM \"/etc/passwd\" WHERE {{project_id}} = ''", "there is no dataset '/etc/passwd'"),
        ("SELECT * FROM information_schema.tables WHERE {{project_id}} = ''", "schemas are not accepted"),
        ("SELECT * FROM pg_catalog.pg_class", "schemas are not accepted"),
        ("SELECT * FROM pg_class WHERE {{project_id}} = ''", "there is no dataset 'pg_class'"),
        ("SELECT * FROM core_activity WHERE project_id = {{project_id}}", "there is no dataset 'core_activity'"),
        ("SELECT * FROM main.core_activity", "schemas are not accepted"),
        ("SELECT * FROM scope_rows WHERE {{project_id}} = ''", "there is no dataset 'scope_rows'"),
        ("SELECT * FROM activity WHERE {{project_id}} = ''", "there is no dataset 'activity'"),
        ("SELECT * FROM d1 WHERE {{project_id}} = ''", "there is no dataset 'd1'"),
        ("SELECT * FROM access_keys WHERE {{project_id}} = ''", "there is no dataset 'access_keys'"),
        ("SELECT * FROM csv_uploads WHERE {{project_id}} = ''", "csv_uploads is stored apart from events"),
        ("WITH x AS (DELETE FROM pageviews RETURNING *) SELECT * FROM x", "'DELETE' is not accepted: statements may only read"),
        ("SELECT * INTO x FROM pageviews", "'INTO' is not accepted: statements may only read"),
        ("SELECT {{project_id}} FOR UPDATE", "expected"),
        ("COPY pageviews TO '/tmp/x'", "a statement must start with SELECT or WITH"),
        ("ATTACH 'x'", "a statement must start with SELECT or WITH"),
        ("WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x", "WITH RECURSIVE is not accepted."),
        ("SELECT visitor_id, {{project_id}} FROM pageviews", "visitor_id can be counted"),
        ("SELECT v, {{project_id}} FROM (SELECT visitor_id AS v FROM pageviews) t", "visitor_id can be counted"),
        ("SELECT min(visitor_id), {{project_id}} FROM pageviews", "min() takes a number"),
        ("SELECT CAST(visitor_id AS text), {{project_id}} FROM pageviews", "a visitor can't be cast to text."),
        ("SELECT coalesce(visitor_id), {{project_id}} FROM pageviews", "can't take a visitor."),
        ("SELECT count(*), {{project_id}} FROM pageviews ORDER BY visitor_id", "must be in GROUP BY"),
        ("SELECT lag(visitor_id) OVER (ORDER BY path), {{project_id}} FROM pageviews", "can't show a visitor."),
        ("SELECT count(*), {{project_id}} FROM pageviews WHERE visitor_id = 5", "compares values of one type"),
        ("SELECT * FROM pageviews a, pageviews b", "tables can be joined only with JOIN ... ON."),
        ("SELECT {{project_id}} FROM pageviews a CROSS JOIN pageviews b", "tables can be joined only with JOIN ... ON."),
        ("SELECT {{project_id}} FROM pageviews a JOIN pageviews b ON TRUE", "JOIN needs a condition that compares"),
        ("SELECT {{project_id}} FROM pageviews a JOIN pageviews b ON a.project_id = b.project_id", "JOIN needs a condition that compares"),
        ("SELECT (SELECT 1), {{project_id}}", "a subquery is accepted in FROM"),
        ("SELECT path FROM pageviews WHERE {{project_id}} = 1", "compares values of one type"),
        ("SELECT раth, {{project_id}} FROM pageviews", "the character U+0440 is accepted only in quoted text"),
        ("SELECT\u{a0}{{project_id}}", "the character U+00A0"), ("SELECT ＊ FROM pageviews", "the character U+FF0A"),
        ("SELECT 'a\\' || {{project_id}}, x", "there is no column 'x'."),
        ("SELECT \\ {{project_id}}", "a backslash is not accepted outside text in quotes."),
        ("SELECT E'a', {{project_id}}", "expected the end of the statement; got a string."),
        ("SELECT 'open, {{project_id}}", "the ' that opens here is not closed."),
        ("SELECT {{other}}", "the only placeholder is {{project_id}}."), ("SELECT {project_id}", "'{' is not accepted."),
        ("SELECT path::text, {{project_id}} FROM pageviews", "write CAST(value AS type)."),
        ("SELECT CAST(path AS regclass), {{project_id}} FROM pageviews", "CAST accepts integer"),
        ("SELECT path, {{project_id}} FROM pageviews GROUP BY path LIMIT 99999999999", "a whole number up to 1000000000 after LIMIT"),
        ("SELECT getenv('HOME'), {{project_id}}", "the function 'getenv' is not accepted"),
        ("SELECT current_setting('x'), {{project_id}}", "the function 'current_setting' is not accepted"),
        ("SELECT version(), {{project_id}}", "the function 'version' is not accepted"),
        ("SELECT current_user, {{project_id}}", "there is no column 'current_user'"),
        ("SELECT path FROM pageviews INTERSECT SELECT {{project_id}}", "is not accepted; UNION is."),
        ("EXPLAIN SELECT {{project_id}}", "a statement must start with SELECT or WITH"),
        ("", "field 'sql_text' must be a string of 1 to 20000 characters"),
        ("SELECT path FROM pageviews WHERE {{project_id}} = '' GROUP BY title", "the column 'path' must be in GROUP BY"),
        ("SELECT count(count(*)), {{project_id}} FROM pageviews", "an aggregate is not accepted inside another one."),
        ("SELECT {{project_id}} FROM pageviews WHERE count(*) > 1", "an aggregate is not accepted in WHERE or ON."),
        ("SELECT p.path.x, {{project_id}} FROM pageviews p", "schemas are not accepted."),
        ("SELECT `path`, {{project_id}} FROM pageviews", "'`' is not accepted"),
        ("WITH pageviews AS (SELECT {{project_id}} AS x) SELECT x FROM pageviews", "the name 'pageviews' is already in use."),
        ("SELECT NULL, {{project_id}}", "NULL needs a type here"),
        ("SELECT json_text(path, 'a'), {{project_id}} FROM pageviews", "takes the data column"),
        ("SELECT path FROM pageviews WHERE path ~ 'x' AND {{project_id}} = ''", "'~' is not accepted."),
        ("SELECT array[1], {{project_id}}", "'[' is not accepted"),
        (String(repeating: "(", count: 100) + "SELECT {{project_id}}", "a statement must start with SELECT or WITH; got '('."),
        (
            "SELECT " + String(repeating: "(", count: 100) + "1" + String(repeating: ")", count: 100) + ", {{project_id}}",
            "nested deeper than 40 levels."
        ),
        ("SELECT {{project_id}}" + String(repeating: " || 'x'", count: 400), "a statement may have at most 300 operators."),
        ("SELECT " + Array(repeating: "path", count: 51).joined(separator: ",") + ", {{project_id}} FROM pageviews", "at most 50 columns"),
        ("SELECT '" + String(repeating: "a", count: 20_001) + "', {{project_id}}", "must be a string of 1 to 20000 characters; got 20"),
        // Strings, numbers and characters of other dialects.
        ("SELECT U&'\\0061', {{project_id}}", "'&' is not accepted."),
        ("SELECT B'1', {{project_id}}", "expected the end of the statement; got a string."),
        ("SELECT {{project_id}}\u{37E} SELECT 1", "the character U+037E"),
        ("SELECT {{project_id}}\u{FF1B} SELECT 1", "the character U+FF1B"),
        ("SELECT\u{2028}{{project_id}}", "the character U+2028"), ("\u{FEFF}SELECT {{project_id}}", "the character U+FEFF"),
        ("SELECT \u{0}{{project_id}}", "NUL"),
        ("SELECT 'a\u{0}', {{project_id}}", "NUL"), ("SELECT 1e999, {{project_id}}", "is not a number, or too large for one."),
        ("SELECT 1.2.3, {{project_id}}", "'1.2.3' is not a number"), ("SELECT 0x1F, {{project_id}}", "'0x' is not a number."),
        ("SELECT 1_000, {{project_id}}", "is not a number."),
        // Types and functions that reach further or produce huge results.
        ("SELECT CAST(path AS oid), {{project_id}} FROM pageviews", "CAST accepts integer"),
        ("SELECT CAST(path AS json), {{project_id}} FROM pageviews", "CAST accepts integer"),
        ("SELECT CAST(path AS \"text\"), {{project_id}} FROM pageviews", "got \"text\"."),
        ("SELECT CAST(path AS varchar(3)), {{project_id}} FROM pageviews", "expected ')'; got '('."),
        ("SELECT repeat('a', 1000000000), {{project_id}}", "the function 'repeat' is not accepted"),
        ("SELECT lpad('a', 1000000000), {{project_id}}", "the function 'lpad'"),
        ("SELECT string_agg(path, ','), {{project_id}} FROM pageviews", "the function 'string_agg'"),
        ("SELECT \"pg_sleep\"(9), {{project_id}}", "expected the end of the statement; got '('."),
        ("SELECT regexp_replace(path, '(a+)+$', ''), {{project_id}} FROM pageviews", "the function 'regexp_replace'"),
        ("SELECT random(), {{project_id}}", "the function 'random'"),
        ("SELECT query_to_xml('SELECT 1', TRUE, TRUE, ''), {{project_id}}", "the function 'query_to_xml'"),
        ("SELECT pg_catalog.version(), {{project_id}}", "schemas are not accepted."),
        ("SELECT * FROM generate_series(1, 1000000000) g", "'generate_series(' is not accepted"),
        ("SELECT * FROM range(1000000000)", "expected a dataset; got 'range'."),
        ("SELECT * FROM unnest(1) u", "'unnest(' is not accepted"),
        ("SELECT * FROM duckdb_settings()", "'duckdb_settings(' is not accepted"),
        ("SELECT p.path, {{project_id}} FROM pageviews p, LATERAL (SELECT 1 AS x) l", "tables can be joined only with JOIN ... ON."),
        ("SELECT {{project_id}} FROM pageviews p JOIN LATERAL (SELECT p.path) l ON TRUE", "expected a dataset; got 'lateral'."),
        ("SELECT {{project_id}} FROM pageviews p JOIN (SELECT p.path AS x) l ON l.x = p.path", "there is no 'p' in FROM."),
        ("SELECT {{project_id}} FROM pageviews TABLESAMPLE SYSTEM (1)", "got 'system'."),
        ("VALUES (1)", "a statement must start with SELECT or WITH"),
        ("TABLE pageviews", "a statement must start with SELECT or WITH"), ("SHOW TABLES", "a statement must start with SELECT or WITH"),
        // Windows.
        ("SELECT ntile(4) OVER (ORDER BY path), {{project_id}} FROM pageviews", "the function 'ntile'"),
        ("SELECT sum(hour) OVER (ORDER BY hour ROWS UNBOUNDED PRECEDING), {{project_id}} FROM pageviews", "expected ')'; got 'rows'."),
        ("SELECT row_number() OVER w, {{project_id}} FROM pageviews WINDOW w AS ()", "expected '('; got 'w'."),
        (
            "SELECT path FROM pageviews WHERE {{project_id}} <> '' AND row_number() OVER (ORDER BY path) = 1",
            "OVER is accepted only in SELECT"
        ),
        ("SELECT rank() OVER (ORDER BY visitor_id), {{project_id}} FROM pageviews", "visitor_id can be counted"),
        // Order, limits and unions.
        ("SELECT path, {{project_id}} FROM pageviews ORDER BY 3", "ORDER BY 3 is out of range: the result has 2 columns."),
        ("SELECT {{project_id}} ORDER BY 0", "ORDER BY 0 is out of range: the result has 1 column."),
        ("SELECT {{project_id}} LIMIT -1", "a whole number up to 1000000000 after LIMIT; got '-'."),
        ("SELECT {{project_id}} LIMIT ALL", "after LIMIT; got 'all'."),
        ("SELECT {{project_id}} OFFSET 9999999999", "after OFFSET; got '9999999999'."),
        ("SELECT {{project_id}} FETCH FIRST 1 ROWS ONLY", "got 'fetch'."),
        (
            "SELECT {{project_id}} UNION SELECT path, title FROM pageviews",
            "the sides of UNION must have the same number of columns; got 1 and 2."
        ),
        (
            "SELECT {{project_id}} UNION SELECT hour FROM pageviews",
            "column 1 of UNION is text on one side and a whole number on the other."
        ),
        ("SELECT visitor_id FROM pageviews UNION SELECT visitor_id FROM events WHERE {{project_id}} <> ''", "visitor_id can be counted"),
        (
            "SELECT v FROM (SELECT path AS v FROM pageviews UNION ALL SELECT visitor_id FROM events) t WHERE {{project_id}} <> ''",
            "on the other."
        ),
        ("SELECT CASE WHEN TRUE THEN visitor_id END, {{project_id}} FROM pageviews", "the results of CASE must be of one type"),
        ("SELECT * FROM (SELECT visitor_id FROM pageviews) t WHERE {{project_id}} <> ''", "'*' selects no column that may be shown here."),
        ("SELECT {{project_id}} FROM pageviews WHERE visitor_id < 'a'", "compares values of one type"),
        ("SELECT {{project_id}} FROM pageviews WHERE visitor_id LIKE '1%'", "LIKE compares text"),
        ("WITH \"events\" AS (SELECT {{project_id}} AS x) SELECT x FROM events", "the name 'events' is already in use."),
        ("WITH a AS (SELECT {{project_id}} AS x), a AS (SELECT 1 AS y) SELECT x FROM a", "the name 'a' is already in use."),
        ("WITH a AS (SELECT x FROM a) SELECT x, {{project_id}} FROM a", "there is no dataset 'a'"),
        ("SELECT * FROM \"PAGEVIEWS\" WHERE {{project_id}} <> ''", "no dataset 'PAGEVIEWS'"),
        ("SELECT {{project_id}}" + times(" UNION SELECT 'a'", 1_000), "UNION takes at most 12 selects; got 1001."),
        (
            "WITH " + (0..<13).map { "a\($0) AS (SELECT 1 AS x)" }.joined(separator: ", ") + " SELECT {{project_id}}",
            "WITH takes at most 12 selects; got 13."
        ),
        ("SELECT {{project_id}} ORDER BY " + times("1, ", 50) + "1", "ORDER BY takes at most 50 values."),
        ("SELECT {{project_id}}, count(*) FROM pageviews GROUP BY " + times("path, ", 50) + "path", "GROUP BY takes at most 50 values."),
        // Depth and size.
        ("SELECT " + times("lower(", 60) + "'a'" + times(")", 60) + ", {{project_id}}", "nested deeper than 40 levels."),
        ("SELECT {{project_id}} WHERE " + times("NOT ", 100) + "TRUE", "nested deeper than 40 levels."),
        ("SELECT " + times("- ", 100) + "1, {{project_id}}", "nested deeper than 40"),
        ("SELECT " + times("CASE WHEN TRUE THEN ", 60) + "1" + times(" END", 60) + ", {{project_id}}", "nested deeper than 40 levels."),
        (times("SELECT * FROM (", 60) + "SELECT {{project_id}} AS x" + times(") t", 60), "nested deeper than 40 levels."),
        ("SELECT {{project_id}} WHERE " + times("EXISTS (SELECT 1 WHERE ", 60) + "TRUE" + times(")", 60), "nested deeper than 40 levels."),
        (
            "SELECT {{project_id}} FROM pageviews p" + (0..<300).map { " JOIN pageviews p\($0) ON p.path = p\($0).path" }.joined(),
            "at most 12 datasets and subqueries."
        ),
        (
            "SELECT {{project_id}} FROM pageviews WHERE path IN ('a'" + times(",'a'", 2_100) + ")",
            "a statement may have at most 4000 words and signs."
        ),
        (
            "SELECT " + times("*,", 1_900) + "{{project_id}} FROM pageviews a JOIN pageviews b ON a.path = b.path",
            "a result may have at most 50 columns."
        ),
        (
            "SELECT length(replace(replace(path, 'a', '" + times("b", 100) + "'), 'b', '" + times("c", 100)
                + "')), {{project_id}} FROM pageviews", "at most 100000 characters of text for each row"
        ),
        (
            "SELECT length('" + times("a", 9_000) + "'" + times(" || path", 20) + "), {{project_id}} FROM pageviews",
            "at most 100000 characters of text for each row"
        ),
        (
            "WITH a AS (SELECT '" + times("a", 9_000) + "' || path AS t FROM pageviews) SELECT {{project_id}} FROM a WHERE t IN (upper(t)"
                + times(", lower(t)", 20) + ")",
            "at most 100000 characters of text for each row"
        ),
    ]
}
