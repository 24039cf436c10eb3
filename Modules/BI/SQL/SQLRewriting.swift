extension SQLExpression {
    /// Returns a copy of the tree in which the parts for which `change` returns a replacement are replaced. Subqueries stay unchanged.
    func rewritten(_ change: (SQLExpression) throws -> SQLExpression?) rethrows -> SQLExpression {
        if let changed = try change(self) { return changed }
        func again(_ part: SQLExpression) throws -> SQLExpression { try part.rewritten(change) }
        switch self {
        case .text, .integer, .decimal, .boolean, .null, .project, .column, .exists: return self
        case .unary(let sign, let value, let place): return .unary(sign, try again(value), place)
        case .binary(let sign, let left, let right, let place): return .binary(sign, try again(left), try again(right), place)
        case .isNull(let value, let negated): return .isNull(try again(value), negated: negated)
        case .inList(let value, let list, let negated, let place):
            return .inList(try again(value), try list.map(again), negated: negated, place)
        case .inSelect(let value, let select, let negated, let place): return .inSelect(try again(value), select, negated: negated, place)
        case .between(let value, let low, let high, let negated, let place):
            return .between(try again(value), try again(low), try again(high), negated: negated, place)
        case .like(let value, let pattern, let negated, let ignoresCase, let place):
            return .like(try again(value), try again(pattern), negated: negated, ignoresCase: ignoresCase, place)
        case .conditional(let operand, let cases, let otherwise, let place):
            return .conditional(
                operand: try operand.map(again),
                try cases.map { SQLCase(condition: try again($0.condition), result: try again($0.result)) },
                otherwise: try otherwise.map(again), place)
        case .cast(let value, let type, let place): return .cast(try again(value), type, place)
        case .call(let call):
            var changed = SQLCall(
                name: call.name, arguments: try call.arguments.map(again), isStar: call.isStar, isDistinct: call.isDistinct,
                place: call.place)
            changed.filter = try call.filter.map(again)
            changed.window = try call.window.map { window in
                SQLWindow(
                    partition: try window.partition.map(again),
                    order: try window.order.map {
                        SQLOrder(expression: try again($0.expression), isDescending: $0.isDescending, nullsFirst: $0.nullsFirst)
                    })
            }
            return .call(changed)
        }
    }

    /// Whether `test` is true for the expression or any part of it.
    func contains(_ test: (SQLExpression) -> Bool) -> Bool {
        var found = false
        _ = rewritten { part in
            if found || test(part) { found = true; return part }
            return nil
        }
        return found
    }

    /// The direct parts of the expression.
    private var children: [SQLExpression] {
        var children: [SQLExpression] = [], isWhole = true
        _ = rewritten { part in
            if isWhole { isWhole = false; return nil }
            children.append(part)
            return part
        }
        return children
    }

    /// Approximately how many parts the expression has in the compiled SQL, at most 1,000,000. Some functions repeat their argument in the
    /// compiled SQL, so nesting them multiplies the parts.
    var renderedParts: Int {
        let copies =
            switch self {
            case .cast: 3
            case .call(let call): ["sqrt", "ln", "substr", "substring"].contains(call.name) ? 2 : 1
            default: 1
            }
        return min(1 + copies * children.reduce(0) { $0 + $1.renderedParts }, 1_000_000)
    }

    /// Whether the expression contains an aggregate over the rows of a group.
    var aggregates: Bool {
        contains { if case .call(let call) = $0 { call.window == nil && SQLFunctions.aggregates.contains(call.name) } else { false } }
    }
    var hasWindow: Bool { contains { if case .call(let call) = $0 { call.window != nil } else { false } } }
}
