import Foundation
import Synchronization

/// A program that a test runs as a child process. Its output goes to a file, so it never waits for a reader.
///
/// Foundation's `Process` doesn't work here: it considers a program running as long as any process that it started is alive.
final class Child: Sendable {
    let pid: pid_t
    let program: String
    private let outputFile: String
    private let state: Mutex<State>

    private struct State {
        /// The exit status, or 128 plus the signal that ended it. Nil while it runs.
        var status: Int32?
        /// Open for as long as the program runs: see `watch`.
        var leash: Int32
    }

    /// Kills the program when this process is gone, however it ended, so crashed tests leave no server behind: the pipe then
    /// ends without a line. `exec` keeps the process id, so signals reach the program itself.
    private static let watch = #"""
        cd "$1" || exit
        shift
        exec 3<&0
        { read -r _ <&3 || kill -9 $$; } >/dev/null 2>&1 &
        exec "$@" 3<&- </dev/null
        """#

    /// - Parameters:
    ///   - environment: added to this process's environment, without the variables that configure Pulse.
    ///   - folder: where it runs, and where its output is kept.
    init(_ command: [String], environment: [String: String] = [:], in folder: String) throws {
        program = command[0]
        outputFile = folder + "/output-" + UUID().uuidString
        let variables = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("PULSE_") && !["DATABASE_URL", "REDIS_URL"].contains($0.key) }
            .merging(environment) { $1 }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure(what: "pipe", code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputFile, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var pid: pid_t = 0
        let code = Self.withCStrings(["/bin/sh", "-c", Self.watch, "sh", folder] + command) { arguments in
            Self.withCStrings(variables.map { "\($0)=\($1)" }) { posix_spawn(&pid, "/bin/sh", &actions, nil, arguments, $0) }
        }
        guard code == 0 else {
            close(ends[1])
            throw Failure(what: command[0], code: code)
        }
        self.pid = pid
        state = Mutex(State(leash: ends[1]))
    }

    deinit {
        guard isRunning else { return }
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        ended(status)
    }

    struct Failure: Error, CustomStringConvertible {
        let what: String, code: Int32
        var description: String { "can't start \(what): \(String(cString: strerror(code)))" }
    }

    private static func withCStrings<Result>(_ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result) -> Result {
        let pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        return body(pointers)
    }

    // MARK: Output and exit

    /// Everything that the program has written.
    var output: String { (try? String(contentsOfFile: outputFile, encoding: .utf8)) ?? "" }
    var isRunning: Bool { status == nil }

    private var status: Int32? {
        if let known = state.withLock({ $0.status }) { return known }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return state.withLock { $0.status } }
        return ended(status)
    }

    /// - Parameter status: as returned by `waitpid`: the signal in the lower seven bits, the exit status above.
    @discardableResult
    private func ended(_ status: Int32) -> Int32 {
        state.withLock { state in
            let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
            state.status = code
            // A line makes the watching shell end without a kill.
            write(state.leash, "\n", 1)
            close(state.leash)
            return code
        }
    }

    func signal(_ signal: Int32) { if isRunning { kill(pid, signal) } }

    /// Waits for the program to end. Returns its exit status, or 128 plus the signal that ended it.
    @discardableResult
    func exit(within seconds: Double = 30) async throws -> Int32 {
        try await Patience.until("\(program) to end", seconds: seconds, state: { self.output }) { self.status }
    }

    /// `kill -9`
    func kill9() async throws {
        signal(SIGKILL)
        try await exit()
    }

    /// Waits for `mark` in the output. Returns the text after it, up to the next space or line break.
    func word(after mark: String, seconds: Double = 30) async throws -> String {
        try await Patience.until("'\(mark)' in the output", seconds: seconds, state: { self.output }) { () -> String? in
            let isRunning = self.isRunning, output = self.output
            if let range = output.range(of: mark) {
                let rest = output[range.upperBound...]
                if let end = rest.firstIndex(where: \.isWhitespace) { return String(rest[..<end]) }
            }
            if !isRunning { throw Patience.Exhausted(description: "\(program) ended before it wrote '\(mark)': \(output)") }
            return nil
        }
    }
}

/// Runs `body` with a folder that is removed afterwards. Its name is short, since the path of a socket in it must be.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = NSTemporaryDirectory() + "pulse-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}
