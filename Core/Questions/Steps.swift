import Common
import Storage

/// An action of a visitor, as definitions describe it: a pageview or a custom event. An event may have conditions on its properties.
public struct Step: Sendable {
    /// The kind of activity.
    public enum Kind: String, Sendable, CaseIterable { case pageview, event }

    /// A condition on one of the event's properties.
    public struct Property: Sendable {
        /// The property's path in `data`.
        public let path: PropertyPath
        /// The comparison that the property's value must satisfy.
        public let comparison: Comparison
    }

    /// Whether the action is a pageview or a custom event.
    public let kind: Kind
    /// The page's path, in which `*` matches any text, or the event's name. Nil for any page or event.
    public let value: String?
    /// Conditions on the event's properties. All of them must hold.
    public let properties: [Property]

    public init(_ kind: Kind, _ value: String?, properties: [Property] = []) {
        self.kind = kind
        self.value = kind == .pageview ? value.map(PagePath.asked) : value
        self.properties = properties
    }

    /// The condition that a row of `core_activity` is this step. Never null.
    public func condition(_ dialect: Dialect) -> SQL {
        var conditions: [SQL] = [kind == .pageview ? "kind = 0" : "kind = 1"]
        if let value {
            if kind == .event {
                conditions.append("name = \(value)")
            } else if Self.hasStar(value) {
                conditions.append("path LIKE \(Filter.pattern(value)) ESCAPE '!'")
            } else {
                conditions.append("path = \(value)")
            }
        }
        guard !properties.isEmpty else { return SQL.all(conditions) }
        let properties = SQL.all(properties.map { $0.comparison.condition(on: dialect.jsonText("data", $0.path), dialect) })
        // CASE fixes the order of evaluation, so properties are read only for events that meet the other conditions.
        return "CASE WHEN \(SQL.all(conditions)) THEN \(properties) ELSE FALSE END"
    }

    /// The columns `is_1`, `is_2` ..., which are true if a row of `core_activity` is the first step, the second step ...
    public static func flags(_ steps: [Step], _ dialect: Dialect) -> SQL {
        SQL.joined(steps.enumerated().map { "(\($1.condition(dialect))) AS is_\(sql: String($0 + 1))" })
    }

    /// Whether a single name or path without `*` fully describes the step.
    private var isPlain: Bool { properties.isEmpty && value.map { kind == .event || !Self.hasStar($0) } == true }

    private static func hasStar(_ path: String) -> Bool { path.utf8.contains(UInt8(ascii: "*")) }

    /// An expression for the number of the step that a row is, starting at 1. Nil unless the steps are all distinct names or all distinct
    /// paths.
    static func number(_ steps: [Step]) -> SQL? {
        let values = steps.filter { $0.isPlain && $0.kind == steps[0].kind }.compactMap(\.value)
        guard values.count == steps.count, Set(exactly: values).count == steps.count else { return nil }
        let cases = values.enumerated().map { "WHEN \($1) THEN \(sql: String($0 + 1))" as SQL }
        return "CASE \(sql: steps[0].kind == .event ? "name" : "path") \(SQL.joined(cases, separator: " ")) END"
    }

    /// The condition that a row of `core_activity` is any of the steps. Never null.
    static func condition(onAnyOf steps: [Step], _ dialect: Dialect) -> SQL {
        // Plain names become one list, and so do plain paths. For engines, that is much faster than separate conditions.
        let plain = steps.filter(\.isPlain), names = plain.filter { $0.kind == .event }, paths = plain.filter { $0.kind == .pageview }
        var conditions = steps.filter { !$0.isPlain }.map { $0.condition(dialect) }
        if !names.isEmpty { conditions.append("kind = 1 AND name IN \(list: names.compactMap(\.value))") }
        if !paths.isEmpty { conditions.append("kind = 0 AND path IN \(list: paths.compactMap(\.value))") }
        return SQL.any(conditions)
    }

    /// Parses `where`, a list of conditions on properties: `[{"field": "plan", "op": "eq", "value": "pro"}]`.
    public static func properties(_ json: JSON, at path: String) throws -> [Property] {
        guard let list = json["where"], !list.isNull else { return [] }
        guard list.kind == .array, list.elements.count <= 20 else {
            throw ServiceError.body(field: "\(path).where", "must be an array of at most 20 conditions; got \(list.described).")
        }
        return try list.elements.enumerated().map { index, condition in
            let place = "\(path).where[\(index)]"
            return Property(path: try property(condition, at: place), comparison: try Comparison.parse(condition, at: place))
        }
    }

    /// Parses `field`, the path of a property. `plan`, `event_data.plan` and `data.plan` all name the same property.
    static func property(_ json: JSON, at path: String) throws -> PropertyPath {
        guard let field = json["field"]?.string, !field.isEmpty, field.utf8.count <= 200 else {
            throw ServiceError.body(
                field: "\(path).field",
                "must be the name of a property, such as event_data.plan; got \(json["field"]?.described ?? "nothing")."
            )
        }
        return PropertyPath(field, below: ["event_data", "data"]) ?? PropertyPath(field)
    }

    /// Parses `{"event": "signup", "where": [...]}` or `{"path": "/pricing"}`.
    public static func parse(_ json: JSON, at path: String) throws -> Step {
        let isEvent = json["event"].map { !$0.isNull } ?? false, isPage = json["path"].map { !$0.isNull } ?? false
        guard !isEvent || !isPage else { throw ServiceError.body(field: path, "must have either 'event' or 'path', not both.") }
        guard isEvent || isPage else {
            throw ServiceError.body(
                field: path, "must have 'event', the name of an event, or 'path', a page's path; got \(json.described).")
        }
        let (field, most) = isEvent ? ("event", 200) : ("path", 2_048)
        guard let name = json[field], isName(name, atMost: most) else {
            throw invalidName(json[field], at: "\(path).\(field)", atMost: most)
        }
        return isEvent ? Step(.event, name.string, properties: try properties(json, at: path)) : Step(.pageview, name.string)
    }

    static func isName(_ json: JSON, atMost most: Int) -> Bool {
        json.string.map { (1...most).contains($0.unicodeScalars.count) && !$0.utf8.contains(0) } ?? false
    }

    static func invalidName(_ json: JSON?, at path: String, atMost most: Int) -> ServiceError {
        let received =
            json?.string.map { $0.utf8.contains(0) ? "one with a NUL character" : "\($0.unicodeScalars.count)" } ?? json?.described
            ?? "nothing"
        return .body(field: path, "must be a string of 1 to \(most) characters; got \(received).")
    }
}

extension Scope {
    /// A whole number that orders a visitor's activity by time, and rows of a session in the same millisecond by arrival. A row counts as
    /// later only if its position is larger, so no row can be two steps.
    public static let position: SQL = "(occurred_at * 1048576 + \(Activity.order))"

    /// CTEs that follow visitors through the steps. Each step must be later than the previous one, and is as early as possible.
    ///
    /// The CTEs `reached_1`, `reached_2` ... have one row for each visitor who reached the step: `visitor`, and the `position` at which the
    /// visitor reached it.
    /// - Parameters:
    ///   - others: additional steps whose rows the `matched` CTE includes.
    ///   - milliseconds: the maximum time from the first step to every other step. Any row of the first step may start the time.
    ///   - rows: a SELECT of rows of activity.
    public func following(_ steps: [Step], and others: [Step] = [], within milliseconds: Int64? = nil, in rows: SQL) -> [SQL] {
        if let milliseconds { return [matched(steps + others, in: rows)] + chains(steps.count, within: milliseconds) }
        // A single number per row is cheaper to compute, store and compare than one flag per step. But PostgreSQL takes it for granted that a
        // number picks one row of 200, and then joins the steps with nested loops.
        guard others.isEmpty, dialect != .postgresql, let number = Step.number(steps) else {
            return [matched(steps + others, in: rows)] + chains(steps.count) { "is_\(sql: String($0))" }
        }
        return [matched(steps, selecting: "\(number) AS step", in: rows)] + chains(steps.count) { "step = \(sql: String($0))" }
    }

    /// The `matched` CTE: the rows that are one of the steps, with `visitor`, `position`, `occurred_at` and the flags `is_1`, `is_2` ...
    public func matched(_ steps: [Step], in rows: SQL) -> SQL { matched(steps, selecting: Step.flags(steps, dialect), in: rows) }

    private func matched(_ steps: [Step], selecting columns: SQL, in rows: SQL) -> SQL {
        """
        matched AS MATERIALIZED (
          SELECT visitor, \(Self.position) AS position, occurred_at, \(columns) FROM (\(rows)) done
          WHERE \(Step.condition(onAnyOf: steps, dialect)))
        """
    }

    /// The time at a position, in epoch milliseconds.
    public func milliseconds(at position: SQL) -> SQL { dialect.quotient(position, "1048576") }

    /// For each step, takes the earliest row after the row that was taken for the previous step. A later row could not lead further.
    /// - Parameter isStep: makes the condition that a row of `matched` is the step with this number.
    private func chains(_ count: Int, _ isStep: (Int) -> SQL) -> [SQL] {
        (1...count).map { step in
            let name = SQL(sql: "reached_\(step)"), before = SQL(sql: "reached_\(step - 1)")
            guard step > 1 else {
                return
                    "reached_1 AS MATERIALIZED (SELECT visitor, min(position) AS position FROM matched WHERE \(isStep(1)) GROUP BY visitor)"
            }
            return """
                \(name) AS MATERIALIZED (
                  SELECT m.visitor, min(m.position) AS position FROM matched m JOIN \(before) b ON b.visitor = m.visitor
                  WHERE \(isStep(step)) AND m.position > b.position GROUP BY m.visitor)
                """
        }
    }

    /// For each row of a step, keeps the latest row of the first step from which a chain of steps leads to it. The latest start is the
    /// closest in time, so if any chain is within the limit, this one is.
    private func chains(_ count: Int, within milliseconds: Int64) -> [SQL] {
        var parts: [SQL] = ["chain_1 AS NOT MATERIALIZED (SELECT *, CASE WHEN is_1 THEN occurred_at END AS begun_1 FROM matched)"]
        for number in stride(from: 2, through: count, by: 1) {
            let step = SQL(sql: String(number)), before = SQL(sql: String(number - 1))
            parts.append(
                """
                chain_\(step) AS NOT MATERIALIZED (
                  SELECT *, CASE WHEN is_\(step) AND occurred_at - latest_\(step) <= \(milliseconds) THEN latest_\(step) END AS begun_\(step)
                  FROM (
                    SELECT *, max(begun_\(before)) OVER (
                      PARTITION BY visitor ORDER BY position RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest_\(step)
                    FROM chain_\(before)) before)
                """)
        }
        parts.append("chained AS MATERIALIZED (SELECT * FROM chain_\(sql: String(count)))")
        return parts
            + (1...count).map { number in
                let step = SQL(sql: String(number))
                return """
                    reached_\(step) AS MATERIALIZED (
                      SELECT visitor, min(position) AS position FROM chained WHERE begun_\(step) IS NOT NULL GROUP BY visitor)
                    """
            }
    }
}
