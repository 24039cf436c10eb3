import Common

/// The rows of a report as comma-separated values: what `format=csv` answers. Which rows and columns there are follows from the report's
/// shape: each element of its lists is a row, each member a column; a member of an object in it is `object.member`. If the report has
/// several lists, the column `kind` says which one a row is from.
struct ReportFile<Report: Sendable>: Sendable {
    private struct Column: Sendable {
        /// The list whose elements are the values themselves; nil for members of objects.
        let list: String?
        let path: [String]
        var name: String { list ?? path.joined(separator: ".") }
    }

    private let shape: Shape<Report>
    private let lists: [String]
    private let columns: [Column]

    /// Nil for a report without lists.
    init?(_ shape: Shape<Report>) {
        let elements = shape.fields.compactMap { field in
            Self.element(of: field.schema.schema).map { (name: field.schema.name, schema: $0) }
        }
        guard !elements.isEmpty else { return nil }
        self.shape = shape
        lists = elements.map(\.name)
        var columns: [Column] = []
        for (name, schema) in elements {
            let paths = Self.paths(schema)
            for column in paths.map({ Column(list: $0.isEmpty ? name : nil, path: $0) })
            where !columns.contains(where: { $0.name.isExactly(column.name) }) {
                columns.append(column)
            }
        }
        self.columns = columns
    }

    private static func element(of schema: Schema) -> Schema? {
        switch schema {
        case .array(let element, _): element
        case .named(_, let schema), .nullable(let schema): element(of: schema)
        default: nil
        }
    }

    /// The paths to the values in an element. Lists and free-form objects in it are one value, written as JSON.
    private static func paths(_ schema: Schema) -> [[String]] {
        switch schema {
        case .named(_, let schema), .nullable(let schema): paths(schema)
        case .object(let fields, _): fields.flatMap { field in paths(field.schema).map { [field.name] + $0 } }
        default: [[]]
        }
    }

    /// Appends the names of the columns.
    func appendHeader(to bytes: inout [UInt8]) { CSV.append((lists.count > 1 ? ["kind"] : []) + columns.map(\.name), to: &bytes) }

    /// Appends the rows of `report`.
    /// - Returns: the number of elements in its longest list.
    func append(_ report: Report, to bytes: inout [UInt8]) throws -> Int {
        let json = try JSON(try shape.text(report))
        var longest = 0
        for list in lists {
            let elements = json[list]?.elements ?? []
            longest = max(longest, elements.count)
            for element in elements {
                let fields = columns.map { column in
                    if let own = column.list { return own.isExactly(list) ? Self.text(element) : "" }
                    return Self.text(column.path.reduce(element) { value, name in value?[name] })
                }
                CSV.append((lists.count > 1 ? [list] : []) + fields, to: &bytes)
            }
        }
        return longest
    }

    private static func text(_ value: JSON?) -> String {
        guard let value, !value.isNull else { return "" }
        if value.kind == .string { return CSV.withoutFormulas(value.string ?? "") }
        return value.kind == .object || value.kind == .array ? CSV.withoutFormulas(value.text) : value.text
    }
}
