import Common
import Testing

/// Random activities of generated visitors, for comparing an analysis with a simple implementation.
///
/// Some activities share a millisecond, some are exactly half an hour apart, and some visitors have only one.
package struct RandomVisits: Sendable {
    package struct Activity: Sendable {
        package let visitor: String
        /// Epoch milliseconds.
        package let at: Int64
        /// Nil for a pageview.
        package let name: String?
        package let path: String
        /// The property `plan` of an event.
        package let plan: String?
        /// The revenue of an event, in cents.
        package let cents: Int?
        package let browser: String
        /// The source, as in reports.
        package let source: String
        /// The number of the visitor's session, starting at 0.
        package let session: Int

        fileprivate var json: String {
            let header =
                browser == "Chrome"
                ? "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
                : "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
            let amount = cents.map { #","revenue_amount":\#(Double($0) / 100)"# } ?? ""
            let kind =
                name.map { #""type":"event","name":"\#($0)","data":{\#(plan.map { #""plan":"\#($0)""# } ?? "")}\#(amount)"# }
                ?? #""type":"pageview""#
            let referrer = source == "(direct)" ? "" : "https://www.\(source)/"
            return
                #"{\#(kind),"path":"\#(path)","referrer":"\#(referrer)","visitor_id":"\#(visitor)","timestamp":\#(at),"user_agent":"\#(header)"}"#
        }
    }

    package static let paths = ["/", "/pricing", "/docs", "/docs/start", "/app"], names = ["signup", "purchase", "cancel"],
        plans = ["free", "pro", nil]

    /// In time order; within the same millisecond, in order of arrival.
    package let activities: [Activity]
    private let sent: [Activity]

    /// Each visitor's activities, in order.
    package var byVisitor: [String: [Activity]] { Dictionary(grouping: activities, by: \.visitor) }

    package init(seed: UInt64, visitors: Int = 40, from start: Instant) {
        var random = SeededRandom(seed), all: [Activity] = []
        for visitor in 0..<visitors {
            var at = start.milliseconds + Int64.random(in: 0..<86_400_000, using: &random)
            for session in 0..<Int.random(in: 1...3, using: &random) {
                let source = ["(direct)", "google.com", "bing.com"].randomElement(using: &random)!
                for number in 0..<Int.random(in: 1...9, using: &random) {
                    if number > 0 {
                        at += [0, 1_800_000, 60_000, Int64.random(in: 1...600_000, using: &random)].randomElement(using: &random)!
                    }
                    let name = Int.random(in: 0..<3, using: &random) == 0 ? Self.names.randomElement(using: &random)! : nil
                    all.append(
                        Activity(
                            visitor: "v\(visitor)", at: at, name: name, path: Self.paths.randomElement(using: &random)!,
                            plan: name == nil ? nil : Self.plans.randomElement(using: &random)!,
                            cents: name == "purchase" && Bool.random(using: &random) ? Int.random(in: -500...5_000, using: &random) : nil,
                            browser: ["Chrome", "Firefox"][visitor % 2], source: source, session: session))
                }
                at += Int64.random(in: 1_800_001...90_000_000, using: &random)
            }
        }
        // The sort is stable: activities of the same millisecond stay in order.
        activities = Self.inOrder(all)
        sent = activities
    }

    private static func inOrder(_ all: [Activity]) -> [Activity] {
        all.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    private init(sent: [Activity]) {
        self.sent = sent
        activities = Self.inOrder(sent)
    }

    /// The same visits, sent in random order.
    package func shuffled(seed: UInt64) -> RandomVisits {
        var random = SeededRandom(seed)
        return RandomVisits(sent: sent.shuffled(using: &random))
    }

    /// The activities as payloads, in the order in which they are sent.
    package var payloads: [String] { sent.map(\.json) }

    /// Sends all activities in batches.
    package func send(to app: TestApp) async throws {
        for start in stride(from: 0, to: sent.count, by: 150) {
            let batch = sent[start..<min(start + 150, sent.count)].map(\.json).joined(separator: ",")
            let answer = try await app.collect("[\(batch)]", as: .server)
            #expect(answer.body.hasSuffix(#""ok":true}"#), "\(answer.body.prefix(300))")
        }
    }
}
