import Common
import Testing

/// Generated visits, for comparing an analysis with a simple implementation. Sessions are at most 25 minutes long and at least
/// 35 minutes apart, so the order of arrival doesn't change which rows belong together. No two rows of a visitor share an instant.
package struct DisturbedVisits: Sendable {
    package struct Row: Sendable {
        package let visitor: String
        package let session: Int
        package let at: Int64
        /// Nil for a pageview.
        package let name: String?
        package let path: String
        /// The amount of an order.
        package let amount: Int?

        var json: String {
            let kind = name.map { #""type":"event","name":"\#($0)""# } ?? #""type":"pageview""#
            let order = amount.map { #","revenue_amount":\#($0),"revenue_currency":"USD""# } ?? ""
            return #"{\#(kind),"path":"\#(path)","visitor_id":"\#(visitor)","timestamp":\#(at),"event_id":"\#(visitor)-\#(at)"\#(order)}"#
        }
    }

    /// Sorted by visitor and time.
    package let rows: [Row]
    private let seed: UInt64

    /// - Parameter rest: the hours between sessions, in addition to 35 minutes.
    package init(seed: UInt64, visitors: Int = 12, from start: Instant, days: Int64, rest: ClosedRange<Int64> = 1...150) {
        var random = SeededRandom(seed), rows: [Row] = [], session = 0
        let end = start.adding(days: days).milliseconds, paths = ["/", "/a", "/b", "/c", "/docs/x", "/docs/y"]
        for visitor in 0..<visitors {
            var at = start.milliseconds + Int64.random(in: 0..<days * 43_200_000, using: &random)
            while at < end {
                session += 1
                for _ in 0..<Int.random(in: 1...7, using: &random) {
                    let name = Int.random(in: 0..<4, using: &random) == 0 ? ["signup", "buy"].randomElement(using: &random) : nil
                    rows.append(
                        Row(
                            visitor: "v\(visitor)", session: session, at: at, name: name, path: paths.randomElement(using: &random)!,
                            amount: name == "buy" ? Int.random(in: 1...90, using: &random) : nil))
                    at += Int64.random(in: 1_000...200_000, using: &random)
                }
                at += 2_100_000 + Int64.random(in: rest, using: &random) * 3_600_000
            }
        }
        self.rows = rows
        self.seed = seed
    }

    /// Sends the rows in time order. If `disturbed`, sends some of them late and some twice.
    package func send(to app: TestApp, disturbed: Bool) async throws {
        var sent = rows.sorted { ($0.at, $0.visitor) < ($1.at, $1.visitor) }
        if disturbed {
            var random = SeededRandom(seed)
            for _ in 0..<(sent.count / 8) {
                let from = Int.random(in: 0..<sent.count, using: &random), row = sent.remove(at: from)
                // A row that arrives any later could become a session of its own.
                let behind = sent[from...].prefix { $0.at < row.at + 1_500_000 }
                sent.insert(row, at: Int.random(in: from...behind.endIndex, using: &random))
            }
            for _ in 0..<(sent.count / 12) {
                let from = Int.random(in: 0..<sent.count, using: &random)
                sent.insert(sent[from], at: min(sent.count, from + Int.random(in: 1...8, using: &random)))
            }
        }
        for start in stride(from: 0, to: sent.count, by: 500) {
            let answer = try await app.collect(
                "[\(sent[start..<min(start + 500, sent.count)].map(\.json).joined(separator: ","))]", as: .server)
            #expect(answer.body.hasSuffix(#""ok":true}"#), "\(answer.body.prefix(300))")
        }
        try await app.settle()
    }
}
