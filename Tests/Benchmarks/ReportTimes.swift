import Common
import Foundation
@_spi(Host) import Questions
import Storage

/// Measures startup time, memory, disk space, and every core report over the reference data set. Compares the reports with plain SQL.
struct ReportTimes {
    typealias Line = QuestionTimes.Line

    let data: ReferenceData
    let loaded: DataSet.Loaded
    let repetitions: Int

    private var times: QuestionTimes { QuestionTimes(folder: loaded.folder, key: loaded.keys[0].query, repetitions: repetitions) }

    func run(analysesAlone: Bool) async throws -> [Finding] {
        var findings: [Finding] = []
        if let rate = loaded.eventsPerSecond {
            findings.append(
                Finding(.ingest, "The reference data set, large requests", "\(Int(rate)) events/s until queryable, generator included"))
        }
        var lines = analysesAlone ? [] : Question.all.flatMap { question in [Int64(30), 60].map { Line(question: question, days: $0) } }
        if !analysesAlone { lines.append(Line(question: .realtime, days: 1)) }
        var analyses = Question.analyses.map { Line(question: $0, days: 60) }
        findings += try await throughPulse(&lines, &analyses)
        try await times.throughDuckDB(&lines)
        try await times.throughDuckDB(&analyses)
        if !lines.isEmpty { findings.append(try await throughClickHouse(&lines)) }
        return findings + lines.map(Self.finding) + analyses.map(Self.analysis)
    }

    /// The budget is 1.2 times DuckDB's own time, and at most half a second.
    private static func analysis(_ line: Line) -> Finding {
        Finding(
            .analysis, line.name, "\(line.cold.short) | \(line.warm.short) | \(line.duckdb.short)",
            line.differs.isEmpty ? nil : "**results differ: \(line.differs.joined(separator: ", "))**",
            isMet: line.cold <= 1.2 * line.duckdb && line.cold <= 500 && line.warm <= 10 && line.differs.isEmpty)
    }

    private static func finding(_ line: Line) -> Finding {
        let reference = line.clickhouse ?? .nan
        return Finding(
            .report, line.name, "\(line.cold.short) | \(line.warm.short) | \(line.duckdb.short) | \(line.clickhouse?.short ?? "-")",
            line.differs.isEmpty ? nil : "**results differ: \(line.differs.joined(separator: ", "))**",
            budget: "", isMet: (reference.isNaN || line.cold <= reference) && line.warm <= 10 && line.differs.isEmpty)
    }

    // MARK: Pulse

    private func throughPulse(_ lines: inout [Line], _ analyses: inout [Line]) async throws -> [Finding] {
        var starts: [Double] = [], idle = 0.0, own = 0.0, after = 0.0
        for repetition in 0..<3 {
            let start = ContinuousClock.now
            let pulse = try PulseProcess(program: data.program, dataFolder: loaded.folder)
            defer { pulse.kill() }
            starts.append(try await pulse.ready(since: start))
            if repetition == 2 {
                try await Task.sleep(for: .seconds(5))
                (idle, own) = (pulse.residentMB, pulse.ownMB)
                print("Reports through Pulse")
                for index in lines.indices { try await times.ask(pulse, &lines[index]) }
                for index in analyses.indices { try await times.ask(pulse, &analyses[index]) }
                after = pulse.residentMB
            }
            try await pulse.stop()
        }
        let bytes = Files.bytes(loaded.folder + "/events.duckdb"), perEvent = Double(bytes) / Double(data.events)
        return [
            Finding(.start, "Start to ready", "\(starts.median.short) s", budget: "0.5 s", isMet: starts.median <= 0.5),
            Finding(
                .memory, "RSS idle, five seconds after startup", "\(Int(idle)) MB",
                "\(Int(own)) MB private, the rest are pages of programs and libraries", budget: "100 MB", isMet: idle <= 100),
            Finding(.memory, "RSS after the reports", "\(Int(after)) MB", budget: "2048 MB", isMet: after <= 2_048),
            Finding(
                .disk, "events.duckdb after a clean stop", "\(perEvent.short) bytes per event", "\(bytes >> 20) MB", budget: "25",
                isMet: perEvent <= 25),
        ]
    }

    // MARK: ClickHouse's engine

    private func throughClickHouse(_ lines: inout [Line]) async throws -> Finding {
        let clickhouse: ClickHouse
        do { clickhouse = try ClickHouse(data: loaded.folder) } catch {
            return Finding(.note, "ClickHouse", "**not measured: \(error)**")
        }
        print("The same reports in ClickHouse's engine")
        defer { clickhouse.stop() }
        let version = try clickhouse.load()
        for index in lines.indices {
            let statements = lines[index].question.statements(lines[index].days) { "intDiv(\($0), \($1))" }
            let repetitions = lines[index].repetitions(repetitions)
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
        rows.count == others.count
            && zip(rows, others).allSatisfy { row, other in
                row == other.map { $0.text ?? $0.int.map(String.init) ?? "" }
            }
    }
}
