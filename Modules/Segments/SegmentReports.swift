import Core

extension Scope {
    /// A SELECT of the members of `segment`; with filters, only members with matching activity.
    fileprivate var members: SQL {
        filters.isEmpty ? "SELECT visitor FROM segment" : "SELECT visitor FROM segment WHERE visitor IN (SELECT visitor FROM activity)"
    }
}

/// The number of visitors in a segment, and a page of their ids.
struct SegmentMembers: Sendable {
    let segmentID: String
    let totalVisitors: Int64
    let visitors: [String]

    static let shape = Shape<SegmentMembers>([
        .required("segment_id", \.segmentID, .uuid), .required("total_visitors", \.totalVisitors, .count),
        .required("visitors", \.visitors, .list(.text(200))),
    ])

    static func run(_ id: String, _ segment: Segment, _ scope: Scope) async throws -> SegmentMembers {
        let page = try await VisitorList.page("segments.members", of: scope.of(segment), visitors: scope.members)
        return SegmentMembers(segmentID: id, totalVisitors: page.total, visitors: page.data)
    }
}

/// How many visitors match a definition that isn't saved yet.
struct SegmentPreview: Sendable {
    let visitors: Int64
    /// The number of all visitors active in the range.
    let total: Int64
    let percentage: Double
    let confidenceInterval: ConfidenceInterval

    static let shape = Shape<SegmentPreview>([
        .required("visitors", \.visitors, .count), .required("total", \.total, .count), .required("percentage", \.percentage, .percentage),
        .required("confidence_interval", \.confidenceInterval, ConfidenceInterval.shape),
    ])

    static func run(_ segment: Segment, _ scope: Scope) async throws -> SegmentPreview {
        async let all = scope.rows(
            "segments.active", [.tally("active", [.visitors("visitors")], from: "activity")], "SELECT visitors FROM active")
        async let members = scope.of(segment).rows(
            "segments.preview", [.tally("counted", [.count("visitors")], from: "(\(scope.members)) members")],
            "SELECT visitors FROM counted")
        let visitors = try await members[0].int("visitors"), total = try await all[0].int("visitors")
        return SegmentPreview(
            visitors: visitors, total: total, percentage: Rounded.percentage(visitors, of: total),
            confidenceInterval: ConfidenceInterval(visitors, of: total))
    }
}

/// The number of active members of a segment by day or hour.
struct SegmentSize: Sendable {
    let date: String
    /// Members who were active on that day or in that hour.
    let visitors: Int64

    static let shape = Shape<SegmentSize>([.required("date", \.date, .bucket), .required("visitors", \.visitors, .count)])

    static func run(_ segment: Segment, _ scope: Scope, by unit: TimeBuckets.Unit) async throws -> [SegmentSize] {
        let buckets = TimeBuckets(unit, of: scope), all = try buckets.points()
        let rows = try await scope.of(segment).rows(
            "segments.sizes",
            [
                .tally(
                    "counted", by: [.init("bucket", buckets.number(of: "occurred_at"))], [.visitors("visitors")], from: "activity",
                    groups: Int64(all.count))
            ],
            "SELECT bucket, visitors FROM counted")
        let visitorsByBucket = Dictionary(uniqueKeysWithValues: rows.map { ($0.int("bucket"), $0.int("visitors")) })
        return all.map { SegmentSize(date: buckets.label($0), visitors: visitorsByBucket[$0] ?? 0) }
    }
}
