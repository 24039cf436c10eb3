import Core
import NIOCore

/// A table that a user uploaded. It is stored in the control plane with the project's definitions, not with events.
struct CSVUpload: Sendable {
    static let maximumColumns = 100, maximumRows = 100_000, maximumBytes = 64 << 20

    let id, name: String
    let columns: [String]
    /// The type of each column: integer, number, boolean, timestamp or text.
    let types: [ExactText: String]
    let rowCount: Int64
    let createdAt: Instant

    static let shape = Shape<CSVUpload>([
        .required("id", \.id, .uuid), .required("name", \.name, .text(200)), .required("columns", \.columns, .list(.text(200))),
        .required("types", \.types, .map(.text(20))), .required("row_count", \.rowCount, .count),
        .required("created_at", \.createdAt, .timestamp),
    ])

    static let body = Schema.object([
        .required("name", .text(200)), .required("columns", .array(.text(200), count: 1...maximumColumns)),
        .required(
            "rows", .array(.object([]), count: 0...maximumRows),
            "Objects whose members are columns. Alternatively, send a CSV file as text/csv, with ?name=."),
    ])

    static let tables = [
        Table(
            "bi_csv_upload",
            [
                Column("id", .text), Column("project_id", .text), Column("name", .text), Column("columns", .text),
                Column("row_count", .int64),
                Column("created_at", .int64),
            ],
            primaryKey: ["id"], indexes: [["project_id"]]),
        /// `data` is a JSON array of the row's values, in the order of the columns.
        Table(
            "bi_csv_row", [Column("upload_id", .text), Column("position", .int64), Column("data", .text)],
            primaryKey: ["upload_id", "position"]),
    ]

    private init(_ row: Row) throws {
        id = row.text("id")
        name = row.text("name")
        rowCount = row.int("row_count")
        createdAt = Instant(milliseconds: row.int("created_at"))
        let stored = try JSON.parse(row.text("columns")).elements.map { ($0.elements[0].string ?? "", $0.elements[1].string ?? "") }
        columns = stored.map(\.0)
        types = Dictionary(exactly: stored)
    }

    // MARK: Reading

    private static let selected: SQL = "SELECT id, name, columns, row_count, created_at FROM bi_csv_upload"

    /// Returns the condition for the project's uploads that its row policies allow.
    private static func visible(_ call: ProjectRequest) async throws -> SQL {
        let policies = try await RowPolicy.active(call, in: call.store.dialect).filter { $0.dataset == BIDatasets.uploads }
        return SQL.all(["project_id = \(call.project.id)"] + policies.map(\.condition))
    }

    @Sendable static func list(_ call: ProjectRequest) async throws -> [CSVUpload] {
        let rows = try await call.store.read(
            "\(selected) WHERE \(try await visible(call)) ORDER BY created_at, id LIMIT \(call.limit) OFFSET \(call.offset)")
        return try rows.map(CSVUpload.init)
    }

    private static func require(_ id: String, _ call: ProjectRequest) async throws -> CSVUpload {
        let rows = try await call.store.read("\(selected) WHERE id = \(Identifiers.plain(id)) AND \(try await visible(call))")
        guard let row = rows.first else { throw ServiceError.notFound("CSV upload", id) }
        return try CSVUpload(row)
    }

    struct Page: Sendable {
        let data: [[ExactText: Value]], total: Int64

        static let shape = Shape<Page>([.required("data", \.data, .list(QueryResult.row)), .required("total", \.total, .count)])
    }

    @Sendable static func rows(_ call: ProjectRequest) async throws -> Page {
        let upload = try await require(call.path("id"), call)
        let rows = try await upload.rows(from: Int64(call.offset), count: call.limit, call)
        return Page(data: QueryResult(columns: upload.columns, rows: rows).objects, total: upload.rowCount)
    }

    private func rows(from position: Int64, count: Int, _ call: ProjectRequest) async throws -> [[Value]] {
        let rows = try await call.store.read(
            "SELECT data FROM bi_csv_row WHERE upload_id = \(id) AND position >= \(position) ORDER BY position LIMIT \(count)")
        return try rows.map { try JSON.parse($0.text("data")).elements.map(Self.value) }
    }

    /// Drill-through: up to `limit` rows of one upload that match the filters.
    static func rows(_ filters: JSON?, _ call: ProjectRequest, limit: Int) async throws -> QueryResult {
        guard let id = filters?["upload_id"]?.string else {
            throw ServiceError.body(field: "filters.upload_id", "must be the id of the upload to read.")
        }
        let upload = try await require(id, call)
        let conditions: [(index: Int, accepted: Set<Value>)] = try (filters?.members ?? []).filter { $0.name != "upload_id" }.map {
            name, value in
            guard let index = upload.columns.firstIndex(ofExactly: name) else {
                throw ServiceError.body(
                    field: "filters",
                    because: "'\(name.excerpt(60))' is not a column of the upload; accepted are \(upload.columns.joined(separator: ", "))."
                )
            }
            return (index, Set((value.kind == .array ? value.elements : [value]).map(Self.value)))
        }
        var matches: [[Value]] = [], position: Int64 = 0
        while position < upload.rowCount, matches.count < limit {
            let rows = try await upload.rows(from: position, count: 5_000, call)
            matches += rows.filter { row in conditions.allSatisfy { $0.accepted.contains(row[$0.index]) } }.prefix(limit - matches.count)
            position += 5_000
        }
        return QueryResult(columns: upload.columns, rows: matches)
    }

    private static func value(_ json: JSON) -> Value {
        switch json.kind {
        case .string: .text((json.string ?? "").withoutNUL)
        case .number: json.integer.map(Value.int) ?? .double(json.number ?? 0)
        case .boolean: .bool(json.boolean ?? false)
        default: .null
        }
    }

    // MARK: Creating

    @Sendable static func create(_ call: ProjectRequest) async throws -> CSVUpload {
        let isFile = call.request.headers[.contentType]?.lowercased().hasPrefix("text/csv") == true
        let bytes = try await call.rawBody(atMost: maximumBytes)
        let (name, columns, rows) =
            try isFile
            ? file(
                bytes.withUnsafeReadableBytes(text), named: call.text("name"), delimiter: call.text("delimiter"),
                hasDecimalComma: call.text("decimal") == "comma")
            : objects(bytes.withUnsafeReadableBytes { try JSON.parseRepairing($0).json })
        guard Set(exactly: columns).count == columns.count else { throw ServiceError.body("column names must be unique.") }
        let types = columns.indices.map { index in ValueKind.common(rows.lazy.map { $0[index] }, ofFile: isFile) }
        let typed = isFile ? rows.map { row in zip(row, types).map { $1.read($0) } } : rows
        return try await store(name, Array(zip(columns, types.map(\.rawValue))), typed, call)
    }

    private static func objects(_ json: JSON) throws -> (String, [String], [[Value]]) {
        try body.check(json)
        let columns = (json["columns"]?.elements ?? []).compactMap(\.string), places = Dictionary(exactly: zip(columns, columns.indices))
        let rows = try (json["rows"]?.elements ?? []).enumerated().map { number, object in
            var row = [Value](repeating: .null, count: columns.count)
            for (name, member) in object.members {
                guard let index = places[text: name] else {
                    throw ServiceError.body(field: "rows[\(number)]", because: "'\(name.excerpt(60))' is not one of the columns.")
                }
                guard member.kind != .object, member.kind != .array else {
                    throw ServiceError.body(
                        field: "rows[\(number)].\(name)", "must be text, a number, true, false or null; got \(member.described).")
                }
                guard
                    member.kind != .number || member.integer != nil || abs(member.number ?? 0) < 0x1p63 || abs(member.number ?? 0) >= 0x1p64
                else {
                    throw ServiceError.body(
                        field: "rows[\(number)].\(name)", "is a whole number that does not fit in a signed 64-bit integer; send it as text."
                    )
                }
                row[index] = value(member)
            }
            return row
        }
        return (json["name"]?.string ?? "", columns, rows)
    }

    /// Decodes the file as UTF-8.
    /// - Throws: 400 that names the first line that is not valid UTF-8.
    private static func text(_ bytes: UnsafeRawBufferPointer) throws -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        // The byte of a line feed occurs in no other UTF-8 character, so each line can be checked on its own.
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        throw ServiceError.body("line \(line + 1) of the file is not valid UTF-8; save the file as UTF-8 and send it again.")
    }

    private static let delimiters = ["comma": UInt8(ascii: ","), "semicolon": UInt8(ascii: ";"), "tab": UInt8(ascii: "\t")]

    /// Parses a CSV file. The first record names the columns.
    private static func file(
        _ text: String, named name: String?, delimiter: String?, hasDecimalComma: Bool
    ) throws -> (String, [String], [[Value]]) {
        guard let name, name.unicodeScalars.count <= 200 else {
            throw ServiceError.parameter("name", "a CSV file needs a name of 1 to 200 characters.")
        }
        let text = text.utf8.contains(0) ? text.withoutNUL : text
        let records: [CSV.Record]
        do {
            records = try CSV.parse(
                text, delimiter: delimiter.flatMap { delimiters[$0] }, maximumRecords: maximumRows + 1, maximumFields: maximumColumns)
        } catch {
            throw ServiceError.body("the file can't be read: \(error.description).")
        }
        guard let header = records.first, header.fields.allSatisfy({ (1...200).contains($0.unicodeScalars.count) })
        else {
            throw ServiceError.body("the first line of the file must name 1 to \(maximumColumns) columns, each with 1 to 200 characters.")
        }
        var rows = try records.dropFirst().map { record in
            guard record.fields.count == header.fields.count else {
                let fields = record.fields.count.counting("field")
                throw ServiceError.body("line \(record.line) of the file has \(fields); the first line has \(header.fields.count).")
            }
            return record.fields.map { $0.isEmpty ? Value.null : .text($0) }
        }
        guard hasDecimalComma else { return (name, header.fields, rows) }
        // Convert a column only if every value in it is a number. In other columns, `1.234` may be a version or a code.
        for column in header.fields.indices {
            let converted = rows.compactMap { DecimalComma.read($0[column]) }
            guard converted.count == rows.count, ValueKind.common(converted, ofFile: true).isNumber else { continue }
            for (row, value) in converted.enumerated() { rows[row][column] = value }
        }
        return (name, header.fields, rows)
    }

    private static func store(_ name: String, _ columns: [(String, String)], _ rows: [[Value]], _ call: ProjectRequest) async throws
        -> CSVUpload
    {
        let id = Identifiers.uuid(), project = call.project.id, now = call.now, actor = call.actor
        var described = JSONText()
        described.array { list in
            for (name, type) in columns {
                list.element()
                list.array { pair in
                    pair.element()
                    pair.append(string: name)
                    pair.element()
                    pair.append(string: type)
                }
            }
        }
        let columnText = described.string, shape = Shape<[Value]>.list(.any)
        let data = try rows.map { row in
            // Read again, because numbers in stored documents are spelled as the databases spell them.
            var text = JSONText()
            text.append(try JSON(try shape.text(row)))
            return text.string
        }
        let stored = try await call.store.write { transaction in
            for start in stride(from: 0, to: data.count, by: 500) {
                let values = data[start..<min(start + 500, data.count)].enumerated().map { "(\(id), \(Int64(start + $0)), \($1))" as SQL }
                try await transaction.run("INSERT INTO bi_csv_row (upload_id, position, data) VALUES \(SQL.joined(values))")
            }
            try await AuditLog.record("csv_upload.create", by: actor, on: "csv_upload \(id)", project: project, at: now, in: transaction)
            return try await transaction.run(
                """
                INSERT INTO bi_csv_upload (id, project_id, name, columns, row_count, created_at)
                VALUES (\(id), \(project), \(name), \(columnText), \(Int64(data.count)), \(now.milliseconds))
                RETURNING id, name, columns, row_count, created_at
                """)
        }
        return try CSVUpload(stored[0])
    }

    @Sendable static func delete(_ call: ProjectRequest) async throws {
        let id = try await require(call.path("id"), call).id, project = call.project.id, actor = call.actor, now = call.now
        let gone = try await call.store.write { transaction in
            let gone = try await transaction.run("DELETE FROM bi_csv_upload WHERE id = \(id) AND project_id = \(project) RETURNING id")
            guard !gone.isEmpty else { return false }
            try await transaction.run("DELETE FROM bi_csv_row WHERE upload_id = \(id)")
            try await AuditLog.record("csv_upload.delete", by: actor, on: "csv_upload \(id)", project: project, at: now, in: transaction)
            return true
        }
        guard gone else { throw ServiceError.notFound("CSV upload", call.path("id")) }
    }
}

/// Numbers with a decimal comma, as in much of Europe: `1.234,50`.
private enum DecimalComma {
    /// Returns the value with a decimal point and without thousands separators. Null stays null. Returns nil for text that isn't a number
    /// with a decimal comma.
    static func read(_ value: Value) -> Value? {
        guard let text = value.text else { return value }
        return number(text).map(Value.text)
    }

    /// Returns the number with a decimal point, without thousands separators, and with its sign as sent; nil for other text.
    private static func number(_ text: String) -> String? {
        let signed = text.utf8.first == UInt8(ascii: "-") || text.utf8.first == UInt8(ascii: "+")
        let parts = text.utf8.dropFirst(signed ? 1 : 0).split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        func areDigits(_ part: some Sequence<UInt8>) -> Bool { part.allSatisfy { (48...57).contains($0) } }
        guard parts.count <= 2, let whole = parts.first, parts.count == 1 || !parts[1].isEmpty && areDigits(parts[1]) else { return nil }
        let groups = whole.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let first = groups.first, !first.isEmpty, groups.allSatisfy({ areDigits($0) }) else { return nil }
        if groups.count > 1 {
            // A number with thousands separators doesn't begin with 0: `0.123` is a fraction with a decimal point.
            guard first.count <= 3, !first.starts(with: "0".utf8), groups.dropFirst().allSatisfy({ $0.count == 3 }) else { return nil }
        }
        let digits = groups.joined() + (parts.count == 2 ? [UInt8(ascii: ".")] + parts[1] : [])
        return String(text.prefix(signed ? 1 : 0)) + String(decoding: digits, as: UTF8.self)
    }
}

/// The type that all values of a column share.
private enum ValueKind: String {
    case integer, number, boolean, timestamp, text

    var isNumber: Bool { self == .integer || self == .number }

    /// Returns the narrowest type that fits all values; text for a column without values.
    /// - Parameter ofFile: whether the values come from a file, in which numbers are still text. A column stays text if converting its
    ///   values would change a digit.
    static func common(_ values: some Sequence<Value>, ofFile: Bool) -> ValueKind {
        var kinds: Set<ValueKind> = [], integersSurvive = true
        for value in values where !value.isNull {
            let kind = ValueKind(value)
            kinds.insert(kind)
            if kinds.contains(.text) { return .text }
            if ofFile, kind == .integer, case .text(let text) = value, !survivesAsDouble(text) { integersSurvive = false }
        }
        if kinds == [.integer, .number] { return integersSurvive ? .number : .text }
        return kinds.count == 1 ? kinds.first! : .text
    }

    private init(_ value: Value) {
        switch value {
        case .int: self = .integer
        case .double: self = .number
        case .bool: self = .boolean
        case .null: self = .text
        case .text(let text):
            if let whole = Int64(text), String(whole) == text {
                self = .integer
            } else if let number = Double(text), number.isFinite,
                text.utf8.allSatisfy({ (48...57).contains($0) || [43, 45, 46, 69, 101].contains($0) }),
                // A number with a leading zero is a code that must stay as it is.
                !(text.hasPrefix("0") && text.utf8.count > 1 && !text.hasPrefix("0.")), Int64(text) == nil
            {
                // `12E3` is a code too. Programs write numbers as `1.2E+4` or `12e3`.
                let isCode = text.utf8.contains(69) && !text.utf8.dropFirst().contains { [43, 45, 46].contains($0) }
                let isWhole = !text.utf8.contains { [46, 69, 101].contains($0) }
                self = !isWhole && !isCode && Self.survivesAsDouble(text) ? .number : .text
            } else if text == "true" || text == "false" {
                self = .boolean
            } else {
                self = text.utf8.count >= 10 && ISO8601.parse(text) != nil ? .timestamp : .text
            }
        }
    }

    /// Whether a double keeps every digit of the decimal.
    private static func survivesAsDouble(_ text: String) -> Bool {
        guard let number = Double(text) else { return false }
        return decimal(text) == decimal("\(number)")
    }

    /// Returns the sign, the power of ten, and the digits without leading and trailing zeros; an empty list for zero.
    private static func decimal(_ text: String) -> [Int] {
        let parts = text.lowercased().split(separator: "e"), mantissa = parts.first ?? ""
        // The limit is beyond any double's exponent and leaves `Int` room for the arithmetic below.
        var exponent = parts.count > 1 ? max(-1_000_000_000, min(Int(parts[1]) ?? 0, 1_000_000_000)) : 0
        if let point = mantissa.firstIndex(of: ".") { exponent -= mantissa.distance(from: point, to: mantissa.endIndex) - 1 }
        var digits = mantissa.utf8.filter { (48...57).contains($0) }.drop { $0 == 48 }.map { Int($0) - 48 }
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        return digits.isEmpty ? [] : [mantissa.hasPrefix("-") ? -1 : 1, exponent] + digits
    }

    /// Converts a field of a file to the type of its column.
    func read(_ value: Value) -> Value {
        guard case .text(let text) = value else { return value }
        return switch self {
        case .integer: Int64(text).map(Value.int) ?? value
        case .number: Double(text).map(Value.double) ?? value
        case .boolean: .bool(text == "true")
        case .timestamp, .text: value
        }
    }
}
