/// Estimates how much text a statement builds for each row.
///
/// An engine holds the text of a few thousand rows at a time, for every part of an expression. DuckDB doesn't count this text towards its
/// memory limit, so the length is limited before a statement runs.
struct SQLTextLengths {
    /// Maximum characters that a statement may build for each row, in total.
    static let maximum = 100_000
    /// Characters assumed for a value in a text column of a dataset, which is rarely longer.
    static let collected = 500

    /// Characters counted so far.
    private(set) var made = 0
    /// Returns the maximum characters of a column, given the generated names; 0 unless the column is text.
    let column: (_ own: String, _ key: String) -> Int

    init(column: @escaping (_ own: String, _ key: String) -> Int) { self.column = column }

    /// Counts the text that an expression builds, and returns the maximum length of its value.
    @discardableResult
    mutating func add(_ expression: SQLExpression) -> Int {
        switch expression {
        case .text(let text): return text.unicodeScalars.count
        case .project: return 40
        case .integer, .decimal, .boolean, .null, .exists: return 0
        case .column(let own, let key, _): return column(own ?? "", key)
        case .unary(_, let value, _), .isNull(let value, _), .inSelect(let value, _, _, _): return without([value])
        case .binary(let sign, let left, let right, _):
            guard sign == "||" else { return without([left, right]) }
            return clipped(add(left) + add(right))
        case .inList(let value, let list, _, _): return without([value] + list)
        case .between(let value, let low, let high, _, _): return without([value, low, high])
        case .like(let value, let pattern, _, let ignoresCase, _):
            let lengths = [add(value), add(pattern)]
            if ignoresCase { made += lengths.reduce(0, +) }
            made += lengths[1]
            return 0
        case .conditional(let operand, let cases, let otherwise, _):
            without([operand].compactMap(\.self) + cases.map(\.condition))
            return longest(cases.map(\.result) + [otherwise].compactMap(\.self))
        case .cast(let value, let type, _):
            let length = add(value)
            return type == .text ? max(length, 24) : 0
        case .call(let call): return add(call)
        }
    }

    private mutating func add(_ call: SQLCall) -> Int {
        if let filter = call.filter { add(filter) }
        if let window = call.window { without(window.partition + window.order.map(\.expression)) }
        switch call.name {
        case "lower", "upper", "trim", "ltrim", "rtrim", "substr", "substring", "left", "right", "split_part", "json_text":
            let lengths = call.arguments.map { add($0) }
            made += lengths.first ?? 0
            return lengths.first ?? 0
        case "replace":
            let lengths = call.arguments.map { add($0) }
            guard lengths.count == 3 else { return 0 }
            // Every character may match. A literal search text can match at most as often as its length allows.
            let searched = if case .text = call.arguments[1] { max(1, lengths[1]) } else { 1 }
            let growth = max(0, min(lengths[2], SQLFunctions.maximumReplacement) - searched)
            return clipped(lengths[0] + lengths[0] / searched * growth)
        case "coalesce", "greatest", "least", "nullif", "min", "max", "lag", "lead": return longest(call.arguments)
        default: return without(call.arguments)
        }
    }

    /// Counts a text that is built in full and then cut, and returns its length after the cut.
    private mutating func clipped(_ length: Int) -> Int {
        let kept = min(length, SQLFunctions.maximumText)
        made += length + kept
        return kept
    }

    /// Counts the text that all values build, and returns the length of the longest value.
    private mutating func longest(_ values: [SQLExpression]) -> Int { values.reduce(0) { max($0, add($1)) } }

    /// Counts the text that all values build. Returns 0, because the expression that contains the values is not text itself.
    @discardableResult
    private mutating func without(_ values: [SQLExpression]) -> Int {
        for value in values { add(value) }
        return 0
    }
}
