import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A separate `pulse serve` process without rate limits.
final class PulseProcess {
    let address: String
    let dataFolder: String
    private let process = Process()
    static let adminToken = "benchmark-admin-token"

    /// Starts the process without waiting for it; see `ready`.
    /// - Parameter database: URL of the PostgreSQL database to use; nil for embedded storage.
    init(program: String, dataFolder: String, database: String? = nil) throws {
        self.dataFolder = dataFolder
        try FileManager.default.createDirectory(atPath: dataFolder, withIntermediateDirectories: true)
        let port = try FreePort.find(), configuration = dataFolder + "/bench.yaml"
        try """
        server: {host: 127.0.0.1, port: \(port)}
        limits: {ingest_per_second: 0, query_per_second: 0, admin_per_second: 0, body_bytes: 104857600, batch_events: 100000}
        telemetry: {log_level: warning}
        """.write(toFile: configuration, atomically: true, encoding: .utf8)
        address = "http://127.0.0.1:\(port)"
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["serve", "--config", configuration]
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["PULSE_DATA": dataFolder, "PULSE_ADMIN_TOKEN": Self.adminToken]
        ) { $1 }
        process.environment?["DATABASE_URL"] = database
        process.environment?["PULSE_PORT"] = nil
        process.environment?["PULSE_HOST"] = nil
        process.standardOutput = FileHandle.standardError
        try process.run()
    }

    /// Waits for `/readyz`. Returns the seconds since `start`.
    @discardableResult
    func ready(since start: ContinuousClock.Instant = .now) async throws -> Double {
        while start.duration(to: .now) < .seconds(120) {
            guard process.isRunning else { throw BenchError("pulse exited during startup") }
            if let answer = try? await Client.get(address + "/readyz"), answer.status == 200 { return start.duration(to: .now).seconds }
            try await Task.sleep(for: .milliseconds(2))
        }
        throw BenchError("pulse was not ready after 120 s")
    }

    /// Seconds of CPU time so far. Unlike a rate, the CPU time per request hardly depends on the machine's other load.
    var processorSeconds: Double { Processes.processorSeconds(process.processIdentifier) }
    /// The largest resident memory so far.
    var peakMB: Double { Processes.megabytes("VmHWM", of: process.processIdentifier) }
    var residentMB: Double { Processes.megabytes("VmRSS", of: process.processIdentifier) }
    /// Resident memory in MB, without the pages of programs and libraries, which the system shares and may drop at any time.
    var ownMB: Double { Processes.megabytes("RssAnon", of: process.processIdentifier) }

    /// Sends SIGTERM and waits for the process to end.
    func stop() async throws {
        process.terminate()
        let start = ContinuousClock.now
        while process.isRunning {
            guard start.duration(to: .now) < .seconds(120) else { throw BenchError("pulse did not stop within 120 s") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Kills the process, for when a measurement fails.
    func kill() { if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) } }

    // MARK: Projects

    struct Keys: Codable, Sendable {
        let ingest: String
        /// A server key. Events sent with it may name the visitor's browser and IP address.
        let server: String
        let query: String
    }

    func createProject(_ name: String) async throws -> Keys {
        let project = try await create("/api/admin/projects", #"{"name":"\#(name)","domain":"www.example.com"}"#)
        guard let id = project["id"] as? String else { throw BenchError("no project was created: \(project)") }
        func key(_ scope: String, server: Bool) async throws -> String {
            let made = try await create(
                "/api/admin/projects/\(id)/keys", #"{"name":"\#(scope)","scopes":["\#(scope)"],"server":\#(server)}"#)
            guard let key = made["key"] as? String else { throw BenchError("no key was created: \(made)") }
            return key
        }
        return Keys(
            ingest: try await key("ingest", server: false), server: try await key("ingest", server: true),
            query: try await key("query", server: false))
    }

    /// Sends `body` as the administrator, and returns the response.
    func create(_ path: String, _ body: String) async throws -> [String: Any] {
        let answer = try await Client.post(
            address + path, headers: [("Authorization", "Bearer \(Self.adminToken)"), ("Content-Type", "application/json")],
            body: ByteBuffer(string: body))
        return try JSONSerialization.jsonObject(with: Data(answer.body.readableBytesView)) as? [String: Any] ?? [:]
    }
}

enum Client {
    private static let shared = HTTPClient(eventLoopGroupProvider: .singleton)

    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: ByteBuffer
    }

    static func get(_ url: String, key: String? = nil, token: String? = nil) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let key { request.headers.add(name: "X-Pulse-Key", value: key) }
        return try await answer(to: request)
    }

    static func post(_ url: String, headers: [(String, String)], body: ByteBuffer) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = .init(headers)
        request.body = .bytes(body)
        return try await answer(to: request)
    }

    /// Sends events until they are accepted. Waits as long as `Retry-After` says between attempts.
    /// - Returns: the number of retries.
    @discardableResult
    static func deliver(_ url: String, key: String, _ body: ByteBuffer) async throws -> Int {
        var refusals = 0
        while true {
            let answer = try await post(url, headers: [("X-Pulse-Key", key), ("Content-Type", "application/json")], body: body)
            switch answer.status {
            case 200: return refusals
            case 429, 503:
                refusals += 1
                try await Task.sleep(for: .seconds(answer.headers.first(name: "Retry-After").flatMap(Int.init) ?? 1))
            default: throw BenchError("events were rejected: \(String(buffer: answer.body).prefix(500))")
            }
        }
    }

    /// Requests a report until it includes everything that was acknowledged.
    static func whole(_ url: String, key: String) async throws -> Answer {
        while true {
            let answer = try await get(url, key: key)
            if answer.headers.first(name: "X-Pulse-As-Of") == nil { return answer }
        }
    }

    private static func answer(to request: HTTPClientRequest) async throws -> Answer {
        let response = try await shared.execute(request, timeout: .seconds(300))
        return Answer(status: Int(response.status.code), headers: response.headers, body: try await response.body.collect(upTo: 64 << 20))
    }
}

enum FreePort {
    static func find() throws -> Int {
        let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(handle) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(handle, $0, size) == 0 && getsockname(handle, $0, &size) == 0 }
        }
        guard bound else { throw BenchError("no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

enum Processes {
    /// A line of `/proc/PID/status`, in megabytes.
    static func megabytes(_ name: String, of process: Int32) -> Double {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
        return (line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Double($0) } ?? .nan) / 1_024
    }

    static func processorSeconds(_ process: Int32) -> Double {
        let status = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
        // The name in parentheses may contain spaces; after it, user and system time are the 12th and 13th fields.
        let fields = status.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return .nan }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Runs a program to its end. Returns its exit status and output.
    static func output(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws -> (
        status: Int32, text: String
    ) {
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
