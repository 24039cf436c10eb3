/// How long the texts may become that a statement makes for each row.
///
/// An engine holds the texts of some thousand rows at a time, those of every part of an expression, and DuckDB counts them towards no limit of its
/// memory. So a statement is judged by them before it runs.
struct SQLTextLengths {
    /// Characters for each row, of all texts that a statement makes together.
    static let maximum = 100_000
    /// Of what was collected: seldom longer.
    static let collected = 500

    /// So far.
    private(set) var made = 0
    /// Of a column by our names; 0 for one that is no text.
    let column: (_ own: String, _ key: String) -> Int

    init(column: @escaping (_ own: String, _ key: String) -> Int) { self.column = column }

    /// Adds what an expression makes, and answers how long its value may be.
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
            // Each character of it may be replaced, or as many as a search of known length leaves.
            let searched = if case .text = call.arguments[1] { max(1, lengths[1]) } else { 1 }
            let growth = max(0, min(lengths[2], SQLFunctions.maximumReplacement) - searched)
            return clipped(lengths[0] + lengths[0] / searched * growth)
        case "coalesce", "greatest", "least", "nullif", "min", "max", "lag", "lead": return longest(call.arguments)
        default: return without(call.arguments)
        }
    }

    /// A text that is made as a whole, and then cut.
    private mutating func clipped(_ length: Int) -> Int {
        let shown = min(length, SQLFunctions.maximumText)
        made += length + shown
        return shown
    }

    private mutating func longest(_ values: [SQLExpression]) -> Int { values.reduce(0) { max($0, add($1)) } }

    @discardableResult
    private mutating func without(_ values: [SQLExpression]) -> Int {
        for value in values { add(value) }
        return 0
    }
}
