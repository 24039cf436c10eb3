import Foundation
import Synchronization

/// A program that a test runs beside itself. What it writes goes to a file, so that it never waits for a reader.
final class Child: Sendable {
    let pid: Int32
    private let process: Process
    /// Open for as long as the test runs: see `watch`.
    private let leash: FileHandle
    private let outputFile: String

    /// Ends the program when this process is gone, however it went, so that no server is left behind by a test that
    /// crashed: the pipe then ends without a line. `exec` keeps the id, so that signals reach the program itself.
    private static let watch = #"""
        exec 3<&0
        { read -r _ <&3 || kill -9 $$; } >/dev/null 2>&1 &
        exec "$@" 3<&- </dev/null
        """#

    /// - Parameters:
    ///   - environment: on top of this process's own, without what would configure a Pulse.
    ///   - folder: where it runs, and where its output is kept.
    init(_ command: [String], environment: [String: String] = [:], in folder: String) throws {
        outputFile = folder + "/output-" + UUID().uuidString
        FileManager.default.createFile(atPath: outputFile, contents: nil)
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: outputFile))
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", Self.watch, "sh"] + command
        process.environment = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("PULSE_") && !["DATABASE_URL", "REDIS_URL"].contains($0.key) }
            .merging(environment) { $1 }
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = pipe
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try output.close()
        self.process = process
        pid = process.processIdentifier
        leash = pipe.fileHandleForWriting
    }

    deinit { if process.isRunning { kill(pid, SIGKILL) } }

    /// Everything that it has written.
    var output: String { (try? String(contentsOfFile: outputFile, encoding: .utf8)) ?? "" }
    var isRunning: Bool { process.isRunning }

    func signal(_ signal: Int32) { if process.isRunning { kill(pid, signal) } }

    /// Its exit status; 128 and the signal where one ended it.
    @discardableResult
    func exit(within seconds: Double = 30) async throws -> Int32 {
        try await Patience.until("\(process.arguments?.dropFirst(3).first ?? "") to end", seconds: seconds, state: { self.output }) {
            self.process.isRunning ? nil : ()
        }
        try? leash.write(contentsOf: Data("\n".utf8))
        try? leash.close()
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// `kill -9`
    func kill9() async throws {
        signal(SIGKILL)
        try await exit()
    }

    /// The text that comes after `mark` in a line of its output, up to the next space or line break, once it is there.
    func word(after mark: String, seconds: Double = 30) async throws -> String {
        try await Patience.until("'\(mark)' in the output", seconds: seconds, state: { self.output }) { () -> String? in
            let output = self.output
            if let range = output.range(of: mark) {
                let rest = output[range.upperBound...]
                if let end = rest.firstIndex(where: \.isWhitespace) { return String(rest[..<end]) }
            }
            if !self.isRunning { throw Patience.Exhausted(description: "it ended before it wrote '\(mark)': \(self.output)") }
            return nil
        }
    }
}

/// A folder for one test, gone afterwards.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = NSTemporaryDirectory() + "pulse-e2e-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}
