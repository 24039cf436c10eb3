import Common
@_spi(Host) import DuckDBEngine
import Foundation
import Logging
import NIOCore
import Storage

/// Times questions on a data set, through Pulse and directly in DuckDB.
struct QuestionTimes {
    let folder: String
    /// The query key of the project.
    let key: String
    let repetitions: Int

    struct Line {
        let question: Question
        let days: Int64
        var cold = 0.0, warm = 0.0, duckdb = 0.0
        var clickhouse: Double?
        var differs: [String] = []
        var answer: [[Any?]]?
        var rows: [[[Value]]] = []

        init(question: Question, days: Int64) {
            self.question = question
            self.days = days
        }

        /// Questions that take a few milliseconds are repeated more often, because their times vary.
        func repetitions(_ count: Int) -> Int { days > 1 ? count : 10 * count }

        var name: String { question.name + (days > 1 ? ", \(days) days" : "") }
    }

    /// Requests the report through Pulse: `repetitions` times with a new range each (cold), and as often with the same range (warm).
    func ask(_ pulse: PulseProcess, _ line: inout Line) async throws {
        let time = try await askCold(pulse, &line).time
        var warm: [Double] = []
        for _ in 1...line.repetitions(repetitions) { warm.append(try await time(0).milliseconds) }
        line.warm = warm.median
    }

    /// Requests the report once and then `repetitions` times with a new range each.
    /// - Returns: how to request it again, and how often it was requested.
    @discardableResult
    func askCold(_ pulse: PulseProcess, _ line: inout Line) async throws -> (
        time: (_ shift: Int) async throws -> (milliseconds: Double, answer: Client.Answer), count: Int
    ) {
        let (start, end) = Question.range(line.days), id = try await define(line.question, pulse)
        let (path, query) = (line.question.path.replacing("{id}", with: id), line.question.query.replacing("{id}", with: id))
        let days = line.days
        func url(_ shift: Int) -> String {
            guard days > 1 else { return pulse.address + path }
            // No row is so close to the end of the range that the shift would exclude it.
            return pulse.address + path + "?start_at=\(start.iso8601)&end_at=\(end.adding(milliseconds: Int64(-shift)).iso8601)" + query
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
        var cold: [Double] = []
        let repetitions = line.repetitions(repetitions)
        for repetition in 1...repetitions { cold.append(try await time(repetition).milliseconds) }
        line.cold = cold.median
        return (time, repetitions + 1)
    }

    /// Creates the definition that the question needs. Returns its id, or "" if it needs none.
    private func define(_ question: Question, _ pulse: PulseProcess) async throws -> String {
        guard let (path, body) = question.definition else { return "" }
        let answer = try await Client.post(
            pulse.address + path, headers: [("X-Pulse-Key", key), ("Content-Type", "application/json")], body: ByteBuffer(string: body))
        let made = try JSONSerialization.jsonObject(with: Data(answer.body.readableBytesView)) as? [String: Any]
        guard let id = made?["id"] as? String else { throw BenchError("\(path): \(String(buffer: answer.body))") }
        return id
    }

    /// Runs the questions' SQL directly in DuckDB, and compares the results with Pulse's.
    func throughDuckDB(_ lines: inout [Line]) async throws {
        print("The same reports in DuckDB")
        let store = try DuckDBEventStore(
            path: folder + "/events.duckdb", library: .load(), threads: 2, memoryLimitBytes: 1 << 30, readers: 1,
            temporaryFolder: folder + "/bench-spill", logger: Logger(label: "bench"))
        do {
            for index in lines.indices {
                let statements = lines[index].question.statements(lines[index].days) { "\($0) // \($1)" }
                    .map { $0.replacingOccurrences(of: "FROM activity", with: "FROM core_activity") }
                var times: [Double] = []
                for repetition in 0...lines[index].repetitions(repetitions) {
                    let start = ContinuousClock.now
                    var rows: [[[Value]]] = []
                    for statement in statements { rows.append(try await store.query("\(sql: statement)", timeoutSeconds: 120).values) }
                    if repetition > 0 { times.append(start.duration(to: .now).milliseconds) } else { lines[index].rows = rows }
                }
                lines[index].duckdb = times.median
                if let answer = lines[index].answer, !Self.agree(answer, lines[index].rows[0]) {
                    lines[index].differs.append("Pulse and DuckDB")
                }
            }
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    /// Whether the report's values equal the first columns of the rows.
    private static func agree(_ answer: [[Any?]], _ rows: [[Value]]) -> Bool {
        let rows = rows.filter { !$0.isEmpty }
        guard answer.count == rows.count else { return false }
        return zip(answer, rows).allSatisfy { said, row in
            zip(said, row).allSatisfy { one, other in one.map { "\($0)" == (other.text ?? other.int.map(String.init) ?? "") } ?? true }
        }
    }
}
