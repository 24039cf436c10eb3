import AllModules
import Foundation
import Testing
import TestSupport

/// Text from clients must be compared by its bytes (`Core/Common/ExactText.swift`), which the compiler doesn't enforce. These rules find
/// the mistakes that were made before. If a line is right anyway, a comment on it or above it says why: `// exact: ids are ours`.
@Suite("Sources compare client text by its bytes", .modules(.all))
struct ExactTextRuleTests {
    struct Rule {
        let what: String
        /// Folders that the rule applies to.
        var folders = ["Core/", "Modules/", "Host/"]
        /// A text that a line must contain before `isBroken` is called.
        let word: String
        let isBroken: (String) -> Bool

        init(_ what: String, folders: [String]? = nil, word: String, _ isBroken: @escaping (String) -> Bool) {
            self.what = what
            self.word = word
            self.isBroken = isBroken
            if let folders { self.folders = folders }
        }

        init(_ what: String, word: String, pattern: String) throws {
            nonisolated(unsafe) let regex = try Regex(pattern)
            self.init(what, word: word) { $0.contains(regex) }
        }
    }

    /// Folders whose code reads what clients sent.
    private static let ofClients = ["Core/Access/", "Core/Ingest/", "Core/Storage/", "Modules/"]

    private static let rowText = #"[\w$]+(?:\[\d\])?\.(?:text|optionalText)\(""#

    private static func rules() throws -> [Rule] {
        [
            Rule(
                "crashes if two keys are equal: use Dictionary(exactly:), or an initializer that combines their values",
                word: "uniqueKeysWithValues"
            ) { line in
                !["($0.int(", "($0[\"bucket\"].int", "allCases", "($0.hour"].contains { line.contains($0) }
            },
            try Rule(
                "keys a collection by text of a row as a Swift String: use Dictionary(exactly:), Set(exactly:)", word: "ext(\"",
                pattern: #"\b(?:Dictionary|Set)\((?!exactly:).*\{ \(?(?:\w+\()?\$0\.(?:text|optionalText)\(""#),
            try Rule(
                "looks up text of a row as a Swift String: use ExactText", word: "ext(\"",
                // Pulse generates row ids. The rule above ensures that visitor ids are not dictionary keys.
                pattern: #"(?:\w\[|insert\(|contains\(|firstIndex\(of: )"# + rowText + #"(?!id"|project_id"|secret_hash")"#),
            try Rule(
                "compares text of a row as a Swift String: use isExactly", word: "ext(\"",
                pattern: #"ext\("\w+"\) [=!]=(?!\s*(?:"|nil))|[=!]= "# + rowText),
            try Rule(
                "compares a string of JSON as a Swift String: use isExactly", word: ".string ",
                pattern: #"\]\??\.string [=!]=(?!\s*(?:"|nil))"#),
            Rule(
                "splits text by Characters, which change with combining marks: use unicodeScalars, parts(separatedBy:)",
                folders: ofClients, word: "haracter"
            ) { line in
                line.contains(": Character") || line.contains("Character(") || line.contains("for character in")
                    || line.contains("extension Character")
            },
        ]
    }

    /// The violations in a file, line by line.
    private static func offences(in source: String, named file: String, _ rules: [Rule]) -> [String] {
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var offences: [String] = []
        for (index, line) in lines.enumerated() where !isComment(line) && !isMarked(lines, index) {
            for rule in rules where line.contains(rule.word) && rule.folders.contains(where: file.hasPrefix) && rule.isBroken(line) {
                offences.append("\(file):\(index + 1) \(rule.what)")
            }
            if line.contains("Hashable"), ofClients.contains(where: file.hasPrefix), isHashedByStrings(lines[index...]) {
                offences.append("\(file):\(index + 1) is hashed by its Strings: keep them as ExactText, or write == and hash(into:)")
            }
        }
        return offences
    }

    private static func isComment(_ line: String) -> Bool { line.drop { $0 == " " }.hasPrefix("//") }

    private static func isMarked(_ lines: [String], _ index: Int) -> Bool {
        lines[max(0, index - 1)...index].contains { $0.contains("// exact: ") }
    }

    /// Whether the type that begins here has String members and compiler-generated equality.
    private static func isHashedByStrings(_ lines: ArraySlice<String>) -> Bool {
        guard let first = lines.first, first.contains("struct ") || first.contains("enum "),
            !first.contains("enum ") || !first.contains(": String,")
        else { return false }
        var depth = 0, body: [String] = []
        for line in lines {
            body.append(line)
            depth += line.count { $0 == "{" } - line.count { $0 == "}" }
            if depth <= 0 { break }
        }
        guard !body.contains(where: { $0.contains("static func ==") }) else { return false }
        // Only the type's own members, not members of nested types.
        let indent = first.prefix { $0 == " " }.count + 4
        return body.enumerated().contains { number, line in
            guard number == 0 || line.prefix(while: { $0 == " " }).count == indent, !isComment(line) else { return false }
            let isStored = [" let ", " case "].contains { line.contains($0) } || line.contains(" var ") && !line.contains("{")
            return isStored && !["static ", "func ", "enum ", "init("].contains { line.contains($0) }
                && [": String", ": [String]", "(String", "([String]"].contains { line.contains($0) }
        }
    }

    @Test("no line keys, compares or splits client text as a Swift String")
    func sources() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
        let rules = try Self.rules()
        var read = 0, offences: [String] = []
        for folder in ["Core", "Modules", "Host"] {
            for case let name as String in FileManager.default.enumerator(atPath: root + "/" + folder)! where name.hasSuffix(".swift") {
                let file = folder + "/" + name
                offences += Self.offences(in: try String(contentsOfFile: root + "/" + file, encoding: .utf8), named: file, rules)
                read += 1
            }
        }
        #expect(offences == [])
        #expect(read > 400)
    }

    @Test(
        "the rules find past mistakes and accept correct code",
        arguments: [
            // Mistakes that crashed the process or mixed up visitors.
            (#"return Dictionary(uniqueKeysWithValues: rows.map { ($0.text("user_id"), $0.int("visitors")) })"#, true),
            (#"return Dictionary(uniqueKeysWithValues: zip(columns, row))"#, true),
            ("    private struct Question: Hashable {\n        let text: String\n    }", true),
            ("    struct Key: Hashable { let project: Int32, id: String }", true),
            ("    case things\n    enum Kind: Hashable {\n        case property([String])\n    }", true),
            (#"let names = Set(rows.map { $0.text("name") })"#, true),
            (#"Dictionary(grouping: rows) { $0.optionalText("release") }"#, true),
            (#"for row in rows { found[row.text("name")] = row }"#, true), (#"if seen.insert(row.text("name")).inserted {}"#, true),
            (#"return rows[0].text("id") == id"#, true), (#"guard name != row.text("name") else { return }"#, true),
            (#"others.filter { $0["key"]?.string != new["key"]?.string }"#, true), ("for character in text {", true),
            ("func split(_ text: String, at separator: Character) {", true),
            // Correct code.
            (#"Dictionary(uniqueKeysWithValues: rows.map { ($0.int("bucket"), $0) })"#, false),
            (#"Dictionary(exactly: rows.map { ($0.text("a"), 1) })"#, false),
            (#"call.text("compare") == "previous""#, false), (#"row.optionalText("page") == nil"#, false),
            (#"parts["label"]?.string == nil"#, false),
            ("// for character in text", false), (#"return found[row.text("name")]  // exact: names are ours"#, false),
            (#"found[row.text("id")] = row"#, false),
            ("// exact: columns of ours\nlet all = Dictionary(uniqueKeysWithValues: zip(columns, row))", false),
            ("struct Key: Hashable {\n    let text: String\n    static func == (a: Key, b: Key) -> Bool { true }\n}", false),
            ("enum Kind: String, Hashable {\n    case a\n}", false),
            ("struct Key: Hashable {\n    let text: ExactText\n    let number: Int\n}", false),
        ])
    func rules(source: String, isBroken: Bool) throws {
        #expect(Self.offences(in: source, named: "Modules/Some.swift", try Self.rules()).isEmpty != isBroken, "\(source)")
    }
}
