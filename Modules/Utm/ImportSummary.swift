import Core
import Foundation

extension Scope {
    /// The days that the range touches, in the report's time zone. Imported rows have a day but no time.
    var days: ClosedRange<Day> { zone.days(from: range.start, to: range.end.adding(milliseconds: -1)) }
}

/// The totals of the imported rows for the days of a range.
struct ImportSummary: Sendable {
    let rows: Int64
    let sums: [ImportRow.Metric: Double]

    static let shape = Shape<ImportSummary>(
        [.required("rows", \.rows, .count)]
            + ImportRow.Metric.allCases.map { metric in .required(metric.rawValue, { $0.sums[metric] ?? 0 }, .number(-1e18...1e18)) })

    static func read(_ call: ProjectRequest, _ days: ClosedRange<Day>, provider: String?) async throws -> ImportSummary {
        let sums = SQL(sql: ImportRow.Metric.allCases.map { "sum(\($0.rawValue)) AS \($0.rawValue)" }.joined(separator: ", "))
        let row = try await call.store.read(
            """
            /* utm.import_summary */ SELECT count(*) AS n, \(sums) FROM utm_import_rows
            WHERE \(ImportedCosts.chosen(call, days, provider))
            """)[0]
        return ImportSummary(
            rows: row.int("n"),
            sums: Dictionary(
                uniqueKeysWithValues: ImportRow.Metric.allCases.map { ($0, ImportedCosts.rounded(row.double($0.rawValue))) }))
    }
}

/// The imported costs, clicks and impressions of one campaign.
struct ImportedCosts: Sendable {
    let campaign: String
    let cost: Double
    let clicks: Double
    let impressions: Double

    /// Returns the key that identifies a campaign. Names that differ only in case or surrounding white space have the same key.
    static func key(_ campaign: String) -> ExactText { ExactText(CampaignFields.kept(campaign).lowercased()) }

    /// Returns campaigns with a cost, most expensive first.
    static func read(_ call: ProjectRequest, _ days: ClosedRange<Day>, provider: String?) async throws -> [ImportedCosts] {
        let rows = try await call.store.read(
            """
            /* utm.import_costs */ SELECT campaign, sum(cost) AS cost, sum(clicks) AS clicks, sum(impressions) AS impressions FROM utm_import_rows
            WHERE \(chosen(call, days, provider)) AND campaign <> '' AND cost IS NOT NULL
            GROUP BY campaign ORDER BY campaign
            """)
        // Different spellings of a name are one campaign, shown with the spelling that sorts first.
        // exact: the key is ExactText
        return Dictionary(grouping: rows, by: { key($0.text("campaign")) }).values.map { spellings in
            func sum(_ column: String) -> Double { rounded(spellings.reduce(0) { $0 + $1.double(column) }) }
            return ImportedCosts(
                campaign: spellings[0].text("campaign"), cost: sum("cost"), clicks: sum("clicks"), impressions: sum("impressions"))
        }.sorted { ($1.cost, ExactText($0.campaign)) < ($0.cost, ExactText($1.campaign)) }
    }

    fileprivate static func chosen(_ call: ProjectRequest, _ days: ClosedRange<Day>, _ provider: String?) -> SQL {
        var conditions: [SQL] = ["project_id = \(call.project.id)", "day >= \(days.lowerBound.number)", "day <= \(days.upperBound.number)"]
        if let provider {
            conditions.append("import_id IN (SELECT id FROM utm_imports WHERE project_id = \(call.project.id) AND provider = \(provider))")
        }
        return SQL.all(conditions)
    }

    /// Rounds to millionths, so the sum of 0.1 and 0.2 is 0.3.
    fileprivate static func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
}
