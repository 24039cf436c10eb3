import Common
import IdentityModule
import PathsModule
import RevenueModule
import Testing
import TestSupport

/// The expected numbers are computed by hand. Five visitors on one morning: each has a line of pages and, in brackets, events, one minute
/// apart; `|` ends a session.
@Suite("Paths", .modules(IdentityModule.self, PathsModule.self, RevenueModule.self))
struct PathsTests {
    private static let ways = [
        // Reloading the page isn't a move, and only the first visit to it counts.
        ("ada", "/ /pricing /pricing /signup /pricing /docs"),
        ("bob", "/pricing [signup] /signup / /pricing"),
        ("cy", "/docs /pricing"),
        // The next page is in another session.
        ("dee", "/ /pricing | /signup"),
        ("eve", "/docs /pricing /docs /docs /pricing /signup"),
    ]

    private static func events(_ ways: [(String, String)]) -> String {
        let start = Day(year: 2026, month: 3, day: 2)!.start
        return "["
            + ways.flatMap { visitor, way in
                way.split(separator: " ").enumerated().filter { $1 != "|" }.map { index, page in
                    // Each `|` adds an hour.
                    let breaks = way.split(separator: " ").prefix(index).filter { $0 == "|" }.count
                    let at = start.adding(seconds: Int64(index * 60 + breaks * 3_600)).iso8601
                    let kind =
                        page.hasPrefix("[")
                        ? #""type":"event","name":"\#(page.dropFirst().dropLast())""# : #""type":"pageview","path":"\#(page)""#
                    return #"{\#(kind),"visitor_id":"\#(visitor)","timestamp":"\#(at)"}"#
                }
            }.joined(separator: ",") + "]"
    }

    private func with(
        _ profile: Profile, _ ways: [(String, String)] = Self.ways, _ body: @escaping @Sendable (TestApp) async throws -> Void
    ) async throws {
        try await TestApp.run(profile) { app in
            try await app.collect(Self.events(ways), as: .server)
            try await body(app)
        }
    }

    private func expect(_ app: TestApp, _ path: String, answers body: String, at place: SourceLocation = #_sourceLocation) async throws {
        try await app.expect("/api/v1/paths\(path)", answers: body, at: place)
    }

    /// - Parameter total: The number of visitors who reached the page or event.
    private static func flows(_ key: String, of total: Int64, _ lines: [(String, Int64, String)]) -> String {
        "["
            + lines.map { path, visitors, percentage in
                let interval = ConfidenceInterval(visitors, of: total).json
                // Members are sorted by name.
                return key == "next_path"
                    ? #"{"confidence_interval":\#(interval),"next_path":"\#(path)","percentage":\#(percentage),"visitors":\#(visitors)}"#
                    : #"{"confidence_interval":\#(interval),"percentage":\#(percentage),"prev_path":"\#(path)","visitors":\#(visitors)}"#
            }.joined(separator: ",") + "]"
    }

    @Test("report the page after a visitor's first view, or the one before it", arguments: Profile.available)
    func next(profile: Profile) async throws {
        try await with(profile) { app in
            // Ada and bob go to /signup, eve to /docs, cy and dee leave.
            let forward = Self.flows("next_path", of: 5, [("/signup", 2, "40"), ("/docs", 1, "20"), ("(exit)", 2, "40")])
            try await expect(app, "?path=/pricing", answers: #"{"direction":"forward","flows":\#(forward),"path":"/pricing"}"#)
            let limited = Self.flows("next_path", of: 5, [("/signup", 2, "40"), ("(exit)", 2, "40")])
            try await expect(app, "?path=/pricing&limit=2", answers: #"{"direction":"forward","flows":\#(limited),"path":"/pricing"}"#)
            let backward = Self.flows("prev_path", of: 5, [("/", 2, "40"), ("/docs", 2, "40"), ("(entry)", 1, "20")])
            try await expect(
                app, "?path=/pricing&direction=backward", answers: #"{"direction":"backward","flows":\#(backward),"path":"/pricing"}"#)
            try await expect(app, "?path=/nowhere", answers: #"{"direction":"forward","flows":[],"path":"/nowhere"}"#)
            // In this range /signup is the session's first page, so it is the entry.
            let later = Self.flows("prev_path", of: 1, [("(entry)", 1, "100")])
            try await expect(
                app, "?path=/signup&direction=backward&start_at=2026-03-02T00:05:00Z&end_at=2026-03-02T00:05:30Z",
                answers: #"{"direction":"backward","flows":\#(later),"path":"/signup"}"#)
            let signup = Self.flows("next_path", of: 1, [("/signup", 1, "100")])
            try await expect(app, "?event=signup", answers: #"{"direction":"forward","event":"signup","flows":\#(signup)}"#)
            let before = Self.flows("prev_path", of: 1, [("/pricing", 1, "100")])
            try await expect(
                app, "?event=signup&direction=backward", answers: #"{"direction":"backward","event":"signup","flows":\#(before)}"#)
        }
    }

    @Test("keep pages with the same timestamp in order of arrival", arguments: Profile.available)
    func ties(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let rows = ["/x", "/a", "/b"].map {
                #"{"type":"pageview","path":"\#($0)","visitor_id":"ada","timestamp":"2026-03-02T10:00:00Z"}"#
            }
            try await app.collect("[\(rows.joined(separator: ","))]", as: .server)
            try await expect(
                app, "?path=/a",
                answers: #"{"direction":"forward","flows":\#(Self.flows("next_path", of: 1, [("/b", 1, "100")])),"path":"/a"}"#)
            try await expect(
                app, "?path=/a&direction=backward",
                answers: #"{"direction":"backward","flows":\#(Self.flows("prev_path", of: 1, [("/x", 1, "100")])),"path":"/a"}"#)
        }
    }

    @Test("list the visitors behind a line", arguments: Profile.available)
    func drill(profile: Profile) async throws {
        try await with(profile) { app in
            for (query, visitors) in [
                ("path=/pricing&next=/signup", ["ada", "bob"]), ("path=/pricing&next=(exit)", ["cy", "dee"]),
                ("path=/pricing&next=(entry)&direction=backward", ["bob"]),
                ("path=/pricing", ["ada", "bob", "cy", "dee", "eve"]), ("event=signup&next=/nowhere", []),
            ] {
                let answer = try await app.get("/api/v1/paths/drill?\(query)").json()
                #expect(answer["data"]?.elements.compactMap(\.string).sorted() == visitors, "\(query)")
                #expect(answer["total"]?.integer == Int64(visitors.count), "\(query)")
            }
        }
    }

    @Test("return the steps of a flow", arguments: Profile.available)
    func flow(profile: Profile) async throws {
        try await with(profile) { app in
            func nodes(_ nodes: [(Int, String, Int)]) -> String {
                nodes.map { #"{"id":"\#($0):\#($1)","name":"\#($1)","step":\#($0),"visitors":\#($2)}"# }.joined(separator: ",")
            }
            func links(_ links: [(String, String, Int)]) -> String {
                links.map { #"{"source":"\#($0)","target":"\#($1)","visitors":\#($2)}"# }.joined(separator: ",")
            }
            let forward = nodes([
                (0, "/pricing", 5), (1, "(exit)", 2), (1, "/signup", 2), (1, "/docs", 1), (2, "/pricing", 2), (2, "/", 1),
            ])
            let ways = links([
                ("0:/pricing", "1:(exit)", 2), ("0:/pricing", "1:/signup", 2), ("0:/pricing", "1:/docs", 1),
                ("1:/docs", "2:/pricing", 1), ("1:/signup", "2:/", 1), ("1:/signup", "2:/pricing", 1),
            ])
            try await expect(
                app, "/flow?path=/pricing&depth=2",
                answers: #"{"direction":"forward","links":[\#(ways)],"nodes":[\#(forward)],"path":"/pricing"}"#)
            // One page per step; all others share one node.
            let few = nodes([(0, "/pricing", 5), (1, "(exit)", 2), (1, "/signup", 2), (1, "(other)", 1)])
            let fewer = links([("0:/pricing", "1:(exit)", 2), ("0:/pricing", "1:/signup", 2), ("0:/pricing", "1:(other)", 1)])
            try await expect(
                app, "/flow?path=/pricing&depth=1&limit=1",
                answers: #"{"direction":"forward","links":[\#(fewer)],"nodes":[\#(few)],"path":"/pricing"}"#)
            let backward = nodes([(0, "signup", 1), (-1, "/pricing", 1), (-2, "(entry)", 1)])
            let back = links([("-1:/pricing", "0:signup", 1), ("-2:(entry)", "-1:/pricing", 1)])
            try await expect(
                app, "/flow?event=signup&direction=backward",
                answers: #"{"direction":"backward","event":"signup","links":[\#(back)],"nodes":[\#(backward)]}"#)
            for (query, visitors) in [
                ("path=/pricing&name=/signup", ["ada", "bob"]), ("path=/pricing&name=(exit)", ["cy", "dee"]),
                ("path=/pricing&step=2&name=/pricing", ["ada", "eve"]), ("path=/pricing&step=2&name=/pricing&near=/docs", ["eve"]),
                ("path=/pricing&step=2&name=(exit)", []), ("event=signup&direction=backward&step=2&name=(entry)", ["bob"]),
            ] {
                let answer = try await app.get("/api/v1/paths/flow/drill?\(query)").json()
                #expect(answer["data"]?.elements.compactMap(\.string).sorted() == visitors, "\(query)")
            }
            try await expect(
                app, "/flow/drill?path=/pricing&name=(other)",
                answers:
                    #"{"error":"Invalid query parameter 'name': pages grouped as (other) can't be opened; raise 'limit' in the report to list more of them."}"#
            )
            try await expect(app, "/flow?event=nothing", answers: #"{"direction":"forward","event":"nothing","links":[],"nodes":[]}"#)
        }
    }

    @Test("keep a URL path with a control character as one page of a path between pages", arguments: Profile.available)
    func control(profile: Profile) async throws {
        let pages = ["/", #"/a\u001Fb"#, "/end"].enumerated().map { minute, path in
            #"{"type":"pageview","path":"\#(path)","visitor_id":"ada","timestamp":"2026-03-02T10:0\#(minute):00Z"}"#
        }
        try await TestApp.run(profile, collecting: pages) { app in
            let answer = try await app.get("/api/v1/paths/between?start=/&end=/end").json(), ways = answer["ways"]?.elements ?? []
            #expect(ways.map { $0["pages"]?.elements.map(\.string) } == [["/", "/a%1Fb", "/end"]])
        }
    }

    @Test("list the paths between two pages", arguments: Profile.available)
    func between(profile: Profile) async throws {
        let ways = [
            // The path starts at the last / before /signup.
            ("ada", "/ /pricing / /docs /docs /signup /signup /"), ("bob", "/ /docs /signup"), ("cy", "/ /signup | / /docs /signup"),
            // No path: the pages are in two sessions, or in the wrong order.
            ("dee", "/ | /signup"), ("eve", "/signup /"),
        ]
        try await with(profile, ways) { app in
            func way(_ pages: [String], _ visitors: Int, _ sessions: Int64, of all: Int64 = 4, _ percentage: String, _ seconds: Int)
                -> String
            {
                let list = pages.map { #""\#($0)""# }.joined(separator: ",")
                return
                    #"{"confidence_interval":\#(ConfidenceInterval(sessions, of: all).json),"median_seconds":\#(seconds),"pages":[\#(list)],"percentage":\#(percentage),"sessions":\#(sessions),"#
                    + #""steps":\#(pages.count - 1),"visitors":\#(visitors)}"#
            }
            // Four sessions of 3, 2, 1 and 2 minutes; the median is the second of them. Moves: 2, 2, 1, 2.
            let lines = [way(["/", "/docs", "/signup"], 3, 3, "75", 120), way(["/", "/signup"], 1, 1, "25", 60)]
            let totals = #""average_steps":1.8,"end":"/signup","median_seconds":120,"sessions":4,"start":"/","visitors":3"#
            try await expect(app, "/between?start=/&end=/signup", answers: #"{\#(totals),"ways":[\#(lines.joined(separator: ","))]}"#)
            try await expect(app, "/between?start=/&end=/signup&limit=1", answers: #"{\#(totals),"ways":[\#(lines[0])]}"#)
            try await expect(
                app, "/between?start=/docs&end=/nowhere",
                answers: #"{"average_steps":0,"end":"/nowhere","sessions":0,"start":"/docs","visitors":0,"ways":[]}"#)
            for (query, visitors) in [
                ("", ["ada", "bob", "cy"]), ("&pages=%5B%22/%22,%22/docs%22,%22/signup%22%5D", ["ada", "bob", "cy"]),
                ("&pages=%5B%22/%22,%22/signup%22%5D", ["cy"]), ("&pages=%5B%22/%22,%22/x%22%5D", []),
            ] {
                let answer = try await app.get("/api/v1/paths/between/drill?start=/&end=/signup\(query)").json()
                #expect(answer["data"]?.elements.compactMap(\.string).sorted() == visitors, "\(query)")
            }
            try await expect(
                app, "/between/drill?start=/&end=/signup&pages=/docs",
                answers:
                    #"{"error":"Invalid query parameter 'pages': must be a JSON array of paths such as [\"/\",\"/pricing\"]; got '/docs'."}"#
            )
            // From / back to /: only ada's / /pricing /.
            let around = way(["/", "/pricing", "/"], 1, 1, of: 1, "100", 120)
            try await expect(
                app, "/between?start=/&end=/",
                answers: #"{"average_steps":2,"end":"/","median_seconds":120,"sessions":1,"start":"/","visitors":1,"ways":[\#(around)]}"#)
        }
    }

    @Test(
        "reject invalid requests",
        arguments: [
            ("", "Invalid query parameter 'path': it is required unless 'event' is given."),
            ("/flow", "Invalid query parameter 'path': it is required unless 'event' is given."),
            ("/drill", "Invalid query parameter 'path': it is required unless 'event' is given."),
            (
                "?path=/&event=signup",
                "Invalid query parameter 'event': it can't be combined with 'path'; a report starts from one or the other."
            ),
            ("?path=/&direction=up", "Invalid query parameter 'direction': must be one of 'forward', 'backward'; got 'up'."),
            ("/flow?path=/&depth=6", "Invalid query parameter 'depth': must be a whole number from 1 to 5; got '6'."),
            ("/between?start=/", "Invalid query parameter 'end': it is required, and must be at most 2048 characters of text."),
            ("/between?end=/", "Invalid query parameter 'start': it is required, and must be at most 2048 characters of text."),
        ])
    func refuses(query: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.get("/api/v1/paths\(query)")
            #expect(answer.status == 400)
            #expect(try answer.json()["error"]?.string == sentence)
        }
    }

    @Test("keep late pages with the same timestamp in order of arrival", arguments: Profile.available)
    func oneInstant(profile: Profile) async throws {
        for names in [["/q2", "/q1"], ["/q1", "/q2"]] {
            try await TestApp.run(profile) { app in
                for (path, at) in [("/q3", "10:03"), (names[0], "10:01"), (names[1], "10:01")] {
                    try await app.collect(
                        #"{"type":"pageview","path":"\#(path)","visitor_id":"a","timestamp":"2026-03-02T\#(at):00Z"}"#, as: .server)
                }
                let flows = try await app.get("/api/v1/paths?path=\(names[0])").json()["flows"]?.elements ?? []
                #expect(flows.first?["next_path"]?.string == names[1])
            }
        }
    }

    @Test("in overlapping sessions the first occurrence counts, whichever session began first", arguments: Profile.available)
    func overlapping(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            func view(_ path: String, _ at: String, _ more: String) async throws {
                try await app.collect(#"{"type":"pageview","path":"\#(path)",\#(more),"timestamp":"2026-03-02T\#(at):00Z"}"#, as: .server)
            }
            for (path, at, session) in [
                ("/start", "10:00", "A"), ("/start", "10:05", "B"), ("/pivot", "10:06", "B"), ("/b-next", "10:07", "B"),
                ("/pivot", "10:20", "A"), ("/a-next", "10:21", "A"),
            ] { try await view(path, at, #""visitor_id":"v","session_id":"\#(session)""#) }
            let next = try await app.get("/api/v1/paths?path=/pivot").json()["flows"]?.elements ?? []
            #expect(next.map { $0["next_path"]?.string } == ["/b-next"])
            let flow = try await app.get("/api/v1/paths/flow?path=/pivot&direction=backward&depth=1").json()["links"]?.elements ?? []
            #expect(flow.map { $0["source"]?.string } == ["-1:/start"])
            // Next, one person with two devices.
            for device in ["phone", "desk"] {
                try await app.collect(#"{"type":"identify","visitor_id":"\#(device)","user_id":"ada"}"#, as: .server)
            }
            for (path, at, device) in [
                ("/go", "09:00", "phone"), ("/go", "09:05", "desk"), ("/two", "09:06", "desk"), ("/desk", "09:07", "desk"),
                ("/two", "09:10", "phone"), ("/phone", "09:11", "phone"),
            ] { try await view(path, at, #""visitor_id":"\#(device)""#) }
            let person = try await app.get("/api/v1/paths?path=/two&count_by=people").json()["flows"]?.elements ?? []
            #expect(person.map { $0["next_path"]?.string } == ["/desk"])
        }
    }
}
