import Foundation
import NIOCore

/// Times reports of other modules than core: errors by group and log search, each over many errors or log entries.
struct FactTimes {
    let program: String
    let folder: String
    /// The number of errors, which is also the number of log entries.
    let facts: Int
    let repetitions: Int

    /// The number of events per request, and of concurrent requests.
    private static let perRequest = 10_000, connections = 2

    func run() async throws -> [Finding] {
        let set = DataSet(program: program, folder: "\(folder)/facts-\(facts)", version: "\(FactTraffic.version) \(facts)", projects: 1)
        let loaded = try await set.prepare("Errors and log entries: \(facts) each", events: facts * 2, send: send)
        let times = QuestionTimes(folder: loaded.folder, key: loaded.keys[0].query, repetitions: repetitions)
        var lines = Question.ofFacts.flatMap { question in [Int64(30), 60].map { QuestionTimes.Line(question: question, days: $0) } }
        let pulse = try PulseProcess(program: program, dataFolder: loaded.folder)
        defer { pulse.kill() }
        try await pulse.ready()
        print("Reports on errors and logs through Pulse")
        for index in lines.indices { try await times.ask(pulse, &lines[index]) }
        try await pulse.stop()
        try await times.throughDuckDB(&lines)
        let rate = loaded.eventsPerSecond.map {
            Finding(
                .ingest, "Errors and log entries, \(Self.perRequest) per request", "\(Int($0)) events/s until queryable, generator included"
            )
        }
        return (rate.map { [$0] } ?? [])
            + lines.map { line in
                Finding(
                    .facts, line.name, "\(line.cold.short) | \(line.warm.short) | \(line.duckdb.short)",
                    line.differs.isEmpty ? nil : "**results differ: \(line.differs.joined(separator: ", "))**",
                    isMet: line.warm <= 10 && line.differs.isEmpty)
            }
    }

    private func send(to pulse: PulseProcess, _ keys: [PulseProcess.Keys]) async throws {
        let url = pulse.address + "/api/collect", key = keys[0].server
        for kind in FactTraffic.Kind.allCases {
            var traffic = FactTraffic(kind, count: facts)
            try await withThrowingTaskGroup(of: Void.self) { group in
                var underWay = 0
                while let body = traffic.body(of: Self.perRequest) {
                    if underWay == Self.connections { try await group.next() } else { underWay += 1 }
                    group.addTask { try await Client.deliver(url, key: key, body) }
                }
                try await group.waitForAll()
            }
        }
    }
}
