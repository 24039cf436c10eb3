import Common
import TestSupport

/// Made-up traffic: the events in the order they are sent.
struct Traffic: Sendable {
    struct Event: Sendable {
        let visitor: String
        let at: Int64
        /// nil for a pageview.
        let name: String?
        let path: String
        let referrer: String
        let browser: Browser
        let id: String

        var json: String {
            let kind =
                name.map { #""type":"event","name":"\#($0)","data":{"plan":"\#(path.count % 2 == 0 ? "pro" : "free")"}"# }
                ?? #""type":"pageview""#
            return #"{\#(kind),"path":"\#(path)","referrer":"\#(referrer)","visitor_id":"\#(visitor)","timestamp":\#(at),"#
                + #""event_id":"\#(id)","user_agent":"\#(browser.header)"}"#
        }
    }

    enum Browser: String, Sendable, CaseIterable {
        case chrome = "Chrome", firefox = "Firefox"

        var header: String {
            switch self {
            case .chrome: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
            case .firefox: "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
            }
        }
    }

    var events: [Event]

    /// Random visitors over `days` days from `start`, in chronological order.
    static func random(seed: UInt64, visitors: Int = 12, days: Int64 = 4, from start: Instant) -> Traffic {
        var random = SeededRandom(seed)
        let paths = ["/", "/pricing", "/docs", "/docs/start", "/blog/a b", "/app"]
        let referrers = ["", "", "https://www.google.com/search?q=a", "https://news.ycombinator.com/", "https://example.com/docs"]
        var events: [Event] = []
        for visitor in 0..<visitors {
            let browser = Browser.allCases[visitor % 2]
            var at = start.milliseconds + Int64.random(in: 0..<86_400_000, using: &random)
            while at < start.adding(days: days).milliseconds {
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    let isEvent = Int.random(in: 0..<4, using: &random) == 0
                    events.append(
                        Event(
                            visitor: "v\(visitor)", at: at, name: isEvent ? ["signup", "download"].randomElement(using: &random)! : nil,
                            path: paths.randomElement(using: &random)!, referrer: referrers.randomElement(using: &random)!,
                            browser: browser,
                            id: "\(seed)-\(events.count)"))
                    // A third of the pauses are short, a third are exactly the session timeout, and a third are 1 ms longer, which starts
                    // a new session.
                    at += [1_800_000, 1_800_001, Int64.random(in: 1_000...900_000, using: &random)].randomElement(using: &random)!
                }
                at += Int64.random(in: 1_900_000...60_000_000, using: &random)
            }
        }
        return Traffic(events: events.sorted { $0.at < $1.at })
    }

    /// The events in random order, rounded down to ten minutes so many share an instant, and some sent twice.
    func shuffled(seed: UInt64) -> Traffic {
        var random = SeededRandom(seed)
        var all = events.map { event in
            Event(
                visitor: event.visitor, at: event.at / 600_000 * 600_000, name: event.name, path: event.path, referrer: event.referrer,
                browser: event.browser, id: event.id)
        }
        all += (0..<(all.count / 20)).map { _ in all.randomElement(using: &random)! }
        return Traffic(events: all.shuffled(using: &random))
    }

    /// The events with some arriving after later ones, and some sent twice.
    func disturbed(seed: UInt64) -> Traffic {
        var random = SeededRandom(seed)
        var copy = self
        for _ in 0..<(events.count / 8) {
            let from = Int.random(in: 0..<copy.events.count, using: &random)
            let event = copy.events.remove(at: from)
            copy.events.insert(event, at: min(copy.events.count, from + Int.random(in: 1...12, using: &random)))
        }
        for _ in 0..<(events.count / 20) {
            let index = Int.random(in: 0..<copy.events.count, using: &random)
            copy.events.insert(copy.events[index], at: min(copy.events.count, index + 1 + Int.random(in: 0...3, using: &random)))
        }
        return copy
    }
}
