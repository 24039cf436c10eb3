@_spi(Host) @_spi(Scopes) import Access
import Common
import Foundation
@_spi(Scopes) import Questions

/// Query parameters that many reports share.
public enum ScopeParameters {
    /// The parameters that select which facts a report covers, and how it counts visitors.
    public static let range: [Parameter] = [
        Parameter("start_at", .timestamp, "Start of the range, inclusive. Default: 30 days before the end."),
        Parameter("end_at", .timestamp, "End of the range, exclusive; a date without a time includes that day. Default: now."),
        Parameter(
            "timezone", .text(maximum: 64),
            "IANA time zone, such as Asia/Kolkata, for days and hours, and for dates and times without an offset. Default: UTC."),
        filter,
        Parameter("segment_id", .text(maximum: 40), "Only visitors in the segment with this id."),
        Parameter(
            "count_by", .choice(["visitors", "people"], default: "visitors"),
            "What to count. `people` counts visitors who were identified as the same user as one person."),
    ]

    /// The `filter` parameter, which `Filter.parse` parses.
    public static let filter = Parameter(
        "filter", .text(maximum: 16_384),
        "Conditions such as country:US,CA;browser!:Chrome;path~:/docs*;data.plan:pro. A backslash escapes the next character.")
    /// The `compare` parameter, which `Route.report` adds and reads.
    public static let compare = Parameter(
        "compare", .choice(["previous"], default: nil), "Adds the same report for the previous period of the same length.")

    /// The `format` parameter, which `Route.report` adds to reports with lists, and reads.
    static let format = Parameter(
        "format", .choice(["json", "csv"], default: "json"),
        "`csv` answers a file of the report's rows: all of them, unless `limit` or `offset` is given.")

    /// The `interval` parameter, which `ProjectRequest.interval` reads.
    public static let interval = Parameter(
        "interval", .choice(TimeBuckets.Unit.allCases.map(\.rawValue), default: "day"), "The length of time that each point covers.")

    /// The parameters in `range`, plus `limit` and `offset`.
    public static let list = range + Parameter.page
}

extension ProjectRequest {
    /// The width of a bucket, from the `interval` parameter. By default a day.
    public var interval: TimeBuckets.Unit { text("interval").flatMap(TimeBuckets.Unit.init) ?? .day }

    /// The scope that the request's parameters describe.
    /// - Throws: 400 for an unknown time zone, a range that doesn't end after its start, or an invalid filter; 404 for an unknown segment;
    ///   403 if the caller may not read a module that the segment, a filter or `count_by` needs.
    public func scope() async throws -> Scope { try await scope { text($0) } }

    /// The scope for values of the same parameters from elsewhere, such as a saved report.
    /// - Parameter value: returns the value of the parameter with this name; nil if there is none.
    public func scope(where value: (String) -> String?) async throws -> Scope {
        let zoneName = value("timezone") ?? "UTC"
        guard let zone = TimeZone(tzName: zoneName) else {
            throw ServiceError.parameter("timezone", "must be an IANA name such as Europe/Berlin; got '\(zoneName.excerpt(60))'.")
        }
        let filters = try value("filter").map(filters) ?? []
        let range = try range(in: zone, value)
        return Scope(
            project: project.number, range: range, timezone: zoneName, filters: filters, segment: try await segment(value("segment_id")),
            people: value("count_by") == "people" ? try await people() : nil, limit: value("limit").flatMap(Int.init) ?? 10,
            offset: value("offset").flatMap(Int.init) ?? 0, reader: services.reports, facts: facts)
    }

    /// The facts that the caller may read.
    private var facts: FactAccess { FactAccess(services.factTables, module: module) { try require(module: $0) } }

    private func filters(_ text: String) throws -> [Filter] {
        let filters = try Filter.parse(text, and: services.dimensions.map(\.dimension))
        for filter in filters {
            if let (module, _) = services.dimensions.first(where: { .ofModule($0.dimension) == filter.dimension }) {
                try require(module: module)
            }
        }
        return filters
    }

    private func segment(_ id: String?) async throws -> Segment? {
        guard let id else { return nil }
        return try await SegmentDefinition.segment(Identifiers.plain(id), for: self)
    }

    private func people() async throws -> People {
        try require(module: "identity")
        return try await PersonMerge.people(of: project, in: control)
    }

    /// A scope over all of the project's facts in `range`. Ignores the request's parameters.
    public func scope(over range: TimeRange) -> Scope {
        Scope(project: project.number, range: range, reader: services.reports, facts: facts)
    }

    /// A scope over all of the project's facts. Ignores the request's parameters.
    public func wholeScope() -> Scope { scope(over: .always) }

    private func range(in zone: TimeZone, _ value: (String) -> String?) throws -> TimeRange {
        // The default end is the next full minute instead of now, so a report that is requested twice within a minute has the same range
        // both times. No events occur between now and that minute.
        let end =
            try instant("end_at", value("end_at"), in: zone, endOfDay: true)
            ?? Instant(milliseconds: (now.milliseconds / 60_000 + 1) * 60_000)
        let start = try instant("start_at", value("start_at"), in: zone, endOfDay: false) ?? end.adding(days: -30)
        guard start < end else {
            throw ServiceError.parameter("end_at", "must be after start_at; got \(start.iso8601) to \(end.iso8601).")
        }
        return TimeRange(start: start, end: end)
    }

    private func instant(_ name: String, _ text: String?, in zone: TimeZone, endOfDay: Bool) throws -> Instant? {
        guard let text else { return nil }
        guard let parsed = ISO8601.parse(parameter: text) else {
            throw ServiceError.parameter(name, "must be an ISO 8601 date or timestamp; got '\(text.excerpt(60))'.")
        }
        switch parsed {
        case .instant(let instant): return instant
        case .local(let day, let milliseconds): return day.instant(at: milliseconds, in: zone)
        case .day(let day): return (endOfDay ? day.adding(days: 1) : day).start(in: zone)
        }
    }
}
