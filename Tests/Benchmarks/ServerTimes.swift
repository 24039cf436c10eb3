import Common
import Foundation
import NIOCore

/// Measures one PostgreSQL and a Citus cluster of three workers over the reference data set: work rather than latency, as all nodes share this
/// machine's cores. Needs the servers of `config/setup/test-servers.sh`.
struct ServerTimes {
    let data: ReferenceData
    let repetitions: Int

    /// A database, and the servers whose processor time counts.
    private struct Target {
        let name: String
        /// Nil for embedded storage.
        let url: String?
        /// The ports of its servers, the one to which Pulse connects first.
        let ports: [String]
    }

    private struct Cost {
        var milliseconds = Double.nan, processor = Double.nan, coordinator = Double.nan, bytes = Double.nan
        var answer: [[Any?]]?
    }

    func run() async throws -> [Finding] {
        let targets = try Self.targets(),
            lines =
                Question.all.map { QuestionTimes.Line(question: $0, days: 60) }
                + Question.analyses.map { QuestionTimes.Line(question: $0, days: 60) }
        var costs: [[Cost]] = [], findings: [Finding] = [], ingest: [Double] = []
        for target in targets {
            let folder = data.folder + "/servers-" + target.name
            try? FileManager.default.removeItem(atPath: folder)
            let before = Self.processorSeconds(target)
            let loaded = try await data.prepare(on: target.url, in: target.url == nil ? nil : folder)
            if let rate = loaded.eventsPerSecond, target.url != nil {
                let processor = (Self.processorSeconds(target) - before) / Double(data.events) * 1e6
                ingest.append(processor)
                findings.append(
                    Finding(
                        .servers, "\(target.name): events until queryable", "\(Int(rate)) events/s",
                        "\(processor.short) µs of the servers' processor time per event"))
            }
            let pulse = try PulseProcess(program: data.program, dataFolder: loaded.folder, database: target.url)
            defer { pulse.kill() }
            try await pulse.ready()
            print("Reports: \(target.name)")
            var found: [Cost] = []
            for line in lines {
                let cost = try await cost(of: line, through: pulse, loaded, target)
                print("  \(line.name): \(cost.milliseconds.short) ms, processor \(cost.processor.short) ms")
                found.append(cost)
            }
            costs.append(found)
            if target.url != nil { findings.append(try await crowd(pulse, loaded, target)) }
            try await pulse.stop()
        }
        if ingest.count == 2 {
            let ratio = ingest[0] / ingest[1]
            findings.append(
                Finding(
                    .servers, "events of the cluster for the same processor time", "\(ratio.short) of one PostgreSQL's",
                    budget: "0.7 or more",
                    isMet: ratio >= 0.7))
        }
        for (index, line) in lines.enumerated() { findings.append(finding(line, costs.map { $0[index] })) }
        return findings
    }

    private func finding(_ line: QuestionTimes.Line, _ costs: [Cost]) -> Finding {
        let embedded = costs[0], one = costs[1], cluster = costs.count > 2 ? costs[2] : Cost()
        func said(_ cost: Cost) -> String { "\(cost.answer ?? [])" }
        let isSame = costs.allSatisfy { $0.answer == nil || said($0) == said(embedded) }
        let meets =
            one.milliseconds <= 4 * embedded.milliseconds
            && (costs.count < 3
                || cluster.processor <= 1.3 * one.processor && cluster.coordinator <= 0.1 * cluster.processor && cluster.bytes <= 1e6)
        return Finding(
            .serverReport, line.name,
            [
                embedded.milliseconds, one.milliseconds, one.milliseconds / embedded.milliseconds, cluster.milliseconds, one.processor,
                cluster.processor, cluster.processor / one.processor, cluster.coordinator, cluster.bytes / 1_000,
            ]
            .map(\.short).joined(separator: " | "),
            isSame ? nil : "**answers differ**", isMet: meets && isSame)
    }

    private func cost(of line: QuestionTimes.Line, through pulse: PulseProcess, _ loaded: DataSet.Loaded, _ target: Target) async throws
        -> Cost
    {
        var line = line, cost = Cost()
        let times = QuestionTimes(folder: loaded.folder, key: loaded.keys[0].query, repetitions: repetitions)
        let before = (Self.processorSeconds(target), Self.processorSeconds(target, 1), Self.loopbackBytes)
        let asked = try await times.askCold(pulse, &line).count
        cost.milliseconds = line.cold
        cost.answer = line.answer
        cost.processor = (Self.processorSeconds(target) - before.0) / Double(asked) * 1_000
        cost.coordinator = (Self.processorSeconds(target, 1) - before.1) / Double(asked) * 1_000
        cost.bytes = Double(Self.loopbackBytes - before.2) / Double(asked)
        return cost
    }

    /// Sixteen people with five reports each, at once.
    private func crowd(_ pulse: PulseProcess, _ loaded: DataSet.Loaded, _ target: Target) async throws -> Finding {
        let (start, end) = Question.range(60), key = loaded.keys[0].query, address = pulse.address, begun = ContinuousClock.now
        let answered = try await withThrowingTaskGroup(of: Int.self) { group in
            for person in 0..<16 {
                group.addTask {
                    var answered = 0
                    for (number, path) in ["stats", "pages", "referrers", "stats/timeseries", "events"].enumerated() {
                        let shifted = end.adding(milliseconds: Int64(-(person * 5 + number + 100)))
                        let url = "\(address)/api/v1/\(path)?start_at=\(start.iso8601)&end_at=\(shifted.iso8601)"
                        // A request that gets no connection within 30 seconds counts as unanswered.
                        if (try? await Client.get(url, key: key).status) == 200 { answered += 1 }
                    }
                    return answered
                }
            }
            return try await group.reduce(0, +)
        }
        return Finding(
            .servers, "\(target.name): 16 people with 5 reports each", "\(answered) of 80 answered",
            "\(begun.duration(to: .now).seconds.short) s",
            budget: "all", isMet: answered == 80)
    }

    // MARK: Servers

    private static func targets() throws -> [Target] {
        let environment = ProcessInfo.processInfo.environment
        guard let url = environment["PULSE_TEST_DATABASE_URL"], let port = url.split(separator: ":").last?.split(separator: "/").first
        else {
            throw BenchError("the part `servers` needs servers: make bench ARGS=\"--only servers\" starts them")
        }
        var targets = [Target(name: "embedded", url: nil, ports: []), Target(name: "one PostgreSQL", url: url, ports: [String(port)])]
        let nodes = (environment["PULSE_TEST_CITUS_NODES"] ?? "").split(separator: " ").map(String.init)
        if let coordinator = nodes.first {
            targets.append(Target(name: "cluster", url: "postgresql://pulse@127.0.0.1:\(coordinator)/postgres", ports: nodes))
        }
        return targets
    }

    /// Seconds of processor time of the first `count` servers, and of their processes that have ended.
    private static func processorSeconds(_ target: Target, _ count: Int = .max) -> Double {
        target.ports.prefix(count).reduce(0) { $0 + Processes.processorSecondsOfServer(listeningOn: $1) }
    }

    /// Bytes that were sent over loopback.
    private static var loopbackBytes: Int64 {
        let text = (try? String(contentsOfFile: "/proc/net/dev", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.drop { $0 == " " }.hasPrefix("lo:") } ?? ""
        return line.split(whereSeparator: { $0 == " " || $0 == ":" }).dropFirst().first.flatMap { Int64($0) } ?? 0
    }
}

extension Processes {
    /// Seconds of processor time of the PostgreSQL server that was started with this port, with all its processes, past and present.
    static func processorSecondsOfServer(listeningOn port: String) -> Double {
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        var parents: [Int32: Int32] = [:], times: [Int32: (own: Double, ended: Double)] = [:], server: Int32?
        for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let id = Int32(entry), let stat = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
                stat.contains("(postgres)")
            else { continue }
            let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
            guard fields.count > 14 else { continue }
            parents[id] = Int32(fields[1])
            times[id] = ((Double(fields[11])! + Double(fields[12])!) / ticks, (Double(fields[13])! + Double(fields[14])!) / ticks)
            let arguments = (try? String(contentsOfFile: "/proc/\(id)/cmdline", encoding: .utf8))?.split(separator: "\0") ?? []
            if let flag = arguments.firstIndex(of: "-p"), arguments.index(after: flag) < arguments.endIndex, arguments[flag + 1] == port {
                server = id
            }
        }
        guard let server, let own = times[server] else { return 0 }
        return own.own + own.ended + parents.filter { $0.value == server }.keys.reduce(0) { $0 + (times[$1]?.own ?? 0) }
    }
}
