import Foundation

/// ClickHouse's engine in a Python process that returns a line for each line it reads; see `clickhouse.py`.
final class ClickHouse {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var unread = Data()
    private let folder: String
    private static let environment = ".tools/chdb"

    /// Starts the process, and installs chDB first if it is missing.
    init(data folder: String) throws {
        self.folder = folder
        let python = Self.environment + "/bin/python"
        let check = "import chdb, duckdb; assert duckdb.__version__ == '\(Self.duckdbVersion)' or not '\(Self.duckdbVersion)'"
        if try Processes.output(python, ["-c", check]).status != 0 { try Self.install() }
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["Tests/Benchmarks/clickhouse.py"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    /// The version of Pulse's DuckDB library; "" if the library was not downloaded. The same version can surely read Pulse's file.
    private static let duckdbVersion =
        (try? String(contentsOfFile: ".tools/duckdb/stamp", encoding: .utf8))?.split(separator: " ").first.map(String.init) ?? ""

    private static func install() throws {
        print("Installing chDB into \(environment)")
        guard try Processes.output("python3", ["-m", "venv", environment]).status == 0 else {
            throw BenchError("python3 -m venv failed")
        }
        let pinned = duckdbVersion.isEmpty ? "" : "==\(duckdbVersion)"
        guard try Processes.output(environment + "/bin/pip", ["install", "--quiet", "chdb", "duckdb\(pinned)"]).status == 0 else {
            throw BenchError("pip could not install chdb and duckdb")
        }
    }

    /// Copies the events of the data set unless that is already done. Returns chDB's version.
    func load() throws -> String {
        try call(["load": folder + "/events.duckdb", "into": folder + "/clickhouse"])["version"] as? String ?? "?"
    }

    func ask(_ statement: String, repetitions: Int) throws -> (milliseconds: [Double], rows: [[String]]) {
        let answer = try call(["sql": statement, "repetitions": repetitions])
        guard let milliseconds = answer["milliseconds"] as? [Double], let rows = answer["rows"] as? [[String]] else {
            throw BenchError("ClickHouse returned no result: \(answer)")
        }
        return (milliseconds, rows)
    }

    func stop() {
        input.fileHandleForWriting.closeFile()
        process.waitUntilExit()
    }

    private func call(_ request: [String: Any]) throws -> [String: Any] {
        input.fileHandleForWriting.write(try JSONSerialization.data(withJSONObject: request) + Data("\n".utf8))
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = unread[unread.startIndex..<end]
                unread = Data(unread[unread.index(after: end)...])
                let answer = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] ?? [:]
                if let error = answer["error"] { throw BenchError("ClickHouse: \(error)") }
                return answer
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw BenchError("the process that runs ClickHouse's engine has ended") }
            unread.append(more)
        }
    }
}
