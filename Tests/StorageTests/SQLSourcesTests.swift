@_spi(Host) import Storage
import Testing

@Suite("SQL sources")
struct SQLSourcesTests {
    @Test(
        "are the names after FROM and JOIN that a statement does not define",
        arguments: [
            ("SELECT 1", []), ("SELECT 1 FROM a", ["a"]), ("select 1 from a", ["a"]), ("SELECT 1 FROM a x, b AS y, c", ["a", "b", "c"]),
            ("SELECT 1 FROM a JOIN b ON a.x = b.x LEFT JOIN c USING (x, y) WHERE d IN (e, f)", ["a", "b", "c"]),
            ("SELECT 1 FROM (SELECT 2 FROM a WHERE x IN (SELECT x FROM b)) s, c", ["a", "b", "c"]),
            ("WITH a AS (SELECT 1 FROM b), c AS NOT MATERIALIZED (SELECT 1 FROM a) SELECT 1 FROM c", ["b"]),
            ("a AS MATERIALIZED (SELECT 1 FROM b) SELECT 1 FROM a", ["b"]),
            ("WITH RECURSIVE a(x, y) AS (SELECT 1, 2 UNION ALL SELECT 1, 2 FROM a) SELECT x FROM a", []),
            ("SELECT EXTRACT(hour FROM x), substring(y FROM 2) FROM a WHERE x IS DISTINCT FROM y AND x IS NOT DISTINCT FROM z", ["a"]),
            ("SELECT 1 FROM main.a, s.b", ["main.a", "s.b"]),
            ("SELECT 1 FROM unnest(x) AS u, LATERAL (SELECT 1 FROM a) l, LATERAL b", ["a", "b"]),
            ("SELECT 'FROM a, b' FROM c WHERE d = 'x' ORDER BY e, f", ["c"]),
            ("SELECT 1 FROM a GROUP BY x, y HAVING count(*) > 1 UNION SELECT 2 FROM b ORDER BY z, w LIMIT 3", ["a", "b"]),
        ] as [(String, Set<String>)])
    func sources(text: String, expected: Set<String>) { #expect(SQL(sql: text).sources == expected) }

    @Test("values are no names, and end none")
    func values() {
        let condition: SQL = "x = \("FROM b") AND y IN \(list: [1, 2])"
        #expect(("SELECT 1 FROM a WHERE \(condition)" as SQL).sources == ["a"])
        #expect(("SELECT 1 FROM \(sql: "a")\(sql: "_b")" as SQL).sources == ["a_b"])
    }
}
