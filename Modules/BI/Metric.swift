import Core

/// A named expression over a dataset that returns a number. It is parsed into a syntax tree and never inserted into SQL as text.
enum Metric {
    static let resource: Resource = Resource(
        "Metric", path: "/api/v1/bi/metrics", table: "bi_metric",
        fields: [
            .required("key", .text(100), "Lower-case letters, digits and _, not beginning with a digit. Unique within the project."),
            .required("name", .text(200)), .required("dataset", .text(100)),
            .required("expression", .text(2_000), "A formula such as sum(pageviews) / count(). May refer to other metrics by key."),
        ],
        unique: "key", live: true,
        check: { metric in
            let key = metric["key"]?.string ?? ""
            guard key.utf8.allSatisfy(isNamePart), key.utf8.first.map({ !(48...57).contains($0) }) == true else {
                throw ServiceError.body(
                    field: "key", "must be lower-case letters, digits and _, not beginning with a digit; got '\(key.excerpt(60))'.")
            }
            guard !functions.contains(key) else { throw ServiceError.body(field: "key", because: "'\(key)' is the name of a function.") }
        },
        relations: { call, relations in
            let metrics = Metrics(relations.all.map(\.fields))
            if let new = relations.new?.fields {
                let dataset = try call.datasets.require(new["dataset"]?.string ?? ""), key = new["key"]?.string ?? ""
                guard !dataset.metrics.contains(where: { $0.name == key }) else {
                    throw ServiceError.body(field: "key", because: "'\(key.excerpt(60))' is a built-in metric of \(dataset.name).")
                }
                try metrics.check(key, in: dataset)
            }
            // A new display name doesn't affect the metrics that use this one.
            guard let old = relations.old,
                ["key", "dataset", "expression"].contains(where: { Self.text(old.fields, $0) != Self.text(relations.new?.fields, $0) })
            else { return }
            // Check the key, as for saved reports (`requireKey(toChange:)`), because an embed of another key may show this metric.
            if let new = relations.new?.fields {
                try call.requireKey(toUse: try call.datasets.require(new["dataset"]?.string ?? "").module)
            }
            let others = relations.all.map(\.fields).filter { Self.text($0, "key") != Self.text(relations.new?.fields, "key") }
            let before = Metrics(others + [old.fields])
            for other in others {
                guard let key = other["key"]?.string, let dataset = call.datasets[other["dataset"]?.string ?? ""],
                    (try? before.check(key, in: dataset)) != nil, (try? metrics.check(key, in: dataset)) == nil
                else { continue }
                let changed = old.fields["key"]?.string ?? ""
                throw ServiceError.invalid(
                    "metric_used", "The metric '\(key)' uses '\(changed)' and would no longer work; change or delete that metric first.")
            }
        })

    static let functions: Set<String> = ["count", "count_distinct", "sum", "avg", "min", "max"]

    private static func text(_ definition: JSON?, _ name: String) -> ExactText? { (definition?[name]?.string).map { ExactText($0) } }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "_")
    }
}

/// The metrics of a project. Expands every metric key in an expression to that metric's own expression.
struct Metrics {
    /// Maximum nesting of metrics, and maximum parts of an expanded expression.
    private static let maximumDepth = 20, maximumParts = 500

    private var definitions: [String: (dataset: String, expression: String)] = [:]

    init(_ stored: [JSON]) {
        for metric in stored { add(metric["key"]?.string ?? "", metric["dataset"]?.string ?? "", metric["expression"]?.string ?? "") }
    }

    mutating func add(_ key: String, _ dataset: String, _ expression: String) { definitions[key] = (dataset, expression) }

    var keys: [String] { definitions.keys.sorted() }

    /// Checks that the metric is valid: its key, the names in its expression, and their types.
    /// - Throws: 400 that says what is wrong.
    func check(_ key: String, in dataset: BIDataset) throws {
        guard dataset.column(key) == nil, key != "project_id" else {
            throw ServiceError.body(
                field: "key", because: "'\(key.excerpt(60))' is a column of \(dataset.name); a metric needs a different key.")
        }
        let expression = try expression(key, in: dataset)
        guard !Self.dividesByZero(expression) else {
            throw ServiceError.body(field: "expression", "always divides by zero, so its result would always be null.")
        }
        let core = SQLSelect.Core(
            items: [.expression(expression, alias: nil, SQLPlace())], source: .table(dataset.name, alias: dataset.name, SQLPlace()))
        var compiler = SQLCompiler(dialect: .duckdb, datasets: BIDatasets(only: dataset), project: "", limit: 1)
        let columns: [SQLCompiler.Output]
        do { columns = try compiler.statement(SQLSelect(cores: [core])).columns } catch {
            throw ServiceError.body(field: "expression", because: error.message)
        }
        guard columns[0].type.isNumber else {
            throw ServiceError.body(field: "expression", "must return a number; it returns \(columns[0].type.words).")
        }
    }

    private static func dividesByZero(_ expression: SQLExpression) -> Bool {
        switch expression {
        case .unary(_, let value, _): dividesByZero(value)
        case .binary(let sign, let left, let right, _):
            sign == "/" && constant(right) == 0 || dividesByZero(left) || dividesByZero(right)
        default: false
        }
    }

    /// The value of a constant expression; nil if it depends on data.
    private static func constant(_ expression: SQLExpression) -> Double? {
        switch expression {
        case .integer(let number): return Double(number)
        case .decimal(let number): return number
        case .unary("-", let value, _): return constant(value).map { -$0 }
        case .binary(let sign, let left, let right, _):
            let a = constant(left), b = constant(right)
            if sign == "*", a == 0 || b == 0 { return 0 }
            guard let a, let b else { return sign == "/" && a == 0 ? 0 : nil }
            return switch sign {
            case "+": a + b
            case "-": a - b
            case "*": a * b
            case "/": b == 0 ? nil : a / b
            default: nil
            }
        default: return nil
        }
    }

    /// Returns the expression of the metric `name` of `dataset`, with all metrics in it expanded.
    /// - Throws: 400 for a metric that is unknown, belongs to another dataset, or refers to itself.
    func expression(_ name: String, in dataset: BIDataset) throws -> SQLExpression {
        var parts = 0
        return try expression(name, in: dataset, [], &parts)
    }

    private func expression(_ name: String, in dataset: BIDataset, _ path: [String], _ parts: inout Int) throws -> SQLExpression {
        if let own = dataset.metrics.first(where: { $0.name == name }) { return try parsed(own.expression, of: name) }
        guard let (owner, text) = definitions[name] else {
            let own = definitions.filter { $0.value.dataset == dataset.name }.keys.sorted()
            let accepted = (dataset.metrics.map(\.name) + own).joined(separator: ", ")
            throw ServiceError.body("\(dataset.name) has no metric '\(name.excerpt(60))'; accepted are \(accepted).")
        }
        guard owner == dataset.name else { throw ServiceError.body("the metric '\(name)' belongs to \(owner), not to \(dataset.name).") }
        guard !path.contains(name) else {
            throw ServiceError.body("the metric '\(name)' refers to itself: \((path + [name]).joined(separator: " -> ")).")
        }
        guard path.count < Self.maximumDepth else {
            throw ServiceError.body("metrics may be nested at most \(Self.maximumDepth) levels deep.")
        }
        return try expanded(try parsed(text, of: name), in: dataset, path + [name], &parts)
    }

    private func parsed(_ text: String, of name: String) throws -> SQLExpression {
        do { return try SQLParser.expression(text) } catch {
            throw ServiceError.body(
                field: "expression", at: "line \(error.place.line), column \(error.place.column)", because: error.message)
        }
    }

    /// Checks that a tree contains only parts that metrics may have, and expands the metrics it refers to.
    private func expanded(_ expression: SQLExpression, in dataset: BIDataset, _ path: [String], _ parts: inout Int) throws -> SQLExpression
    {
        parts += 1
        guard parts <= Self.maximumParts else {
            throw ServiceError.body("a metric may have at most \(Self.maximumParts) parts, including those of the metrics it uses.")
        }
        switch expression {
        case .integer, .decimal: return expression
        case .unary("-", let value, let place): return .unary("-", try expanded(value, in: dataset, path, &parts), place)
        case .binary(let sign, let left, let right, let place) where ["+", "-", "*", "/"].contains(sign):
            return .binary(sign, try expanded(left, in: dataset, path, &parts), try expanded(right, in: dataset, path, &parts), place)
        case .column(nil, let name, _): return try self.expression(name, in: dataset, path, &parts)
        case .call(let call): return try aggregate(call, dataset)
        default:
            throw ServiceError.body(
                field: "expression", "accepts count(), count_distinct(), sum(), avg(), min(), max(), numbers, + - * /, ( ) and metric keys."
            )
        }
    }

    private func aggregate(_ call: SQLCall, _ dataset: BIDataset) throws -> SQLExpression {
        let names = Metric.functions.sorted().joined(separator: ", ")
        guard Metric.functions.contains(call.name), call.filter == nil, call.window == nil, !call.isDistinct else {
            throw ServiceError.body(
                field: "expression", because: "'\(call.name.excerpt(40))' is not accepted here; the functions are \(names).")
        }
        if call.arguments.isEmpty {
            guard call.name == "count" else { throw ServiceError.body(field: "expression", because: "\(call.name)() takes a column.") }
            return .call(SQLCall(name: "count", arguments: [], isStar: true, place: call.place))
        }
        guard call.arguments.count == 1, case .column(nil, let column, _) = call.arguments[0] else {
            throw ServiceError.body(field: "expression", because: "\(call.name)() takes one column.")
        }
        guard let found = dataset.column(column) else {
            let accepted = dataset.columns.map(\.name).joined(separator: ", ")
            throw ServiceError.body(
                field: "expression", because: "\(dataset.name) has no column '\(column.excerpt(60))'; accepted are \(accepted).")
        }
        guard call.name == "count" || call.name == "count_distinct" || found.type.isNumber else {
            throw ServiceError.body(field: "expression", because: "\(call.name)() takes a number; '\(column)' is \(found.type.words).")
        }
        let isDistinct = call.name == "count_distinct"
        return .call(SQLCall(name: isDistinct ? "count" : call.name, arguments: call.arguments, isDistinct: isDistinct, place: call.place))
    }
}
