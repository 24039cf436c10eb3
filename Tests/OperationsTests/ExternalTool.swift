import Foundation

/// A program that some tests use if it is installed.
enum ExternalTool {
    struct Result {
        let status: Int32
        let output: String
    }

    static let hasOpenAPIValidator = (try? python("import openapi_spec_validator, jsonschema").status) == 0
    static let chromium = ["chromium", "chromium-browser", "google-chrome"].first { (try? run([$0, "--version"]).status) == 0 }

    /// Runs `code` with `input` as its standard input.
    static func python(_ code: String, input: String = "") throws -> Result { try run(["python3", "-c", code], input: input) }

    static func run(_ command: [String], input: String = "") throws -> Result {
        // Files instead of pipes, because a full pipe that nobody reads would block the program.
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let inputFile = folder.appendingPathComponent("input"), outputFile = folder.appendingPathComponent("output")
        try Data(input.utf8).write(to: inputFile)
        try Data().write(to: outputFile)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        let output = try FileHandle(forWritingTo: outputFile)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        return Result(status: process.terminationStatus, output: try String(contentsOf: outputFile, encoding: .utf8))
    }
}
