import AllModules
import Foundation
import Testing
import TestSupport

private let node = ["/usr/bin/node", "/usr/local/bin/node"].first(where: FileManager.default.isExecutableFile)

/// The CSV files that pages of the dashboard export, made by the script itself. Needs a program that runs JavaScript.
@Suite("Exported tables", .modules(.all), .enabled(if: node != nil))
struct ExportedTableTests {
    /// The output of `csv` in `api.js` for rows written as JavaScript.
    private static func csv(_ rows: String) throws -> String {
        let script = try PrintedTexts.read("Host/Dashboard/web/api.js")
        let start = try #require(script.range(of: "export function csv(")),
            function = script[start.lowerBound...].dropFirst("export ".count)
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: try #require(node))
        process.arguments = ["-e", function + "\nprocess.stdout.write(csv(['a', 'b'], \(rows)))"]
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }

    @Test(
        "no spreadsheet takes a cell for a formula, regardless of the separator it splits at",
        arguments: [
            (#"'plain', 5"#, #"plain,5"#), (#"'a,b', 'c"d'"#, #""a,b","c""d""#), (#"null, undefined"#, ","),
            (#"'=1+1', '@x'"#, #""'=1+1","'@x""#), (#"'-5', '-5a'"#, #"-5,"'-5a""#), (#"'＝1', '\t=1'"#, "\"'＝1\",\"'\t'=1\""),
            (#"1, "/a;=1+cmd|' /C calc'!A0""#, #"1,"/a;'=1+cmd|' /C calc'!A0""#), (#"'a;b', 'a\tb'"#, "\"a;b\",\"a\tb\""),
            (#"1, 'x\n=1\r@2'"#, "1,\"x\n'=1\r'@2\""), (#"1, 'a|-1'"#, #"1,"a|'-1""#), (#"1, 'a;"=1'"#, #"1,"a;""'=1""#),
        ])
    func cells(row: String, line: String) throws {
        #expect(try Self.csv("[[\(row)]]") == "a,b\r\n\(line)\r\n")
    }
}
