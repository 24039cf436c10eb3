import Common
import DuckDBEngine
import Foundation
import Logging
import NIOCore
import Storage

/// Start, memory, disk, and every core report over the reference data set, next to the engines' own SQL.
struct ReportTimes {
    let data: ReferenceData
    let loaded: ReferenceData.Loaded
    let repetitions: Int

    private struct Line {
        let question: Question
        let days: Int64
        var cold = 0.0, warm = 0.0, duckdb = 0.0
        var clickhouse: Double?
        var differs: [String] = []
        var answer: [[Any?]]?
        var rows: [[[Value]]] = []

        var name: String { question.name + (days > 1 ? ", \(days) days" : "") }
    }

    func run() async throws -> [Finding] {
        var findings: [Finding] = []
        if let rate = loaded.eventsPerSecond {
            findings.append(Finding(.ingest, "The reference data set, large requests", "\(Int(rate)) events/s until queryable, generator included"))
        }
        var lines = Question.all.flatMap { question in [Int64(30), 60].map { Line(question: question, days: $0) } }
        lines.append(Line(question: .realtime, days: 1))
        findings += try await throughPulse(&lines)
        try await throughDuckDB(&lines)
        let note = try await throughClickHouse(&lines)
        return findings + [note] + lines.map(Self.finding)
    }

    private static func finding(_ line: Line) -> Finding {
        let reference = line.clickhouse ?? .nan
        return Finding(
            .report, line.name, "\(line.cold.short) | \(line.warm.short) | \(line.duckdb.short) | \(line.clickhouse?.short ?? "-")",
            line.differs.isEmpty ? nil : "**answers differ: \(line.differs.joined(separator: ", "))**",
            budget: "", isMet: (reference.isNaN || line.cold <= reference) && line.warm <= 10 && line.differs.isEmpty)
    }

    // MARK: Pulse

    private func throughPulse(_ lines: inout [Line]) async throws -> [Finding] {
        var starts: [Double] = [], idle: [Double] = [], after = 0.0
        for repetition in 0..<3 {
            let start = ContinuousClock.now
            let pulse = try PulseProcess(program: data.program, dataFolder: loaded.folder)
            defer { pulse.kill() }
            starts.append(try await pulse.ready(since: start))
            if repetition == 2 {
                try await Task.sleep(for: .seconds(5))
                idle.append(pulse.residentMB)
                print("Reports through Pulse")
                for index in lines.indices { try await ask(pulse, &lines[index]) }
                after = pulse.residentMB
            }
            try await pulse.stop()
        }
        let bytes = Files.bytes(loaded.folder + "/events.duckdb"), perEvent = Double(bytes) / Double(data.events)
        return [
            Finding(.start, "Start to ready", "\(starts.median.short) s", budget: "0.5 s", isMet: starts.median <= 0.5),
            Finding(.memory, "RSS idle, five seconds after the start", "\(Int(idle.median)) MB", budget: "100 MB", isMet: idle.median <= 100),
            Finding(.memory, "RSS after the reports", "\(Int(after)) MB", budget: "2048 MB", isMet: after <= 2_048),
            Finding(.disk, "events.duckdb after a clean stop", "\(perEvent.short) bytes an event", "\(bytes >> 20) MB", budget: "25", isMet: perEvent <= 25),
        ]
    }

    private func ask(_ pulse: PulseProcess, _ line: inout Line) async throws {
        let (start, end) = Question.range(line.days)
        let key = loaded.keys[0].query
        func url(_ shift: Int) -> String {
            guard line.days > 1 else { return pulse.address + line.question.path }
            // No row lies so close to the end of the range.
            return pulse.address + line.question.path + "?start_at=\(start.iso8601)&end_at=\(end.adding(milliseconds: Int64(-shift)).iso8601)" + line.question.query
        }
        func time(_ shift: Int) async throws -> (milliseconds: Double, answer: Client.Answer) {
            let url = url(shift), start = ContinuousClock.now
            let answer = try await Client.get(url, key: key)
            let took = start.duration(to: .now).milliseconds
            guard answer.status == 200 else { throw BenchError("\(url): \(String(buffer: answer.body))") }
            return (took, answer)
        }
        let first = try await time(0)
        let report = try JSONSerialization.jsonObject(with: Data(first.answer.body.readableBytesView)) as? [String: Any] ?? [:]
        line.answer = line.question.answer?(report)
        var cold: [Double] = [], warm: [Double] = []
        for repetition in 1...repetitions { cold.append(try await time(repetition).milliseconds) }
        for _ in 1...repetitions { warm.append(try await time(0).milliseconds) }
        line.cold = cold.median
        line.warm = warm.median
    }

    // MARK: DuckDB itself

    private func throughDuckDB(_ lines: inout [Line]) async throws {
        print("The same through DuckDB")
        let store = try DuckDBEventStore(
            path: loaded.folder + "/events.duckdb", library: .load(), threads: 2, memoryLimitBytes: 1 << 30, readers: 1,
            temporaryFolder: loaded.folder + "/bench-spill", logger: Logger(label: "bench"))
        do {
            for index in lines.indices {
                let statements = lines[index].question.statements(lines[index].days) { "\($0) // \($1)" }
                    .map { $0.replacingOccurrences(of: "FROM activity", with: "FROM core_activity") }
                var times: [Double] = []
                for repetition in 0...repetitions {
                    let start = ContinuousClock.now
                    var rows: [[[Value]]] = []
                    for statement in statements { rows.append(try await store.query("\(sql: statement)", timeoutSeconds: 120).values) }
                    if repetition > 0 { times.append(start.duration(to: .now).milliseconds) } else { lines[index].rows = rows }
                }
                lines[index].duckdb = times.median
                if let answer = lines[index].answer, !Self.agree(answer, lines[index].rows[0]) { lines[index].differs.append("Pulse and DuckDB") }
            }
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    /// Whether what the report says is what the first columns say.
    private static func agree(_ answer: [[Any?]], _ rows: [[Value]]) -> Bool {
        let rows = rows.filter { !$0.isEmpty }
        guard answer.count == rows.count else { return false }
        return zip(answer, rows).allSatisfy { said, row in
            zip(said, row).allSatisfy { one, other in one.map { "\($0)" == (other.text ?? other.int.map(String.init) ?? "") } ?? true }
        }
    }

    // MARK: ClickHouse's engine

    private func throughClickHouse(_ lines: inout [Line]) async throws -> Finding {
        let clickhouse: ClickHouse
        do { clickhouse = try ClickHouse(data: loaded.folder) } catch {
            return Finding(.note, "ClickHouse", "**not measured: \(error)**")
        }
        print("The same through ClickHouse's engine")
        defer { clickhouse.stop() }
        let version = try clickhouse.load()
        for index in lines.indices {
            let statements = lines[index].question.statements(lines[index].days) { "intDiv(\($0), \($1))" }
            var total: [Double] = Array(repeating: 0, count: repetitions)
            for (number, statement) in statements.enumerated() {
                let (milliseconds, rows) = try clickhouse.ask(statement, repetitions: repetitions)
                for (repetition, time) in milliseconds.enumerated() { total[repetition] += time }
                if !Self.same(rows, lines[index].rows[number]) { lines[index].differs.append("DuckDB and ClickHouse") }
            }
            lines[index].clickhouse = total.median
        }
        return Finding(.note, "ClickHouse", "chDB \(version), 2 threads, MergeTree ORDER BY (project, occurred_at), LowCardinality strings")
    }

    private static func same(_ rows: [[String]], _ others: [[Value]]) -> Bool {
        rows.count == others.count && zip(rows, others).allSatisfy { row, other in
            row == other.map { $0.text ?? $0.int.map(String.init) ?? "" }
        }
    }
}
