import Foundation

/// A command that a text of the repository contains.
struct PrintedCommand: Hashable, CustomStringConvertible {
    let text: String
    /// The file that contains it, for failure messages.
    let file: String
    /// Whether a sentence mentions it, possibly without arguments, instead of giving it to be copied.
    var isMention = false

    var description: String { "\(file): \(text)" }

    /// Its words as a shell splits them: comments end the command, quotes keep words together, variables have the given values.
    func words(_ variables: [String: String] = [:]) -> [String] {
        var words: [String] = [], word = "", isWord = false, quote: Character?, rest = Substring(text)
        func end() { if isWord { words.append(word) }; word = ""; isWord = false }
        while let next = rest.popFirst() {
            switch next {
            case "'" where quote != "\"", "\"" where quote != "'":
                quote = quote == nil ? next : nil
                isWord = true
            case "$" where quote != "'":
                let name = rest.prefix { $0.isLetter || $0 == "_" }
                rest.removeFirst(name.count)
                word += variables[String(name)] ?? "x"
                isWord = true
            case " " where quote == nil, "\n" where quote == nil: end()
            case "#" where quote == nil && !isWord: rest = ""
            default:
                word.append(next)
                isWord = true
            }
        }
        end()
        return words
    }
}

/// The texts of the repository that people read: README, docs, the configuration, the dashboard's pages, and what the program prints.
enum PrintedTexts {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path

    /// The files in a folder and its subfolders with this suffix, as paths from the root.
    static func files(_ folder: String, _ ending: String) -> [String] {
        let names = FileManager.default.enumerator(atPath: "\(root)/\(folder)")?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(ending) }.sorted().map { "\(folder)/\($0)" }
    }

    static func read(_ file: String) throws -> String { try String(contentsOfFile: "\(root)/\(file)", encoding: .utf8) }

    static let documents = ["README.md", "CONTRIBUTING.md", "SECURITY.md"] + files("docs", ".md") + files("Modules", "README.md")

    /// The code in a document: the lines of code blocks, joined after a backslash or inside quotes, and the inline code.
    static func code(of document: String) -> (blocks: [String], inline: [String]) {
        var blocks: [String] = [], inline: [String] = [], isFenced = false, open: String?
        for line in document.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("```") {
                isFenced.toggle()
                continue
            }
            guard isFenced || line.hasPrefix("    ") else {
                inline += line.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }.map {
                    String($0.element)
                }
                continue
            }
            let whole = (open.map { $0 + "\n" } ?? "") + line.trimmingCharacters(in: .whitespaces)
            open = nil
            if whole.hasSuffix("\\") {
                open = String(whole.dropLast())
            } else if whole.count(where: { $0 == "'" }) % 2 == 1, whole.contains("curl ") {
                open = whole
            } else if !whole.isEmpty {
                blocks.append(whole)
            }
        }
        return (blocks, inline)
    }

    /// Every command in the documents that begins with `program`.
    static func documented(_ program: String) throws -> [PrintedCommand] {
        try documents.flatMap { file -> [PrintedCommand] in
            let (blocks, inline) = code(of: try read(file))
            return blocks.filter { $0.hasPrefix(program + " ") }.map { PrintedCommand(text: $0, file: file) }
                + inline.filter { $0.hasPrefix(program + " ") }.map { PrintedCommand(text: $0, file: file, isMention: true) }
        }
    }

    /// Every `pulse` command in the configuration, the dashboard's pages and the program's own texts.
    static func pulseCommands() throws -> [PrintedCommand] {
        let command = #/(?:^|[\s`'"(])pulse (?:serve|config|migrate|modules|project|key|backup|restore|openapi|demo|doctor)\b[^`]*/#
        let sources = files("Host", ".swift") + files("Core", ".swift") + files("Host/Dashboard/web", ".js") + files("Modules", ".js")
        return try (["config/pulse.yaml", "Makefile"] + sources).flatMap { file in
            try read(file).split(separator: "\n").flatMap { line -> [PrintedCommand] in
                let line = String(line)
                if line.trimmingCharacters(in: .whitespaces).hasPrefix("///") { return [] }
                return line.matches(of: command).map { command in
                    // In a page the command is a whole literal; elsewhere the sentence continues after it.
                    let isPage = file.hasSuffix(".js")
                    var text = String(line[command.range]).trimmingCharacters(in: CharacterSet(charactersIn: " `'\"("))
                    if isPage, let end = text.lastIndex(of: "'") { text = String(text[..<end]) }
                    if !isPage, let end = text.firstIndex(of: "'") { text = String(text[..<end]) }
                    if text.count(where: { $0 == "\"" }) % 2 == 1, let end = text.firstIndex(of: "\"") { text = String(text[..<end]) }
                    for end in ["  ", ": ", ", "] { if let range = text.range(of: end) { text = String(text[..<range.lowerBound]) } }
                    // The end of a sentence.
                    text = text.replacing(#/\.(?:[\s\\"].*)?$/#, with: "")
                    text = text.replacing(#/\\\([^)]*\)|\$\{[^}]*\}/#, with: "x")
                    return PrintedCommand(text: text, file: file, isMention: !isPage)
                }
            }
        }
    }
}
