import Core
@testable import ErrorTrackingModule
import Testing

/// Source maps shared by tests.
enum SampleMaps {
    /// The map of Mozilla's own tests, for which the positions are known.
    /// - Source: https://github.com/mozilla/source-map, test/util.js and test/test-source-map-consumer.js
    static let mozilla =
        #"{"version":3,"file":"min.js","names":["bar","baz","n"],"sources":["one.js","two.js"],"sourceRoot":"/the/root","mappings":"CAAC,IAAI,IAAM,SAAUA,GAClB,OAAOC,IAAID;CCDb,IAAI,IAAM,SAAUE,GAClB,OAAOA"}"#
    static let indexed = #"""
        {"version":3,"file":"min.js","sections":[
        {"offset":{"line":0,"column":0},"map":{"version":3,"sources":["one.js"],"sourceRoot":"/the/root","names":["bar","baz"],"mappings":"CAAC,IAAI,IAAM,SAAUA,GAClB,OAAOC,IAAID"}},
        {"offset":{"line":1,"column":0},"map":{"version":3,"sources":["two.js"],"sourceRoot":"/the/root","names":["n"],"mappings":"CAAC,IAAI,IAAM,SAAUA,GAClB,OAAOA"}}]}
        """#
}

@Suite("Source map")
struct SourceMapTests {
    private static func map(_ text: String) throws -> SourceMap { try SourceMap(try JSON.parse(text)) }

    private static func place(_ map: SourceMap, _ line: Int, _ column: Int) -> String {
        guard let found = map.original(line: line, column: column) else { return "-" }
        return "\(found.file) \(found.line):\(found.column) \(found.name ?? "-")"
    }

    /// Mozilla's list counts lines from 1 and columns from 0; here columns count from 1.
    @Test("finds the positions of Mozilla's map, as a whole and in sections", arguments: [SampleMaps.mozilla, SampleMaps.indexed])
    func mozilla(text: String) throws {
        let map = try Self.map(text)
        let known: [(Int, Int, String)] = [
            (1, 1, "one.js 1:1 -"), (1, 5, "one.js 1:5 -"), (1, 9, "one.js 1:11 -"), (1, 18, "one.js 1:21 bar"), (1, 21, "one.js 2:3 -"),
            (1, 28, "one.js 2:10 baz"), (1, 32, "one.js 2:14 bar"), (2, 1, "two.js 1:1 -"), (2, 5, "two.js 1:5 -"), (2, 9, "two.js 1:11 -"),
            (2, 18, "two.js 1:21 n"), (2, 21, "two.js 2:3 -"), (2, 28, "two.js 2:10 n"),
        ]
        for (line, column, place) in known {
            let parts = place.split(separator: " "), numbers = parts[1].split(separator: ":")
            let expected = "/the/root/\(parts[0]) \(numbers[0]):\(Int(numbers[1])! + 1) \(parts[2])"
            #expect(Self.place(map, line, column + 1) == expected, "\(line):\(column)")
            // Between two mappings the previous one applies.
            #expect(Self.place(map, line, column + 2) == expected, "\(line):\(column + 1)")
        }
        #expect(Self.place(map, 1, 1) == "-", "before the first mapping of the line")
        #expect(Self.place(map, 2, 1) == "-", "a mapping doesn't extend to the next line")
        #expect(Self.place(map, 3, 5) == "-")
        #expect(Self.place(map, 0, 0) == "-")
        #expect(Self.place(map, .max, .max) == "-")
    }

    @Test("a segment with one number has no source, a source may be null, and lines may be unsorted")
    func segments() throws {
        let map = try Self.map(#"{"version":3,"sources":["a.js",null],"names":[],"mappings":";KAAA,E,KCAA,JDCA"}"#)
        // Columns 5 (a.js 1:1), 7 (no source), 12 (the null source) and 8 (a.js 2:1).
        #expect([5, 6, 7, 8, 12].map { Self.place(map, 2, $0 + 1) } == ["a.js 1:1 -", "a.js 1:1 -", "-", "a.js 2:1 -", "-"])
    }

    @Test("an index map shifts columns only in a section's first line")
    func sections() throws {
        let map = try Self.map(
            #"""
            {"version":3,"sections":[{"offset":{"line":2,"column":10},"map":{"version":3,"sources":["a.js"],"names":[],"mappings":"AAAA;AACA"}}]}
            """#)
        #expect([(3, 10), (3, 11), (4, 1)].map { Self.place(map, $0.0, $0.1) } == ["-", "a.js 1:1 -", "a.js 2:1 -"])
    }

    @Test("zero digits after a number don't change it")
    func padding() throws {
        let map = try Self.map(#"{"version":3,"sources":["a.js"],"names":[],"mappings":"iggggggggggggA,C,CAAA;igggA"}"#)
        #expect([(1, 1), (1, 2), (1, 3), (1, 4), (2, 2)].map { Self.place(map, $0.0, $0.1) } == ["-", "-", "-", "a.js 1:1 -", "-"])
    }

    @Test(
        "rejects an invalid map with a message",
        arguments: [
            ("[]", "it must be a JSON object; got an array"), (#"{"mappings":""}"#, "version must be 3; got none"),
            (#"{"version":2,"sources":[],"mappings":""}"#, "version must be 3; got 2"),
            (#"{"version":3,"sources":[]}"#, "mappings must be a string"), (#"{"version":3,"mappings":""}"#, "sources must be an array"),
            (#"{"version":3,"sources":[1],"mappings":""}"#, "sources must contain only strings or null; got a number"),
            (#"{"version":3,"sources":[],"names":[null],"mappings":""}"#, "names must contain only strings; got null"),
            (#"{"version":3,"sources":[],"sourceRoot":1,"mappings":""}"#, "sourceRoot must be a string; got a number"),
            (
                #"{"version":3,"sources":["a"],"mappings":"AA"}"#,
                "mappings: a segment of 2 numbers, where 1, 4 or 5 are expected, at character 3, line 1 of the script"
            ),
            (
                #"{"version":3,"sources":["a"],"mappings":";AAA"}"#,
                "mappings: a segment of 3 numbers, where 1, 4 or 5 are expected, at character 5, line 2 of the script"
            ),
            (
                #"{"version":3,"sources":["a"],"names":["n"],"mappings":"AAAAAA"}"#,
                "mappings: a segment of more than 5 numbers at character 6, line 1 of the script"
            ),
            (#"{"version":3,"sources":["a"],"mappings":"ACAA"}"#, "mappings: source 1 of 1 at character 5, line 1 of the script"),
            (#"{"version":3,"sources":["a"],"mappings":"AAAAA"}"#, "mappings: name 0 of 0 at character 6, line 1 of the script"),
            (#"{"version":3,"sources":["a"],"mappings":"D"}"#, "mappings: a column below 0 at character 2, line 1 of the script"),
            (
                #"{"version":3,"sources":["a"],"mappings":"AADA"}"#,
                "mappings: a source position below 0 at character 5, line 1 of the script"
            ),
            (#"{"version":3,"sources":["a"],"mappings":"A!"}"#, "mappings: not a base64 digit at character 2, line 1 of the script"),
            (#"{"version":3,"sources":["a"],"mappings":"g"}"#, "mappings: a number that is cut off at character 2, line 1 of the script"),
            (
                #"{"version":3,"sources":["a"],"mappings":"ggggggggggB"}"#,
                "mappings: a number of more than 32 bits at character 12, line 1 of the script"
            ),
            (
                #"{"version":3,"sources":["a"],"mappings":",,,,"}"#,
                "mappings: a segment without a number at character 2, line 1 of the script"
            ),
            (
                #"{"version":3,"sources":["a"],"mappings":"AAAA,"}"#,
                "mappings: a segment without a number at character 6, line 1 of the script"
            ),
            (
                #"{"version":3,"sources":["a"],"mappings":"AAAA,;AAAA"}"#,
                "mappings: a segment without a number at character 6, line 1 of the script"
            ),
            (#"{"version":3,"file":1,"sources":[],"mappings":""}"#, "file must be a string; got a number"),
            (#"{"version":3,"sources":[],"sourcesContent":"a","mappings":""}"#, "sourcesContent must be an array; got a string"),
            (
                #"{"version":3,"sources":["a"],"sourcesContent":[1],"mappings":""}"#,
                "sourcesContent must contain only strings or null; got a number"
            ),
            (#"{"version":3,"sources":["a"],"ignoreList":0,"mappings":""}"#, "ignoreList must be an array; got a number"),
            (
                #"{"version":3,"sources":["a"],"ignoreList":[1],"mappings":""}"#,
                "ignoreList must contain indexes of sources, from 0 to 0; got 1"
            ),
            (
                #"{"version":3,"sources":["a"],"ignoreList":["0"],"mappings":""}"#,
                "ignoreList must contain indexes of sources, from 0 to 0; got a string"
            ),
            (
                #"{"version":3,"sections":[{"offset":{"line":0,"column":0},"map":{"version":3,"sources":[],"mappings":""}},{"offset":{"line":0,"column":0},"map":{"version":3,"sources":[],"mappings":""}}]}"#,
                "sections[1].offset is before the end of the previous section; sections must be in order and not overlap"
            ),
            (#"{"version":3,"sections":{}}"#, "sections must be an array; got an object"),
            (#"{"version":3,"sections":[],"mappings":""}"#, "it has both sections and mappings; only one of them is accepted"),
            (#"{"version":3,"sections":[{"map":{}}]}"#, "sections[0].offset must have 'line' and 'column', whole numbers of at least 0"),
            (#"{"version":3,"sections":[{"offset":{"line":0,"column":0}}]}"#, "sections[0].map must be a JSON object"),
            (
                #"{"version":3,"sections":[{"offset":{"line":0,"column":0},"map":{"version":3,"sections":[]}}]}"#,
                "sections[0].map must not have sections of its own"
            ),
            (
                #"{"version":3,"sections":[{"offset":{"line":1,"column":0},"map":{"version":3,"sources":[],"mappings":""}},{"offset":{"line":0,"column":0},"map":{"version":3,"sources":[],"mappings":""}}]}"#,
                "sections[1].offset is before the end of the previous section; sections must be in order and not overlap"
            ),
        ])
    func refused(text: String, sentence: String) {
        let error = #expect(throws: ServiceError.self) { try Self.map(text) }
        #expect(error?.message == "Invalid request body: the source map can't be read: \(sentence).")
        #expect(error?.status == 400)
    }

    @Test("takes about as much memory as the upload, however long the source root")
    func memory() throws {
        let root = String(repeating: "r", count: 60_000)
        let sources = Array(repeating: #""""#, count: 10_000).joined(separator: ",")
        let own = #""version":3,"sourceRoot":"\#(root)","sources":[\#(sources)],"names":[],"mappings":"AAAA;AACA""#
        let map = try Self.map("{\(own)}")
        #expect(map.cost > 60_000 && map.cost < 1 << 20)
        #expect(map.original(line: 2, column: 1) == .init(file: String(repeating: "r", count: 2_048), line: 2, column: 1, name: nil))
        let sections = (0..<20).map { #"{"offset":{"line":\#($0 * 2),"column":0},"map":{\#(own)}}"# }.joined(separator: ",")
        let index = try Self.map(#"{"version":3,"sections":[\#(sections)]}"#)
        #expect(index.cost > 20 * 60_000 && index.cost < 20 << 20)
        let text = String(repeating: "n", count: 500_000)
        let named = try Self.map(#"{"version":3,"sources":["\#(text)"],"names":["\#(text)"],"mappings":"AAAAA"}"#)
        #expect(named.cost > 1_000_000, "the text itself counts")
        let cut = String(repeating: "n", count: 2_048)
        #expect(named.original(line: 1, column: 1) == .init(file: cut, line: 1, column: 1, name: cut))
    }

    @Test("each section has its own root")
    func roots() throws {
        func section(_ line: Int, _ root: String) -> String {
            #"{"offset":{"line":\#(line),"column":0},"map":{"version":3,"sourceRoot":"\#(root)","sources":["a.js","b.js"],"mappings":"AAAA,CCAA"}}"#
        }
        let map = try Self.map(#"{"version":3,"sections":[\#(section(0, "x")),\#(section(1, "")),\#(section(2, "z/"))]}"#)
        let found = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)].map { Self.place(map, $0.0, $0.1) }
        #expect(found == ["x/a.js 1:1 -", "x/b.js 1:1 -", "a.js 1:1 -", "b.js 1:1 -", "z/a.js 1:1 -", "z/b.js 1:1 -"])
    }

    @Test("limits the number of sources and names", arguments: [("sources", "200000 sources"), ("names", "1000000 names")])
    func bounds(member: String, sentence: String) {
        let many = Array(repeating: #""""#, count: member == "names" ? 1_000_001 : 200_001).joined(separator: ",")
        let lists = member == "names" ? #""sources":[],"names":[\#(many)]"# : #""sources":[\#(many)]"#
        let error = #expect(throws: ServiceError.self) { try Self.map(#"{"version":3,\#(lists),"mappings":""}"#) }
        #expect(error?.message == "Invalid request body: the source map can't be read: it has more than \(sentence).")
    }

    @Test("the cache evicts the least recently used map")
    func cache() throws {
        let map = try Self.map(SampleMaps.mozilla), cache = SourceMapCache(maximumBytes: 2 * map.cost)
        cache.keep(map, "a")
        cache.keep(map, "b")
        #expect(cache.map("a") != nil)
        cache.keep(map, "c")
        #expect([cache.map("a") != nil, cache.map("b") != nil, cache.map("c") != nil] == [true, false, true])
    }
}
