import Common

/// Realistic traffic of a product's site, in time order. The same seed, range and count always give the same traffic.
///
/// Visitors from 26 countries come mostly by day and on working days, from search engines, assistants, social networks, newsletters
/// and links. Traffic grows from week to week, and peaks once when a post is on a front page. About half of the visitors look at
/// one page; the others read, sign up and buy. Events are generated one at a time, so ten million events take no more memory than a
/// thousand.
///
///     var traffic = DemoTraffic(seed: 1, events: 100_000, start: start, end: end)
///     while let body = traffic.nextBatch() { ... }
public struct DemoTraffic: Sequence, IteratorProtocol {
    private let site = DemoSite.standard
    private let seed: UInt64
    private let end: Instant
    private var random: DemoRandom
    private var hours: DemoHours
    private var crowd: DemoCrowd
    /// The visits in progress, by the time of their next event.
    private var visits = TimeQueue<DemoSession>()
    /// The start times of visits in the current hour, latest first.
    private var begins: [Instant] = []
    private var remaining: Int
    private var emitted = 0
    private var begun = 0
    private var last: Instant

    /// - Parameter events: the exact number of events, spread over the range from `start` to `end`, which must not be empty.
    public init(seed: UInt64 = 1, events: Int, start: Instant, end: Instant) {
        precondition(start < end && events >= 0)
        self.seed = seed
        self.end = end
        random = DemoRandom(seed: DemoRandom.mix(seed))
        hours = DemoHours(from: start, to: end, seed: seed)
        crowd = DemoCrowd(expectedVisits: Double(events) / Self.expectedEvents, seed: seed)
        remaining = events
        last = start
    }

    /// The assumed number of events per visit, used until enough visits have been counted.
    private static let expectedEvents = 3.9

    public mutating func next() -> DemoEvent? {
        guard remaining > 0 else { return nil }
        while true {
            if begins.isEmpty, !beginHour(), visits.isEmpty { return fill() }
            if let begin = begins.last, visits.first.map({ begin < $0 }) ?? true {
                begins.removeLast()
                visits.push(crowd.visit(in: hours.current, site, &random), at: begin)
                begun += 1
            }
            if let event = step() { return event }
        }
    }

    /// Returns the next request body, a JSON array of up to `maximum` payloads; nil once all events have been returned.
    public mutating func nextBatch(_ maximum: Int = 1_000) -> [UInt8]? {
        guard remaining > 0 else { return nil }
        var bytes: [UInt8] = [UInt8(ascii: "[")]
        bytes.reserveCapacity(maximum * 448)
        for number in 0..<maximum {
            guard let event = next() else { break }
            if number > 0 { bytes.append(UInt8(ascii: ",")) }
            event.append(to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }

    // MARK: Steps

    /// Returns the next event of the visit that is due. Nil if that event would be after the end, or if a new visit starts before
    /// it.
    private mutating func step() -> DemoEvent? {
        guard let instant = visits.first, begins.last.map({ instant <= $0 }) ?? true else { return nil }
        guard instant <= end else {
            visits.removeFirst()
            return nil
        }
        let visit = visits.firstElement
        let (event, pause) = visit.step(at: instant, in: site, &random)
        if visit.hasSignedUp { crowd.join(visit.visitor) }
        if let pause {
            visits.replaceFirst(at: instant.adding(milliseconds: Swift.max(250, Int64(pause * 1_000))))
        } else {
            visits.removeFirst()
        }
        return emit(event, at: instant)
    }

    private mutating func emit(_ event: DemoEvent, at instant: Instant) -> DemoEvent {
        emitted += 1
        remaining -= 1
        last = instant
        return event
    }

    /// Plans the visits that start in the next hour, so the remaining events spread over the remaining hours. Skips hours without
    /// visits. Returns false after the last hour.
    private mutating func beginHour() -> Bool {
        while let share = hours.advance() {
            // Counting 300 imaginary visits keeps the average stable in the first hours.
            let perVisit = (Double(emitted) + 300 * Self.expectedEvents) / (Double(begun) + 300)
            let count = random.poisson(Double(remaining) / perVisit * share)
            guard count > 0 else { continue }
            let (start, length) = (hours.current.start, Double(hours.current.milliseconds))
            begins = (0..<count).map { _ in start.adding(milliseconds: Int64(random.unit() * length)) }
            begins.sort(by: >)
            return true
        }
        return false
    }

    /// Returns the first event of an extra visit. Used to reach the exact count if the range is over and a few events are missing.
    private mutating func fill() -> DemoEvent? {
        let visit = crowd.visit(in: hours.current, site, &random)
        let instant = Swift.min(end, last.adding(milliseconds: Int64(random.below(2_000))))
        return emit(visit.step(at: instant, in: site, &random).event, at: instant)
    }
}

/// A priority queue ordered by time, implemented as a binary heap.
struct TimeQueue<Element> {
    private var heap: [(at: Instant, element: Element)] = []

    var isEmpty: Bool { heap.isEmpty }
    var first: Instant? { heap.first?.at }
    var firstElement: Element { heap[0].element }

    mutating func push(_ element: Element, at instant: Instant) {
        heap.append((instant, element))
        var index = heap.count - 1
        while index > 0, heap[index].at < heap[(index - 1) / 2].at {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// Moves the first element to another instant.
    mutating func replaceFirst(at instant: Instant) {
        heap[0].at = instant
        sink()
    }

    mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        if !heap.isEmpty { sink() }
    }

    private mutating func sink() {
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].at < heap[least].at { least = child }
            if least == index { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
