import Common
import PathsModule
import Testing
import TestSupport

/// Compares each report with a simple reference implementation on random visits: in order, and with late or duplicate rows.
@Suite("Paths of random visits", .modules(PathsModule.self))
struct RandomPathTests {
    private static let start = Day(year: 2026, month: 3, day: 1)!.start

    private struct Plain {
        typealias Row = DisturbedVisits.Row

        /// Each session's rows in chronological order, sessions ordered by start.
        let sessions: [[Row]]

        init(_ rows: [Row], _ range: Range<Int64>) {
            let inside = rows.filter { range.contains($0.at) }
            sessions = Dictionary(grouping: inside, by: \.session).values.map { $0.sorted { $0.at < $1.at } }.sorted { $0[0].at < $1[0].at }
        }

        /// The session's pageviews, without repeated views of the same page.
        func moves(_ session: [Row]) -> [Row] {
            session.filter { $0.name == nil }.reduce(into: []) { moves, row in if moves.last?.path != row.path { moves.append(row) } }
        }

        static func matches(_ path: String, _ pattern: String) -> Bool {
            pattern.hasSuffix("*") ? path.hasPrefix(pattern.dropLast()) : path == pattern
        }

        /// For each visitor, the pages after or before the first occurrence of the pivot, nearest first.
        func trails(path: String?, event: String?, forward: Bool, depth: Int) -> [[String]] {
            var trails: [String: [String]] = [:]
            for session in sessions where trails[session[0].visitor] == nil {
                let moves = moves(session)
                let first = path.map { path in moves.first { Self.matches($0.path, path) } } ?? session.first { $0.name == event }
                guard let first else { continue }
                let side = forward ? moves.filter { $0.at > first.at } : moves.filter { $0.at < first.at }.reversed()
                trails[first.visitor] = side.prefix(depth).map(\.path)
            }
            return Array(trails.values)
        }

        func next(_ trails: [[String]], _ end: String, limit: Int) -> [String] {
            let ends = trails.filter(\.isEmpty).count
            let pages = Dictionary(grouping: trails.compactMap(\.first)) { $0 }.map { ($0.key, $0.value.count) }.sorted {
                ($1.1, $0.0) < ($0.1, $1.0)
            }
            let listed = pages.prefix(ends > 0 ? limit - 1 : limit) + (ends > 0 ? [(end, ends)] : [])
            return listed.map { "\($0) \($1) \(Rounded.percentage(Int64($1), of: Int64(trails.count)))" }
        }

        func links(_ trails: [[String]], _ pivot: String, _ end: String, forward: Bool, depth: Int, limit: Int) -> [String] {
            var links: [String: Int] = [:], top: [Set<String>] = []
            for step in 0..<depth {
                let pages = Dictionary(grouping: trails.filter { $0.count > step }) { $0[step] }.map { ($0.key, $0.value.count) }
                top.append(Set(pages.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(limit).map(\.0)))
            }
            for trail in trails {
                func node(_ step: Int) -> String {
                    let name =
                        step == 0 ? pivot : step > trail.count ? end : top[step - 1].contains(trail[step - 1]) ? trail[step - 1] : "(other)"
                    return "\(forward ? step : -step):\(name)"
                }
                for step in 1...depth where trail.count >= step - 1 {
                    let (near, far) = (node(step - 1), node(step))
                    links[forward ? "\(near) > \(far)" : "\(far) > \(near)", default: 0] += 1
                }
            }
            return links.map { "\($0) \($1)" }.sorted()
        }

        func between(_ start: String, _ end: String) -> [String] {
            var found: [String: (visitors: Set<String>, took: [Int64])] = [:]
            for session in sessions {
                var left: Int?
                let moves = moves(session)
                for (index, row) in moves.enumerated() {
                    if let left, Self.matches(row.path, end) {
                        let way = moves[left...index].map(\.path).joined(separator: " ")
                        found[way, default: ([], [])].visitors.insert(row.visitor)
                        found[way]!.took.append(row.at - moves[left].at)
                        break
                    }
                    if Self.matches(row.path, start) { left = index }
                }
            }
            return found.map { way, told in
                let median = told.took.sorted()[(told.took.count - 1) / 2]
                return "\(way): \(told.visitors.count) \(told.took.count) \(Rounded.seconds(median, over: 1))"
            }.sorted()
        }
    }

    @Test("agree with a simple reference implementation", arguments: Effort.runs(from: 5))
    func agree(profile: Profile, seed: UInt64) async throws {
        let visits = DisturbedVisits(seed: seed, visitors: 25, from: Self.start, days: 12, rest: 1...60)
        try await TestApp.run(profile, now: "2026-03-20T00:00:00Z") { app in
            try await visits.send(to: app, disturbed: seed > 5)
            // The second range cuts through sessions at both ends.
            let cut = visits.rows.filter { $0.session % 7 == 3 }.map(\.at)
            for (from, to) in [(Self.start.milliseconds, Self.start.adding(days: 15).milliseconds), (cut[1] + 1, cut[cut.count - 2])]
            where from < to {
                let plain = Plain(visits.rows, from..<to)
                let range = "start_at=\(Instant(milliseconds: from).iso8601)&end_at=\(Instant(milliseconds: to).iso8601)"
                for direction in ["forward", "backward"] {
                    for (path, event) in [("/a", nil), ("/docs/*", nil), ("/", nil), (nil, "signup")] as [(String?, String?)] {
                        let isForward = direction == "forward", end = isForward ? "(exit)" : "(entry)"
                        let query = "\(range)&direction=\(direction)&" + (path.map { "path=\($0)" } ?? "event=\(event!)")
                        let trails = plain.trails(path: path, event: event, forward: isForward, depth: 3)
                        let next = try await app.get("/api/v1/paths?\(query)&limit=4").json()
                        #expect(Self.next(next, isForward ? "next_path" : "prev_path") == plain.next(trails, end, limit: 4), "\(query)")
                        let flow = try await app.get("/api/v1/paths/flow?\(query)&depth=3&limit=3").json()
                        let links = plain.links(trails, path ?? event!, end, forward: isForward, depth: 3, limit: 3)
                        #expect(Self.links(flow) == links, "\(query)")
                    }
                }
                for (start, end) in [("/a", "/b"), ("/", "/docs/*"), ("/c", "/c")] {
                    let answer = try await app.get("/api/v1/paths/between?\(range)&start=\(start)&end=\(end)&limit=1000").json()
                    #expect(Self.ways(answer) == plain.between(start, end), "\(start) to \(end)")
                }
            }
        }
    }

    private static func next(_ answer: JSON, _ key: String) -> [String] {
        (answer["flows"]?.elements ?? []).map {
            "\($0[key]?.string ?? "") \($0["visitors"]?.integer ?? -1) \($0["percentage"]?.number ?? -1)"
        }
    }

    private static func links(_ answer: JSON) -> [String] {
        (answer["links"]?.elements ?? []).map {
            "\($0["source"]?.string ?? "") > \($0["target"]?.string ?? "") \($0["visitors"]?.integer ?? -1)"
        }.sorted()
    }

    private static func ways(_ answer: JSON) -> [String] {
        (answer["ways"]?.elements ?? []).map { way in
            let pages = (way["pages"]?.elements ?? []).compactMap(\.string).joined(separator: " ")
            return "\(pages): \(way["visitors"]?.integer ?? -1) \(way["sessions"]?.integer ?? -1) \(way["median_seconds"]?.number ?? -1)"
        }.sorted()
    }
}
