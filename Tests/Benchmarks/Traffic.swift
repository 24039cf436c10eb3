import Common
import Foundation

/// Sixty days of visits to three sites, in time order. They are the same in every run. Visits have 1 to 12 events, some visitors are far
/// more active than others, traffic has a daily rhythm, and pages and sources follow Zipf's law.
struct Traffic {
    struct Event {
        let at: Int64
        /// 0, 1 or 2; the first has 60 % of the events.
        let project: Int
        let visitor: Int
        let isFirst: Bool
        /// The name of a custom event; nil for a pageview.
        let name: Int?
        let path: Int
        let source: Int
    }

    /// 2026-01-01. A fixed date, so the data doesn't depend on the clock.
    static let start = Instant(seconds: 1_767_225_600)
    static let days: Int64 = 60
    static var end: Instant { start.adding(days: days) }
    static let projects = 3
    /// Incremented with every change to the generated data.
    static let version = 1

    private struct Visit {
        var at: Int64
        let visitor: Int
        var hitsLeft: Int
        var isFirst = true
        let source: Int
    }

    private let visitors: Int
    private var random: Random
    /// The start times of future visits, latest first.
    private var starts: [Int64]
    private var running = Heap()
    private var eventsLeft: Int
    private let paths: Zipf
    private let sources: Zipf
    private let names: Zipf

    init(events: Int, seed: UInt64 = 7) {
        random = Random(state: seed)
        eventsLeft = events
        visitors = max(1, events * 64 / 1_000)
        paths = Zipf(800, exponent: 1.05)
        sources = Zipf(60, exponent: 1.1)
        names = Zipf(12, exponent: 0.9)
        // A few more visits than needed, with 4.66 events on average. The data ends once there are enough events.
        let rhythm: [Double] = [1, 1, 1, 1, 1, 1.5, 2, 3, 5, 6, 7, 7, 6, 6.5, 7, 7, 6.5, 6, 5.5, 5, 5, 4, 3, 2]
        let hours = Zipf(weights: rhythm)
        starts = []
        starts.reserveCapacity(events / 4)
        for _ in 0..<(events * 100 / 463 + 1) {
            let day = Int64(random.next(below: Int(Self.days))), hour = Int64(hours.pick(&random))
            // Visits don't start in the last hour, because they could extend past the range.
            let within = Int64(random.next(below: 3_600_000))
            starts.append(Self.start.milliseconds + min(day * 86_400_000 + hour * 3_600_000 + within, (Self.days * 24 - 1) * 3_600_000))
        }
        starts.sort(by: >)
    }

    /// The next event; nil after the last.
    mutating func next() -> Event? {
        guard eventsLeft > 0 else { return nil }
        while let start = starts.last, running.first.map({ start <= $0.at }) ?? true {
            starts.removeLast()
            running.push(begin(start))
        }
        guard var visit = running.pop() else { return nil }
        eventsLeft -= 1
        let isEvent = random.next(below: 100) < (visit.isFirst ? 4 : 18)
        let event = Event(
            at: visit.at, project: Self.project(visit.visitor), visitor: visit.visitor, isFirst: visit.isFirst,
            name: isEvent ? names.pick(&random) : nil, path: paths.pick(&random), source: visit.source)
        visit.hitsLeft -= 1
        visit.isFirst = false
        visit.at += 1_000 + min(148_000, Int64(random.exponential() * 40_000))
        if visit.hitsLeft > 0 { running.push(visit) }
        return event
    }

    private mutating func begin(_ start: Int64) -> Visit {
        var hits = 1
        while hits < 12, random.next(below: 100) >= 20 { hits += 1 }
        let share = random.unit()
        return Visit(
            at: start, visitor: Int(Double(visitors) * share * share.squareRoot()), hitsLeft: hits,
            source: random.next(below: 10) < 4 ? -1 : sources.pick(&random))
    }

    private static func project(_ visitor: Int) -> Int {
        switch Random.mix(UInt64(visitor)) % 100 {
        case 0..<60: 0
        case 60..<85: 1
        default: 2
        }
    }

    // MARK: Payloads

    /// Appends the payload's JSON.
    func append(_ event: Event, to bytes: inout [UInt8], withTime: Bool, eventID: String?) {
        let traits = Random.mix(UInt64(event.visitor) &+ 0x9E37)
        func put(_ text: StaticString) {
            bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
        func put(_ text: [UInt8]) { bytes.append(contentsOf: text) }
        if let name = event.name {
            put(#"{"type":"event","name":""#)
            put(Words.names[name])
            put(#"","data":{"plan":""#)
            put(Words.plans[Int(traits % 4)])
            put(#"","value":"#)
            bytes.append(contentsOf: "\(event.path)}".utf8)
        } else {
            put(#"{"type":"pageview","title":""#)
            put(Words.titles[event.path])
            put(#"","screen":""#)
            put(Words.screens[Int((traits >> 8) % 25)])
            put(#"","language":""#)
            put(Words.languages[Int((traits >> 16) % 30)])
            put("\"")
            if event.isFirst, event.source >= 0 {
                put(#","referrer":""#)
                put(Words.referrers[event.source])
                put("\"")
            }
        }
        put(#","path":""#)
        put(Words.paths[event.path])
        // Most visitors have an id; some are identified only by IP address and browser.
        if (traits >> 24) % 10 < 7 {
            put(#"","visitor_id":"v"#)
            bytes.append(contentsOf: String(event.visitor, radix: 36).utf8)
        } else {
            put(#"","ip":""#)
            bytes.append(contentsOf: "10.\(event.visitor >> 16 & 255).\(event.visitor >> 8 & 255).\(event.visitor & 255)".utf8)
        }
        put(#"","user_agent":""#)
        put(Words.agents[Int((traits >> 32) % UInt64(Words.agents.count))])
        if withTime {
            put(#"","timestamp":"#)
            bytes.append(contentsOf: String(event.at).utf8)
        } else {
            put("\"")
        }
        if let eventID {
            put(#","event_id":""#)
            bytes.append(contentsOf: eventID.utf8)
            put("\"")
        }
        put("}")
    }

    enum Words {
        static let stems =
            "pricing docs blog product guide news team about careers support api login signup shop cart item list help intro tour"
            .split(separator: " ").map(String.init)
        static let paths = (0..<800).map { index in
            Array((index == 0 ? "/" : "/\(stems[index % 20])/\(stems[index / 20 % 20])-\(stems[index * 7 % 20])-\(index)").utf8)
        }
        static let titles = (0..<800).map { Array("\(stems[$0 / 20 % 20]) \(stems[$0 * 7 % 20]) \($0) | Acme \(stems[$0 % 20])".utf8) }
        static let names = [
            "signup", "click_cta", "purchase", "add_to_cart", "download", "video_play", "search", "share", "scroll_75", "form_submit",
            "login", "outbound",
        ].map { Array($0.utf8) }
        static let plans = ["free", "pro", "team", "enterprise"].map { Array($0.utf8) }
        static let screens = (0..<25).map { Array("\(800 + $0 * 64)x\(600 + $0 * 40)".utf8) }
        static let languages = (0..<30).map { index -> [UInt8] in
            let letter = { (number: Int) in String(UnicodeScalar(UInt8(97 + number % 26))) }
            return Array("\(letter(index))\(letter(index / 3))-\(letter(index).uppercased())\(letter(index / 4).uppercased())".utf8)
        }
        static let referrers = (0..<60).map { index in
            Array("https://www.source\(index).example/\(["", "search", "r/all", "watch", "feed"][index % 5])".utf8)
        }
        /// Six browsers on several systems, in several versions.
        static let agents = (0..<8).flatMap { version in
            [
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/\(124 + version).0.0.0 Safari/537.36",
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/\(124 + version).0.0.0 Mobile Safari/537.36",
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.\(version) Safari/605.1.15",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_\(version) like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.\(version) Mobile/15E148 Safari/604.1",
                "Mozilla/5.0 (X11; Linux x86_64; rv:\(125 + version).0) Gecko/20100101 Firefox/\(125 + version).0",
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/\(124 + version).0.0.0 Safari/537.36 Edg/\(124 + version).0.0.0",
                "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/2\(version % 6).0 Chrome/115.0.0.0 Mobile Safari/537.36",
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/\(124 + version).0.0.0 Safari/537.36 OPR/11\(version).0.0.0",
            ].map { Array($0.utf8) }
        }
    }

    /// The running visits. The visit with the earliest next event comes first.
    private struct Heap {
        private var visits: [Visit] = []
        var first: Visit? { visits.first }

        mutating func push(_ visit: Visit) {
            visits.append(visit)
            var child = visits.count - 1
            while child > 0, visits[child].at < visits[(child - 1) / 2].at {
                visits.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        }

        mutating func pop() -> Visit? {
            guard let top = visits.first else { return nil }
            let last = visits.removeLast()
            guard !visits.isEmpty else { return top }
            visits[0] = last
            var parent = 0
            while true {
                var child = parent * 2 + 1
                guard child < visits.count else { return top }
                if child + 1 < visits.count, visits[child + 1].at < visits[child].at { child += 1 }
                guard visits[child].at < visits[parent].at else { return top }
                visits.swapAt(child, parent)
                parent = child
            }
        }
    }
}

/// SplitMix64.
/// - Source: Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014).
struct Random {
    var state: UInt64

    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func next() -> UInt64 {
        defer { state &+= 0x9E37_79B9_7F4A_7C15 }
        return Self.mix(state)
    }

    mutating func next(below bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

    /// A number in `0..<1`.
    mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

    /// An exponentially distributed number with mean 1.
    mutating func exponential() -> Double { -log(1 - unit()) }
}

/// Picks random indexes in proportion to weights. With an exponent, the weights follow Zipf's law, so small indexes are more frequent.
struct Zipf {
    private let cumulative: [Double]

    init(_ count: Int, exponent: Double) {
        self.init(weights: (1...count).map { pow(Double($0), -exponent) })
    }

    init(weights: [Double]) {
        var sum = 0.0
        cumulative = weights.map { weight in
            sum += weight
            return sum
        }
    }

    func pick(_ random: inout Random) -> Int {
        let wanted = random.unit() * cumulative[cumulative.count - 1]
        var low = 0, high = cumulative.count - 1
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] > wanted { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
