import AllModules
import Common
@_spi(Host) @testable import Ingest
import Testing
import TestSupport

@Suite("Sessions", .modules(.all))
struct SessionsTests {
    typealias Case = (at: String, path: String, expected: String)

    private func check(_ table: [Case], sourceLocation: SourceLocation = #_sourceLocation) {
        let sessions = Sessions()
        for (at, path, expected) in table {
            #expect(sessions.add(Step(at: clock(at), path: path)).text == expected, "\(at) \(path)", sourceLocation: sourceLocation)
        }
    }

    @Test("counts activity and pageviews, and measures the time between rows")
    func visit() {
        check([
            ("10:00", "/a", "10:00 #1 +- p1 -"),
            ("10:01", "/b", "10:00 #2 +60000 p2 /a"),
            ("10:01:30", "", "10:00 #3 +30000 p2 /b"),
            ("10:02", "/a", "10:00 #4 +30000 p3 /b"),
            ("10:02", "", "10:00 #5 +0 p3 /a"),
        ])
        // Events before the first pageview.
        check([
            ("10:00", "", "10:00 #1 +- p0 -"), ("10:01", "", "10:00 #2 +60000 p0 -"), ("10:02", "/a", "10:00 #3 +60000 p1 -"),
            ("10:03", "/b", "10:00 #4 +60000 p2 /a"),
        ])
    }

    @Test("a session ends after 30 minutes without activity: exactly 30 minutes is the same session, a millisecond more is not")
    func timeout() {
        check([
            ("10:00", "/a", "10:00 #1 +- p1 -"),
            ("10:30", "/b", "10:00 #2 +1800000 p2 /a"),
            // 30 minutes since the last activity, an hour since the first.
            ("11:00", "", "10:00 #3 +1800000 p2 /b"),
            ("11:30:00.001", "/c", "11:30:00.001 #1 +- p1 -"),
            ("12:00:00.001", "/d", "11:30:00.001 #2 +1800000 p2 /c"),
            ("12:30:00.002", "", "12:30:00.002 #1 +- p0 -"),
        ])
    }

    @Test("other timeouts are just as exact", arguments: [1, 5, 1_440])
    func otherTimeout(minutes: Int) {
        let sessions = Sessions(timeoutMinutes: minutes), length = Int64(minutes) * 60_000
        sessions.add(Step(at: 0, path: "/"))
        #expect(sessions.add(Step(at: length)).sessionAt == 0)
        #expect(sessions.add(Step(at: 2 * length + 1)).sessionAt == 2 * length + 1)
    }

    @Test("rows with the same time keep their order of arrival")
    func equalTimes() {
        check([
            ("10:00", "/a", "10:00 #1 +- p1 -"), ("10:00", "/b", "10:00 #2 +0 p2 /a"), ("10:00", "", "10:00 #3 +0 p2 /b"),
            ("10:00", "/c", "10:00 #4 +0 p3 /b"),
        ])
    }

    @Test("a late row joins its session without a number, and leaves the other rows' numbers alone")
    func late() {
        check([
            ("10:00", "/a", "10:00 #1 +- p1 -"),
            ("10:10", "/b", "10:00 #2 +600000 p2 /a"),
            ("10:05", "/late", "10:00 #-1 +- p2 /b"),
            // The previous page is the latest in time, and the gap is the time since the latest activity; the late row doesn't count.
            ("10:11", "/c", "10:00 #3 +60000 p3 /b"),
            // Before the session began, but within 30 minutes.
            ("09:30", "", "10:00 #-2 +- p3 /c"),
            // The session now reaches back to 09:30, so 09:00 is within its 30 minutes.
            ("09:00", "", "10:00 #-3 +- p3 /c"),
            ("10:12", "", "10:00 #4 +60000 p3 /c"),
        ])
    }

    @Test("a late row more than 30 minutes before a session starts its own")
    func lateAndFar() {
        check([
            ("10:00", "/a", "10:00 #1 +- p1 -"),
            ("09:29:59.999", "/early", "09:29:59.999 #1 +- p1 -"),
            ("10:01", "/b", "10:00 #2 +60000 p2 /a"),
            ("09:25", "/early2", "09:29:59.999 #-1 +- p1 /early"),
            ("10:02", "/c", "10:00 #3 +60000 p3 /b"),
            // Between the two, and within 30 minutes of both.
            ("09:35", "/between", "10:00 #-2 +- p3 /c"),
            ("10:03", "/d", "10:00 #4 +60000 p4 /c"),
        ])
    }

    @Test("a session id joins activity across any pause, and separates it from activity with another id or none")
    func sessionID() {
        let sessions = Sessions()
        let table: [(at: String, id: String?, path: String, expected: String)] = [
            ("10:00", "x", "/a", "10:00 #1 +- p1 -"),
            ("10:01", nil, "/b", "10:01 #1 +- p1 -"),
            ("10:02", "y", "/c", "10:02 #1 +- p1 -"),
            ("18:00", "x", "/d", "10:00 #2 +28800000 p2 /a"),
            ("18:00", nil, "/e", "18:00 #1 +- p1 -"),
            ("18:01", "y", "", "10:02 #2 +28740000 p1 /c"),
            ("18:02", "x", "", "10:00 #3 +120000 p2 /d"),
            ("18:03", nil, "", "18:00 #2 +180000 p1 /e"),
        ]
        for (at, id, path, expected) in table {
            #expect(sessions.add(Step(at: clock(at), path: path, sessionID: id)).text == expected, "\(at) \(id ?? "none")")
        }
    }

    @Test("a row after a pause too long for the gap column has no number; only a session id allows such a pause")
    func longPause() {
        let sessions = Sessions(), start = clock("10:00")
        sessions.add(Step(at: start, path: "/a", sessionID: "x"))
        let longest = sessions.add(Step(at: start + Int64(Int32.max), sessionID: "x"))
        #expect(longest.seq == 2 && longest.gap == Int32.max)
        let tooLong = sessions.add(Step(at: start + 2 * Int64(Int32.max) + 1, sessionID: "x"))
        #expect(tooLong.seq == -1 && tooLong.gap == nil && tooLong.sessionAt == start)
    }

    @Test("two sessions of a visitor never start in the same millisecond, because the start identifies them")
    func sameStart() {
        let sessions = Sessions(), at = clock("10:00")
        let starts = ["x", "y", nil, "z"].map { sessions.add(Step(at: at, path: "/", sessionID: $0)) }
        #expect(starts.map(\.sessionAt) == [at, at + 1, at + 2, at + 3])
        #expect(starts.map(\.at) == [at, at, at, at])
        // Their first rows aren't at the session's start, so their numbers can't be relied on.
        #expect(starts.map(\.seq) == [1, -1, -1, -1])
        #expect(sessions.add(Step(at: at + 60_000, sessionID: "y")).text == "\(clockText(at + 1)) #-2 +- p1 /")
    }

    @Test("a row between two sessions merges them into the later one, and everything after it is tentative")
    func bridge() {
        let sessions = Sessions()
        check([
            ("10:00", "/a", "10:00 #1 +- p1 -"), ("10:50", "/b", "10:50 #1 +- p1 -"), ("10:25", "/c", "10:50 #-1 +- p1 /b"),
            ("10:51", "", "10:50 #2 +60000 p1 /b"),
        ])
        for at in ["10:00", "10:50"] { #expect(!sessions.add(Step(at: clock(at), path: "/")).isTentative) }
        #expect(sessions.add(Step(at: clock("10:25"), now: clock("10:50"))).isTentative)
        #expect(sessions.add(Step(at: clock("10:52"))).isTentative)
        #expect(sessions.count == 1)
    }

    @Test("activity is tentative if its session may be missing from memory: it is over five minutes old, or memory ran short")
    func tentative() {
        let sessions = Sessions(maximumSessions: 16)
        func arrive(_ at: String, _ now: String, _ visitor: Int64) -> Bool {
            sessions.add(Step(at: clock(at), now: clock(now), visitor: visitor, path: "/")).isTentative
        }
        #expect(!arrive("09:55", "10:00", 1))
        #expect(arrive("09:54:59.999", "10:00", 2))
        // The session continues, and may be part of a stored one.
        #expect(arrive("10:01", "10:01", 2))
        for visitor in 100..<200 as Range<Int64> { #expect(!arrive("10:01", "10:01", visitor)) }
        sessions.sweep(now: Instant(milliseconds: clock("10:02")))
        #expect(arrive("10:02", "10:02", 3))
        #expect(arrive("10:35:59.999", "10:35:59.999", 4))
        #expect(!arrive("10:36", "10:36", 5))
    }

    @Test("the row that turns out to be the earliest decides the session's source")
    func earlierFirst() {
        let sessions = Sessions()
        sessions.add(Step(at: clock("10:00"), path: "/"))
        let earlier = sessions.add(Step(at: clock("09:59"), now: clock("10:00")).arrival) { .named("earlier") }
        #expect(earlier.attributes.source == "earlier" && earlier.place.isTentative)
        #expect(sessions.add(Step(at: clock("10:01")).arrival) { .named("later") }.attributes.source == "earlier")
    }

    @Test("visitors and projects are kept apart")
    func apart() {
        let sessions = Sessions(), at = clock("10:00")
        for visitor in [1, 2, 17, -1, .max, .min] as [Int64] {
            for project: Int32 in [1, 2] {
                let place = sessions.add(Step(at: at, visitor: visitor, project: project, path: "/a"))
                #expect(place.text == "10:00 #1 +- p1 -")
                #expect(sessions.add(Step(at: at + 1_000, visitor: visitor, project: project)).text == "10:00 #2 +1000 p1 /a")
            }
        }
        #expect(sessions.count == 12)
    }

    @Test("requests without a timestamp that overtake each other stay in order")
    func overtaking() {
        let sessions = Sessions()
        func arrive(_ now: String, _ path: String) -> Sessions.Place {
            sessions.add(Step(at: 0, now: clock(now), isDated: false, path: path))
        }
        #expect(arrive("10:00", "/a").text == "10:00 #1 +- p1 -")
        #expect(arrive("10:00:00.005", "/b").text == "10:00 #2 +5 p2 /a")
        let overtaken = arrive("10:00:00.003", "/c")
        #expect(overtaken.text == "10:00 #3 +0 p3 /b")
        #expect(overtaken.at == clock("10:00:00.005"))
        #expect(arrive("10:00:00.004", "").at == clock("10:00:00.005"))
        #expect(arrive("10:00:01", "").text == "10:00 #5 +995 p3 /c")
        // A request overtaken by the visit's first one is not the first, and needs no lookup.
        let second = Step(at: 0, now: clock("09:59:59.999"), isDated: false, path: "/d")
        let late = sessions.add(second.arrival) { .named("overtaken") }
        #expect(!late.place.isTentative && late.attributes.source != "overtaken" && late.place.text == "10:00 #6 +0 p4 /c")
    }

    @Test("a session has the attributes of its first activity, and they are computed once")
    func attributes() {
        let sessions = Sessions(), start = clock("10:00")
        for (at, source) in [(start, "first"), (start + 60_000, "second"), (start + 7_200_000, "third")] {
            var asked = 0
            let found = sessions.add(Step(at: at).arrival) {
                asked += 1
                return .named(source)
            }.attributes
            #expect(found.source == (source == "second" ? "first" : source))
            #expect(asked == (source == "second" ? 0 : 1))
        }
    }

    @Test("finds the session an activity would belong to, without adding to it")
    func current() {
        let sessions = Sessions()
        func current(_ at: String, id: String? = nil) -> String? {
            sessions.current(project: 1, visitor: 1, at: Instant(milliseconds: clock(at)), sessionID: id).map {
                "\(clockText($0.sessionAt)) \($0.lastPath)"
            }
        }
        #expect(current("10:00") == nil)
        sessions.add(Step(at: clock("10:00"), path: "/a"))
        for _ in 0..<2 { #expect(current("10:30") == "10:00 /a") }
        #expect(current("10:30:00.001") == nil)
        #expect(current("09:30") == "10:00 /a")
        #expect(current("09:29:59.999") == nil)
        #expect(current("10:00", id: "x") == nil)
        #expect(sessions.count == 1)
    }

    @Test("if a counted activity isn't stored, later rows of its session have no numbers, but rows of the next session do")
    func distrust() {
        let sessions = Sessions()
        sessions.add(Step(at: clock("10:00"), path: "/a"))
        let lost = sessions.add(Step(at: clock("10:01"), path: "/lost"))
        sessions.distrust([
            Sessions.Name(project: 1, visitor: 1, sessionAt: lost.sessionAt), Sessions.Name(project: 9, visitor: 9, sessionAt: 0),
        ])
        #expect(sessions.add(Step(at: clock("10:02"), path: "/b")).text == "10:00 #-1 +- p3 /lost")
        #expect(sessions.add(Step(at: clock("10:03"))).text == "10:00 #-2 +- p3 /b")
        #expect(sessions.add(Step(at: clock("11:00"), path: "/c")).text == "11:00 #1 +- p1 -")
    }
}
