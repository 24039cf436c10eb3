import Common
import Storage

/// Compares a field with a value. Used by segment conditions and by conditions on event properties. Some fields accept only some of the
/// twelve operators.
public struct Comparison: Sendable {
    /// How the field is compared. The raw values are the names in definitions.
    public enum Operator: String, Sendable, CaseIterable {
        case exists, not_exists, eq, neq, contains, starts_with, ends_with, gt, gte, lt, lte
        case isIn = "in"

        /// The SQL operator to put between the field and the value; nil if the comparison takes another form in SQL.
        var sign: SQL? {
            switch self {
            case .eq: "="
            case .neq: "<>"
            case .gt: ">"
            case .gte: ">="
            case .lt: "<"
            case .lte: "<="
            case .exists, .not_exists, .contains, .starts_with, .ends_with, .isIn: nil
            }
        }

        /// The operators that numbers can be compared with.
        static let ofNumbers: [Operator] = [.eq, .neq, .gt, .gte, .lt, .lte, .isIn]
    }

    /// A value to compare the field with.
    public enum Operand: Sendable {
        case text(String), number(Double), boolean(Bool)

        /// The operand as text, in the form that `Dialect.jsonText` returns for the same JSON value.
        var text: String {
            switch self {
            case .text(let text): text
            case .number(let number): Int64(exactly: number).map(String.init) ?? String(number)
            case .boolean(let boolean): String(boolean)
            }
        }
    }

    /// How the field is compared with `operands`.
    public let operation: Operator
    /// The values to compare with: none for `exists` and `not_exists`, any number for `in`, one for all other operators.
    public let operands: [Operand]

    public init(_ operation: Operator, _ operands: [Operand] = []) {
        self.operation = operation
        self.operands = operands
    }

    static let exists = Comparison(.exists)

    /// The same comparison for page paths: its operands are normalized like stored paths.
    var ofPaths: Comparison {
        let isWhole = [.eq, .neq, .isIn].contains(operation)
        return Comparison(
            operation,
            operands.map { operand in
                guard case .text(let text) = operand else { return operand }
                return .text(isWhole ? PagePath.clean(text) : PagePath.normalized(text))
            })
    }

    /// Parses the `op` and `value` members of `json`, which is at `path` in the request body.
    /// - Throws: A 400 that names the field.
    static func parse(_ json: JSON, at path: String, accepting: [Operator] = Operator.allCases) throws -> Comparison {
        guard let name = json["op"], !name.isNull else { throw ServiceError(.missingField("\(path).op")) }
        guard let operation = name.string.flatMap(Operator.init(rawValue:)), accepting.contains(operation) else {
            let names = accepting.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            throw ServiceError.body(
                field: "\(path).op", "must be one of \(names); got \(name.string.map { "'\($0.excerpt(60))'" } ?? name.described).")
        }
        if operation == .exists || operation == .not_exists { return Comparison(operation) }
        guard let value = json["value"], !value.isNull else { throw ServiceError(.missingField("\(path).value")) }
        let isText = accepting.contains(.contains) && [.eq, .neq, .isIn].contains(operation)
        if operation == .isIn {
            guard (1...1_000).contains(value.elements.count) else {
                throw ServiceError.body(field: "\(path).value", "must be an array of 1 to 1000 values for 'in'; got \(value.described).")
            }
            return Comparison(operation, try value.elements.enumerated().map { try operand($1, isText, at: "\(path).value[\($0)]") })
        }
        return Comparison(operation, [try operand(value, isText, at: path + ".value")])
    }

    /// - Parameter isText: whether the operand is compared as text. If it is, a whole number too large for an exact `Double` keeps its
    ///   digits.
    private static func operand(_ value: JSON, _ isText: Bool, at path: String) throws -> Operand {
        if isText, let digits = value.digits, (value.number ?? 0).magnitude >= 0x1p53 { return .text(digits) }
        if let text = value.string {
            guard text.utf8.count <= 2_048, !text.utf8.contains(0) else {
                throw ServiceError.body(field: path, "must be at most 2048 bytes of text without a NUL character.")
            }
            return .text(text)
        }
        if let number = value.number { return .number(number) }
        if let boolean = value.boolean { return .boolean(boolean) }
        throw ServiceError.body(field: path, "must be a string, a number, true or false; got \(value.described).")
    }

    // MARK: In SQL

    /// The condition on `subject`, an SQL expression for text. Null and "" both mean that the value is missing. The condition itself is
    /// never null. Number operands are compared as numbers, so text that isn't a number never equals one.
    public func condition(on subject: SQL, _ dialect: Dialect) -> SQL {
        let condition: SQL
        switch operation {
        case .exists: return "coalesce(\(subject), '') <> ''"
        case .not_exists: return "coalesce(\(subject), '') = ''"
        case .eq: condition = equals(operands[0], subject, dialect)
        case .neq: return "NOT coalesce(\(equals(operands[0], subject, dialect)), FALSE)"
        case .contains: condition = like(subject, "%", "%")
        case .starts_with: condition = like(subject, "", "%")
        case .ends_with: condition = like(subject, "%", "")
        case .gt: condition = ordered(">", subject, dialect)
        case .gte: condition = ordered(">=", subject, dialect)
        case .lt: condition = ordered("<", subject, dialect)
        case .lte: condition = ordered("<=", subject, dialect)
        case .isIn: condition = SQL.any(operands.map { equals($0, subject, dialect) })
        }
        return "coalesce(\(condition), FALSE)"
    }

    /// The operands that are numbers.
    private var numbers: [Double] { operands.compactMap { if case .number(let number) = $0 { number } else { nil } } }

    /// The condition on `subject`, an SQL expression for a number that is never null. The operator must be in `Operator.ofNumbers`, and all
    /// operands must be numbers.
    public func condition(onNumber subject: SQL) -> SQL {
        guard let sign = operation.sign else { return "\(subject) IN \(list: numbers)" }
        return SQL.all(numbers.map { "\(subject) \(sign) \($0)" })
    }

    /// Whether the comparison holds for 0, which is the count or sum if there are no rows.
    var holdsForZero: Bool {
        switch operation {
        case .eq, .isIn: numbers.contains(0)
        case .neq: !numbers.contains(0)
        case .gt: numbers.allSatisfy { 0 > $0 }
        case .gte: numbers.allSatisfy { 0 >= $0 }
        case .lt: numbers.allSatisfy { 0 < $0 }
        case .lte: numbers.allSatisfy { 0 <= $0 }
        case .exists, .not_exists, .contains, .starts_with, .ends_with: false
        }
    }

    private func ordered(_ sign: SQL, _ subject: SQL, _ dialect: Dialect) -> SQL {
        if case .number(let number) = operands[0] { return "\(dialect.number(subject)) \(sign) \(number)" }
        // For ISO 8601 timestamps, the order of the text is the order in time.
        return "\(subject) <> '' AND \(dialect.byCodePoints(subject)) \(sign) \(operands[0].text)"
    }

    private func equals(_ operand: Operand, _ subject: SQL, _ dialect: Dialect) -> SQL {
        if case .number(let number) = operand { return "\(dialect.number(subject)) = \(number)" }
        return "\(subject) = \(operand.text)"
    }

    private func like(_ subject: SQL, _ before: String, _ after: String) -> SQL {
        "\(subject) LIKE \(before + Filter.literal(operands[0].text) + after) ESCAPE '!'"
    }
}
