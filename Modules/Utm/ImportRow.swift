import Core

/// A row of an export from an advertising or analytics service: the numbers of one day for one combination of dimensions.
struct ImportRow: Sendable {
    let day: Day
    /// JSON texts: the dimensions, the metrics (numbers by name) and the row as exported.
    let dimensions: String
    let metrics: String
    let raw: String
    /// The campaign's name, taken from the dimensions; "" if there is none.
    let campaign: String
    /// The numbers to sum, in the order of `Metric.allCases`; nil for missing ones.
    let totals: [Double?]

    /// A number that reports sum up, with the names that services use for it.
    enum Metric: String, Sendable, CaseIterable {
        case impressions, clicks, cost, conversions, revenue, sessions, users

        private var names: [String] {
            switch self {
            case .impressions: ["impressions", "impr"]
            case .clicks: ["clicks"]
            case .cost: ["cost", "spend", "ad_cost", "advertiser_ad_cost"]
            case .conversions: ["conversions", "key_events"]
            case .revenue: ["revenue", "total_revenue", "purchase_revenue", "conversion_value", "conv_value"]
            case .sessions: ["sessions"]
            case .users: ["users", "total_users", "active_users"]
            }
        }

        private static let byName = Dictionary(uniqueKeysWithValues: allCases.flatMap { metric in metric.names.map { ($0, metric) } })

        init?(_ name: String) {
            guard let metric = Self.byName[ImportRow.plain(name)] else { return nil }
            self = metric
        }
    }

    private static let dateNames: Set<String> = ["date", "day"]
    private static let campaignNames: Set<String> = [
        "campaign", "campaign_name", "session_campaign", "session_campaign_name", "google_ads_campaign", "utm_campaign",
    ]
    private static let numbers = -1e12...1e12
    private static let limits = Schema.MapLimits(keys: 100, bytes: 8_192)

    /// The fields of a row in a request.
    static let fields: [Schema.Field] = [
        .required("date", .string(8...10), "Day of the row, as 2026-05-01 or 20260501."),
        .optional("dimensions", .map(.any, limits: limits), "What the numbers are about; `campaign` is the campaign's name."),
        .optional(
            "metrics", .map(.number(numbers)), "Numbers by name, such as impressions, clicks, cost, conversions, revenue, sessions, users."),
        .optional("raw_row", .map(.any, limits: limits), "The row as exported, kept for audits."),
    ]

    // MARK: Reading

    /// - Throws: 400 without the row's number, which the caller adds.
    init(_ json: JSON) throws {
        guard json.kind == .object else { throw ServiceError.body("it must be an object; got \(json.described).") }
        // A number in the wrong place would be missing in the summary.
        try Schema.object(Self.fields, unknown: .refused).check(json)
        let text = json["date"]?.string ?? ""
        guard let day = Self.day(text) else {
            throw ServiceError.body(field: "date", "must be a day such as 2026-05-01; got '\(text.excerpt(60))'.")
        }
        func object(_ name: String) -> JSON? { json[name].flatMap { $0.isNull ? nil : $0 } }
        self.day = day
        dimensions = Self.text(object("dimensions"))
        metrics = Self.text(object("metrics"))
        raw = Self.text(object("raw_row"))
        campaign = Self.campaign(object("dimensions")?.members.map { ($0.name, $0.value.string ?? "") } ?? [])
        totals = Self.totals(object("metrics")?.members.compactMap { name, value in value.number.map { (name, $0) } } ?? [])
    }

    /// Reads a record of a CSV file with the given header. All columns except the date and the numbers to sum become dimensions.
    init(_ fields: [String], under header: [String]) throws {
        guard fields.count == header.count else {
            throw ServiceError.body("it has \(fields.count.counting("column")); the header has \(header.count).")
        }
        let columns = Array(zip(header, fields))
        guard let date = columns.first(where: { Self.dateNames.contains(Self.plain($0.0)) }) else {
            throw ServiceError.body("the header has no column 'date'.")
        }
        guard let day = Self.day(date.1) else {
            throw ServiceError.body("column '\(date.0.excerpt(60))' must be a day such as 2026-05-01; got '\(date.1.excerpt(60))'.")
        }
        var metrics: [(String, Double)] = [], dimensions: [(String, String)] = []
        for (name, field) in columns where name != date.0 {
            if Metric(name) != nil {
                // Services export missing values like this.
                if ["", "-", "--"].contains(field) { continue }
                guard let number = Self.number(field) else {
                    throw ServiceError.body("column '\(name.excerpt(60))' must be a number; got '\(field.excerpt(60))'.")
                }
                guard Self.numbers.contains(number) else {
                    let expectation = Schema.number(Self.numbers).expectation
                    throw ServiceError.body("column '\(name.excerpt(60))' must be \(expectation); got '\(field.excerpt(60))'.")
                }
                metrics.append((Self.plain(name), number))
            } else {
                dimensions.append((Self.plain(name), field))
            }
        }
        for metric in Metric.allCases {
            if let counted = Self.counted(metric, in: metrics) { metrics[counted].0 = metric.rawValue }
        }
        self.day = day
        self.dimensions = Self.object(dimensions) { $0.append(string: $1) }
        self.metrics = Self.object(metrics) { $0.append(raw: "\($1)") }
        raw = Self.object(columns) { $0.append(string: $1) }
        guard self.raw.utf8.count <= 32_768 else { throw ServiceError.body("it may hold at most 32768 bytes; got \(self.raw.utf8.count).") }
        campaign = Self.campaign(dimensions)
        totals = Self.totals(metrics)
    }

    /// Returns the name in plain form: `Session campaign` and `session-campaign` become `session_campaign`. A name without letters and
    /// digits stays as it is.
    static func plain(_ name: String) -> String {
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }
        return words.isEmpty ? name : words.joined(separator: "_")
    }

    private static func day(_ text: String) -> Day? {
        if case .day(let day)? = ISO8601.parse(text) { return day }
        guard text.utf8.count == 8, text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(text) else { return nil }
        return Day(year: number / 10_000, month: number / 100 % 100, day: number % 100)
    }

    /// Parses a number as services and spreadsheets write it: with a decimal point, thousands separated by commas or blanks, and a currency
    /// sign before or after the number. Returns nil for text that could mean different numbers in different countries: `12,50`, `1.234,50`,
    /// `1 234,567`, `1 5`.
    private static func number(_ text: String) -> Double? {
        let blank: Unicode.Scalar = " "
        var scalars = text.unicodeScalars.filter { $0.properties.generalCategory != .currencySymbol }
            .map { $0.properties.isWhitespace ? blank : $0 }[...]
        func trim() {
            scalars = scalars.drop { $0 == blank }
            while scalars.last == blank { scalars.removeLast() }
        }
        trim()
        let sign = scalars.first.flatMap { $0 == "-" || $0 == "+" ? $0 : nil }
        if sign != nil {
            scalars.removeFirst()
            trim()
        }
        func areDigits(_ part: ArraySlice<Unicode.Scalar>) -> Bool { part.allSatisfy { ("0"..."9").contains($0) } }
        var plain = scalars
        let whole = scalars.prefix { $0 != "." }
        if let separator = whole.first(where: { $0 == "," || $0 == blank }) {
            let groups = whole.split(separator: separator, omittingEmptySubsequences: false),
                fraction = scalars[whole.endIndex...].dropFirst()
            guard (1...3).contains(groups[0].count), groups.dropFirst().allSatisfy({ $0.count == 3 }), groups.allSatisfy(areDigits),
                areDigits(fraction)
            else { return nil }
            plain = Array(groups.joined())[...] + scalars[whole.endIndex...]
        }
        guard plain.allSatisfy({ ("0"..."9").contains($0) || [".", "e", "E", "+", "-"].contains($0) }), plain.first != "-",
            plain.first != "+"
        else { return nil }
        guard let number = Double(String(String.UnicodeScalarView(plain))), number.isFinite else { return nil }
        return sign == "-" ? -number : number
    }

    private static func campaign(_ dimensions: [(String, String)]) -> String {
        let named = dimensions.first { campaignNames.contains(plain($0.0)) && !$0.1.isEmpty }
        return named.map { CampaignFields.kept($0.1) } ?? ""
    }

    private static func totals(_ metrics: [(String, Double)]) -> [Double?] {
        Metric.allCases.map { metric in counted(metric, in: metrics).map { metrics[$0].1 } }
    }

    /// Returns the index of the number that counts for a metric: the number under the metric's own name, else the first under another of
    /// its names.
    private static func counted(_ metric: Metric, in metrics: [(String, Double)]) -> Int? {
        metrics.firstIndex { $0.0 == metric.rawValue } ?? metrics.firstIndex { Metric($0.0) == metric }
    }

    private static func text(_ json: JSON?) -> String {
        var text = JSONText()
        text.append(json ?? .emptyObject)
        return text.string
    }

    private static func object<Value>(_ members: [(String, Value)], _ append: (inout JSONText, Value) -> Void) -> String {
        var text = JSONText()
        text.object { text in
            for (name, value) in members {
                text.name(name)
                append(&text, value)
            }
        }
        return text.string
    }

    // MARK: Storing

    static let table = Table(
        "utm_import_rows",
        [
            Column("import_id", .text), Column("number", .int64), Column("project_id", .text),
            /// Days since 1970-01-01.
            Column("day", .int64),
            Column("dimensions", .text), Column("metrics", .text), Column("raw_row", .text), Column("campaign", .text),
        ] + Metric.allCases.map { Column($0.rawValue, .double, nullable: true) },
        primaryKey: ["import_id", "number"], indexes: [["project_id", "day"]])

    /// The values for an INSERT, in the order of the table's columns.
    func values(number: Int, of batch: String, in project: String) -> SQL {
        let totals = SQL.joined(totals.map { "\($0)" })
        return "(\(batch), \(number), \(project), \(day.number), \(dimensions), \(metrics), \(raw), \(campaign), \(totals))"
    }
}
