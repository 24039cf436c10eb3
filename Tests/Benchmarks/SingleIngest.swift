import Foundation

/// Measures requests with one event each, acknowledged once the event is on disk. Compares them with requests that do nothing.
struct SingleIngest {
    let program: String
    let seconds: Int
    let rounds: Int

    private struct Load {
        let name: String
        let address: String
        let arguments: [String]
        var rates: [Double] = []
        var p50: [Double] = []
        var p99: [Double] = []
        /// Microseconds of the server's CPU time per request.
        var cost: [Double] = []
    }

    /// - Returns: the findings, and the requests/s of the bare `GET`, or nil if it was not measured.
    func run() async throws -> (findings: [Finding], bare: Double?) {
        guard (try? Processes.output("wrk", ["-v"]))?.text.contains("wrk") ?? false else {
            return ([Finding(.note, "Single events", "**not measured: `wrk` is not installed** (`apt-get install wrk`)")], nil)
        }
        print("Single events: \(rounds) rounds of 3 × \(seconds) s")
        return try await Files.withTemporaryFolder { folder in
            let bare = Process(), port = try FreePort.find()
            bare.executableURL = URL(fileURLWithPath: Files.besideThisProgram("pulse-bench"))
            bare.arguments = ["bare", "--port", "\(port)"]
            try bare.run()
            defer { bare.terminate() }
            let pulse = try PulseProcess(program: program, dataFolder: folder)
            defer { pulse.kill() }
            try await pulse.ready()
            let key = try await pulse.createProject("single").ingest
            var loads = [
                Load(name: "bare Hummingbird GET", address: "http://127.0.0.1:\(port)", arguments: ["-", "get"]),
                Load(name: "GET /healthz", address: pulse.address, arguments: ["-", "get"]),
                Load(name: "POST /api/collect", address: pulse.address, arguments: [key, "post"]),
            ]
            for round in 0...rounds {
                for index in loads.indices {
                    // The first round is a warm-up.
                    let before = processorSeconds(bare, pulse, index)
                    let result = try measure(loads[index], seconds: round == 0 ? 1 : seconds)
                    let used = processorSeconds(bare, pulse, index) - before
                    guard round > 0 else { continue }
                    loads[index].rates.append(result[0])
                    loads[index].p50.append(result[1])
                    loads[index].p99.append(result[2])
                    loads[index].cost.append(used * 1_000_000 / (result[0] * Double(seconds)))
                }
            }
            try await pulse.stop()
            let bareRate = loads[0].rates.median, ratio = loads[2].rates.median / loads[1].rates.median
            let findings = loads.map { load in
                let times = "p50 \(load.p50.median.short) ms, p99 \(load.p99.median.short) ms"
                return Finding(
                    .ingest, load.name, "\(Int(load.rates.median)) requests/s",
                    "\(times), \(load.cost.median.short) µs of CPU time per request")
            }
            return (
                findings + [
                    Finding(.ingest, "collect : /healthz", ratio.short, budget: "0.6 or more", isMet: ratio >= 0.6),
                    Finding(.ingest, "collect : bare", (loads[2].rates.median / bareRate).short),
                ], bareRate
            )
        }
    }

    private func processorSeconds(_ bare: Process, _ pulse: PulseProcess, _ index: Int) -> Double {
        index == 0 ? Processes.processorSeconds(bare.processIdentifier) : pulse.processorSeconds
    }

    private func measure(_ load: Load, seconds: Int) throws -> [Double] {
        let output = try Processes.output(
            "wrk", ["-t1", "-c64", "-d\(seconds)s", "--latency", "-s", "Tests/Benchmarks/single.lua", load.address, "--"] + load.arguments)
        guard let line = output.text.split(separator: "\n").last(where: { $0.hasPrefix("RESULT") }) else {
            throw BenchError("wrk printed no result for \(load.name): \(output.text)")
        }
        let numbers = line.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard numbers.count == 4, numbers[3] == 0 else { throw BenchError("\(load.name): requests failed: \(output.text)") }
        return numbers
    }
}
