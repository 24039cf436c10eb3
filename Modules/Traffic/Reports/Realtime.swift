import Core

/// How many visitors are on the site right now.
struct Realtime: Sendable {
    let activeVisitors: Int64

    static let shape = Shape<Realtime>([.required("active_visitors", \.activeVisitors, .count)])

    static let windowSeconds: Int64 = 300

    /// Counts visitors with activity in the last five minutes, including the current millisecond.
    static func run(_ scope: Scope, now: Instant) async throws -> Realtime {
        let range = TimeRange(start: now.adding(seconds: -windowSeconds), end: now.adding(milliseconds: 1))
        let rows = try await scope.over(range).rows(
            "core.realtime", [.tally("active", [.visitors("n")], from: "activity")], "SELECT n FROM active")
        return Realtime(activeVisitors: rows[0].int("n"))
    }
}
