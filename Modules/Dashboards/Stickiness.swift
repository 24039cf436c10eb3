import Core

/// How often visitors come back: daily active visitors compared with weekly and monthly ones.
struct Stickiness: Sendable {
    struct Period: Sendable {
        let date: String
        let activeVisitors: Int64

        static let shape = Shape<Period>([
            .required("date", \.date, .text(10)), .required("active_visitors", \.activeVisitors, .count),
        ])
    }

    /// Daily active visitors, averaged over the days of the range.
    let dau: Double
    /// Visitors active in the 7 and the 30 days that end with the last day of the range, in the scope's time zone.
    let wau: Int64, mau: Int64
    let dauWau: Double, wauMau: Double, dauMau: Double
    let periods: [Period]

    static let shape = Shape<Stickiness>([
        .required("dau", \.dau, .number(0...1e15)), .required("wau", \.wau, .count), .required("mau", \.mau, .count),
        .required("dau_wau", \.dauWau, .number(0...1e15)), .required("wau_mau", \.wauMau, .number(0...1)),
        .required("dau_mau", \.dauMau, .number(0...1e15)), .required("periods", \.periods, .list(Period.shape)),
    ])

    static func run(_ scope: Scope) async throws -> Stickiness {
        let buckets = TimeBuckets(.day, of: scope), days = try buckets.points(chosenBy: "start_at")
        let daily = try await scope.rows(
            "dashboards.daily",
            [
                .tally(
                    "active", by: [.init("day", buckets.number(of: "occurred_at"))], [.visitors("visitors")], from: "activity",
                    groups: Int64(days.count))
            ],
            "SELECT day, visitors FROM active")
        let visitorsByDay = Dictionary(uniqueKeysWithValues: daily.map { ($0.int("day"), $0.int("visitors")) })
        let end = scope.range.end, last = Day(end.adding(milliseconds: -1), in: scope.zone)
        func start(ofLast count: Int64) -> Instant { Day(number: last.number - count + 1).start(in: scope.zone) }
        let month = scope.widened(to: TimeRange(start: start(ofLast: 30), end: end))
        let row = try await month.rows(
            "dashboards.active",
            [
                .tally(
                    "active", [.visitors("mau"), .visitors("wau", where: "occurred_at >= \(start(ofLast: 7).milliseconds)")],
                    from: "activity")
            ],
            "SELECT mau, wau FROM active")[0]
        let dau = Double(visitorsByDay.values.reduce(0, +)) / Double(days.count), wau = row.int("wau"), mau = row.int("mau")
        return Stickiness(
            dau: Rounded.twoDecimals(dau), wau: wau, mau: mau, dauWau: ratio(dau, wau), wauMau: ratio(Double(wau), mau),
            dauMau: ratio(dau, mau),
            periods: days.map { Period(date: buckets.label($0), activeVisitors: visitorsByDay[$0] ?? 0) })
    }

    /// `part / total`, rounded to four decimals; 0 if `total` is 0.
    private static func ratio(_ part: Double, _ total: Int64) -> Double { total == 0 ? 0 : Rounded.fourDecimals(part / Double(total)) }
}
