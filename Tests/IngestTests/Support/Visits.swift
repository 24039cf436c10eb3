import Common
@_spi(Host) @testable import Ingest
import Testing
import TestSupport

/// One visitor's activity at one moment; tests add steps in order of arrival.
struct Step: Sendable {
    /// When it happened, in milliseconds since 1970.
    let at: Int64
    /// When it arrives, in milliseconds since 1970.
    let now: Int64
    /// Whether the request had a timestamp.
    let isDated: Bool
    let visitor: Int64
    let project: Int32
    /// Path of the page; empty for a custom event.
    let path: String
    let sessionID: String?

    init(
        at: Int64, now: Int64? = nil, isDated: Bool = true, visitor: Int64 = 1, project: Int32 = 1, path: String = "",
        sessionID: String? = nil
    ) {
        self.at = at
        self.now = now ?? at
        self.isDated = isDated
        self.visitor = visitor
        self.project = project
        self.path = path
        self.sessionID = sessionID
    }

    var arrival: Sessions.Arrival {
        Sessions.Arrival(
            project: project, visitor: visitor, at: isDated ? Instant(milliseconds: at) : nil, now: Instant(milliseconds: now),
            sessionID: sessionID, isPageview: !path.isEmpty, path: path)
    }
}

/// Epoch milliseconds of a clock time on 2026-03-02; `+1 10:00` means the next day.
func clock(_ text: String) -> Int64 {
    let parts = text.split(separator: " "), days = parts.count > 1 ? Int64(parts[0])! : 0
    return Instant(iso: "2026-03-02T\(parts.last!)Z").adding(days: days).milliseconds
}

/// The clock time, without the day.
func clockText(_ milliseconds: Int64) -> String {
    let text = String(Instant(milliseconds: milliseconds).iso8601.dropFirst(11).dropLast())
    return text.hasSuffix(":00") ? String(text.dropLast(3)) : text
}

extension Sessions {
    /// Adds a step and returns its place.
    @discardableResult
    func add(_ step: Step) -> Place { add(step.arrival) { .named("\(step.at)") }.place }
}

extension Sessions.Place {
    /// The place without its tentative mark.
    var decided: Sessions.Place {
        Sessions.Place(
            at: at, sessionAt: sessionAt, seq: seq, gap: gap, pageviewNumber: pageviewNumber, fromPath: fromPath, isTentative: false)
    }

    /// `10:00 #2 +60000 p2 /a`: session start, number in the session, milliseconds since the previous row, pageviews, previous page.
    var text: String {
        "\(clockText(sessionAt)) #\(seq) +\(gap.map(String.init) ?? "-") p\(pageviewNumber) "
            + (fromPath.isEmpty ? "-" : fromPath)
    }
}

extension SessionAttributes {
    /// Attributes identified by their source.
    static func named(_ source: String) -> SessionAttributes {
        SessionAttributes(
            source: source, referrer: "", country: "", region: "", city: "", browser: "", browserVersion: "", os: "", osVersion: "",
            device: "", screen: "", language: "")
    }
}

/// Sessions computed from all activity together: in order of time, with a new session after more than 30 minutes.
enum PlainSessions {
    static func places(_ steps: [Step], minutes: Int64 = 30) -> [Sessions.Place] {
        var places = [Sessions.Place?](repeating: nil, count: steps.count)
        for indexes in Dictionary(grouping: steps.indices, by: { "\(steps[$0].project) \(steps[$0].visitor)" }).values {
            var session = 0 as Int64, last: Int64?, seq: Int32 = 0, pageviews: Int32 = 0, path = ""
            for index in indexes {
                let step = steps[index]
                let begins = last.map { step.at - $0 > minutes * 60_000 } ?? true
                if begins { (session, seq, pageviews, path) = (step.at, 0, 0, "") }
                seq += 1
                if !step.path.isEmpty { pageviews += 1 }
                places[index] = Sessions.Place(
                    at: step.at, sessionAt: session, seq: seq, gap: begins ? nil : Int32(step.at - last!), pageviewNumber: pageviews,
                    fromPath: path,
                    isTentative: false)
                if !step.path.isEmpty { path = step.path }
                last = step.at
            }
        }
        return places.map { $0! }
    }

    /// Visitors of several projects over some hours, in order of time; gaps are often right at a session's timeout.
    static func stream(seed: UInt64, visitors: Int = 15) -> [Step] {
        var random = SeededRandom(seed), steps: [Step] = []
        let gaps: [Int64] = [0, 1, 60_000, 1_799_999, 1_800_000, 1_800_001, 1_801_000, 3_600_000, 300_000]
        for visitor in 0..<visitors {
            var at = clock("00:00") + Int64(random.below(7_200_000))
            for _ in 0..<(5 + random.below(40)) {
                let path = random.below(4) == 0 ? "" : "/\(random.below(5))"
                steps.append(Step(at: at, visitor: Int64(visitor / 3), project: Int32(visitor % 3), path: path))
                at += random.pick(gaps)
            }
        }
        // Stable, so steps at the same time keep their order.
        return steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }
}
