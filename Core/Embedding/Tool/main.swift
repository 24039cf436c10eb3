// Writes Swift code that contains text files: `Embedded.page_js` has the bytes of `page.js`, and `Embedded.all` has all files.
//
//   embed-files CODE.swift FILE ...

import Foundation

/// The text as a string literal.
func literal(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "\"") { literal, scalar in
        switch scalar {
        case "\"", "\\": literal += "\\\(scalar)"
        case "\n": literal += "\\n"
        case _ where scalar.value < 0x20 || scalar.value == 0x7F: literal += "\\u{\(String(scalar.value, radix: 16))}"
        default: literal.unicodeScalars.append(scalar)
        }
    } + "\""
}

var members = "", all = ""
for path in CommandLine.arguments.dropFirst(2) {
    let file = URL(fileURLWithPath: path), name = file.lastPathComponent
    guard let text = String(validating: try Data(contentsOf: file), as: UTF8.self) else {
        FileHandle.standardError.write(Data("\(path): error: only text in UTF-8 can be embedded\n".utf8))
        exit(1)
    }
    let identifier = String(name.map { $0.isLetter || $0.isNumber ? $0 : "_" })
    members += "    static let \(identifier) = [UInt8](\(literal(text)).utf8)\n"
    all += "        (\(literal(name)), \(identifier)),\n"
}
let code = """
    /// The files that this target embeds.
    enum Embedded {
    \(members)
        /// All of them by name.
        static let all: [(name: String, bytes: [UInt8])] = [
    \(all)    ]
    }

    """
// SwiftPM runs this again whenever the environment has changed. An untouched file spares compiling what embeds it.
let output = URL(fileURLWithPath: CommandLine.arguments[1]), data = Data(code.utf8)
if (try? Data(contentsOf: output)) != data { try data.write(to: output) }
