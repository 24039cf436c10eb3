/// How values of one type are written as JSON, and the schema that documents them. A report names each of its fields once, in its shape;
/// the encoder and OpenAPI follow from it.
///
/// ```swift
/// struct PageEntries: Sendable {
///     let path: String, entries: Int64, longest: Double?
///
///     static let shape = Shape<PageEntries>([
///         .required("path", \.path, .text(2_048)),
///         .required("entries", \.entries, .count, "Distinct visitors who signed."),
///         .optional("longest", \.longest, .number(0...1e9), "Absent if nobody signed."),
///     ])
/// }
/// ```
///
/// A unit such as `.count` only fits values of its own type, so schema and value can't differ. Members are written in byte order of their
/// names, so equal values give equal bytes; OpenAPI lists them in the order of the declaration.
public struct Shape<Value>: Sendable {
    /// The schema of the values.
    public let schema: Schema
    /// The fields of an object, in order of declaration; empty for other values.
    public let fields: [Field]
    let append: @Sendable (Value, inout JSONText) throws -> Void
    /// The number of rows of a list, or of an object's member `data`; nil for other values.
    let rows: (@Sendable (Value) -> Int)?

    /// A shape with any schema, for Core's own types.
    @_spi(Host) public init(_ schema: Schema, append: @escaping @Sendable (Value, inout JSONText) throws -> Void) {
        self.schema = schema
        self.append = append
        fields = []
        rows = nil
    }

    private init(
        _ schema: Schema, _ fields: [Field], rows: (@Sendable (Value) -> Int)?,
        append: @escaping @Sendable (Value, inout JSONText) throws -> Void
    ) {
        self.schema = schema
        self.fields = fields
        self.rows = rows
        self.append = append
    }

    /// An object with these members.
    public init(_ fields: [Field]) {
        let sorted = fields.sorted { $0.schema.name.comesBefore($1.schema.name) }
        for (one, next) in zip(sorted, sorted.dropFirst()) {
            precondition(!one.schema.name.isExactly(next.schema.name), "the field '\(one.schema.name)' is declared twice")
        }
        self.init(.object(fields.map(\.schema)), fields, rows: fields.first { $0.schema.name == "data" }?.rows) { value, text in
            try text.object { text in for field in sorted { try field.append(value, &text) } }
        }
    }

    /// Appends `value` to `text`.
    /// - Throws: `JSONText.NotANumber` for infinity or NaN.
    public func write(_ value: Value, to text: inout JSONText) throws { try append(value, &text) }

    /// The value as JSON.
    /// - Throws: `JSONText.NotANumber` for infinity or NaN.
    public func text(_ value: Value) throws -> JSONText {
        var text = JSONText()
        try append(value, &text)
        return text
    }

    /// A member of an object.
    public struct Field: Sendable {
        /// The member's name, schema and meaning.
        public let schema: Schema.Field
        let append: @Sendable (Value, inout JSONText) throws -> Void
        fileprivate let rows: (@Sendable (Value) -> Int)?

        private init(
            _ schema: Schema.Field, rows: (@Sendable (Value) -> Int)? = nil,
            append: @escaping @Sendable (Value, inout JSONText) throws -> Void
        ) {
            self.schema = schema
            self.rows = rows
            self.append = append
        }

        /// A member that is always present.
        /// - Parameters:
        ///   - member: returns the member's value.
        ///   - shape: the member's type and unit.
        ///   - summary: what the member means, in one line; may be empty.
        public static func required<Member>(
            _ name: String, _ member: @escaping @Sendable (Value) -> Member, _ shape: Shape<Member>, _ summary: String = ""
        ) -> Field {
            let prepared = JSONText.prepared(name)
            let rows = shape.rows.map { rows in { @Sendable (value: Value) in rows(member(value)) } }
            return Field(.required(name, shape.schema, summary), rows: rows) { value, text in
                text.name(prepared: prepared)
                try shape.append(member(value), &text)
            }
        }

        /// A member that is absent where `member` returns nil. Use `Shape.nullable` for one that is null instead.
        public static func optional<Member>(
            _ name: String, _ member: @escaping @Sendable (Value) -> Member?, _ shape: Shape<Member>, _ summary: String = ""
        ) -> Field {
            let prepared = JSONText.prepared(name)
            return Field(.optional(name, shape.schema, summary)) { value, text in
                guard let member = member(value) else { return }
                text.name(prepared: prepared)
                try shape.append(member, &text)
            }
        }

        /// A member of a stored document; absent where `member` returns nil. `field` is the field that the document was checked against.
        public static func stored(_ field: Schema.Field, _ member: @escaping @Sendable (Value) -> JSON?) -> Field {
            let prepared = JSONText.prepared(field.name)
            return Field(field) { value, text in
                guard let member = member(value) else { return }
                text.name(prepared: prepared)
                try text.append(sorted: member)
            }
        }

        fileprivate func of<Outer>(_ inner: @escaping @Sendable (Outer) -> Value) -> Shape<Outer>.Field {
            let rows = rows.map { rows in { @Sendable (outer: Outer) in rows(inner(outer)) } }
            return Shape<Outer>.Field(schema, rows: rows) { outer, text in try append(inner(outer), &text) }
        }
    }

    /// The fields of this object as fields of another that contains it: they appear beside the other's own members.
    /// - Parameter inner: returns the value whose members these are.
    public func fields<Outer>(of inner: @escaping @Sendable (Outer) -> Value) -> [Shape<Outer>.Field] { fields.map { $0.of(inner) } }

    /// This shape, documented as any value.
    public var undescribed: Shape { Shape(.any, fields, rows: rows, append: append) }

    /// This shape with its own type name in OpenAPI.
    public func named(_ name: String) -> Shape { Shape(.named(name, schema), fields, rows: rows, append: append) }
}

// MARK: Units

extension Shape where Value == Int64 {
    /// A whole number, 0 or more.
    public static var count: Shape { Shape(.count) { $1.append($0) } }
    /// A whole number in a range.
    public static func integer(_ range: ClosedRange<Int64>) -> Shape { Shape(.integer(range)) { $1.append($0) } }
}

extension Shape where Value == Double {
    /// A number in a range.
    public static func number(_ range: ClosedRange<Double>) -> Shape { Shape(.number(range)) { try $1.append($0) } }
    /// A share of a hundred, 0...100.
    public static var percentage: Shape { number(0...100) }
    /// A duration in seconds.
    public static var seconds: Shape { number(0...1e12) }
}

extension Shape where Value == Bool {
    public static var boolean: Shape { Shape(.boolean) { $1.append($0) } }
}

extension Shape where Value == String {
    /// A string whose length, in characters, is in a range.
    public static func string(_ length: ClosedRange<Int>) -> Shape { string(.string(length)) }
    /// A string of 1 to `maximum` characters; not empty.
    public static func text(_ maximum: Int) -> Shape { string(.text(maximum)) }
    /// A string of 0 to `maximum` characters; may be empty.
    public static func optionalText(_ maximum: Int) -> Shape { string(.optionalText(maximum)) }
    /// A UUID.
    public static var uuid: Shape { string(.uuid) }
    /// The id of a module.
    public static var moduleName: Shape { string(.moduleName) }
    /// The name of a `NamedReport`.
    public static var reportName: Shape { string(.reportName) }
    /// One of several words.
    public static func choice(_ choices: [String]) -> Shape { string(.choice(choices)) }

    private static func string(_ schema: Schema) -> Shape { Shape(schema) { $1.append(string: $0) } }
}

extension Shape where Value: CaseIterable & RawRepresentable & SendableMetatype, Value.RawValue == String {
    /// One of the type's cases, by its raw value.
    public static var choice: Shape { Shape(.choice(Value.allCases.map(\.rawValue))) { $1.append(string: $0.rawValue) } }
}

extension Shape where Value == Instant {
    /// A time in UTC, such as `2026-03-01T10:00:00Z`. Another surface may write times in another form.
    public static var timestamp: Shape { Shape(.timestamp) { $1.append($0) } }
}

extension Shape where Value == JSON {
    /// A stored JSON value, with members in byte order of their names.
    public static var any: Shape { Shape(.any) { try $1.append(sorted: $0) } }
    /// A stored JSON object whose member names its sender chose.
    public static var document: Shape { Shape(.map(.any)) { try $1.append(sorted: $0) } }
}

extension Shape where Value == JSONText {
    /// JSON that was written already.
    public static var any: Shape { Shape(.any) { $1.append($0) } }
    /// A JSON object that was written already.
    public static var document: Shape { Shape(.map(.any)) { $1.append($0) } }
}

extension Shape {
    /// A value, or null for nil. Use `Field.optional` for a member that is absent instead.
    public static func nullable<Wrapped>(_ wrapped: Shape<Wrapped>) -> Shape where Value == Wrapped? {
        Shape(.nullable(wrapped.schema)) { value, text in
            if let value { try wrapped.append(value, &text) } else { text.appendNull() }
        }
    }

    /// An array, of any length unless `count` says otherwise.
    public static func list<Element>(_ element: Shape<Element>, count: ClosedRange<Int> = 0...Int.max) -> Shape
    where Value == [Element] {
        Shape(.array(element.schema, count: count), [], rows: \.count) { elements, text in
            try text.array { text in
                for each in elements {
                    text.element()
                    try element.append(each, &text)
                }
            }
        }
    }

    /// An object whose member names are data, in byte order.
    public static func map<Element>(_ element: Shape<Element>) -> Shape where Value == [ExactText: Element] {
        Shape(.map(element.schema)) { members, text in
            try text.object { text in
                for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                    text.name(name.text)
                    try element.append(member, &text)
                }
            }
        }
    }

    /// An object whose member names are data of our own source, in byte order.
    public static func map<Element>(_ element: Shape<Element>) -> Shape where Value == [String: Element] {  // exact: names of our own
        let members = Shape<[ExactText: Element]>.map(element)
        return Shape(members.schema) { try members.append(Dictionary(exactly: $0.map { ($0.key, $0.value) }), &$1) }
    }

    /// A report that is a single list: `{"data": [...]}`.
    public static func data<Element>(_ element: Shape<Element>) -> Shape where Value == [Element] {
        Shape([.required("data", { $0 }, .list(element))])
    }
}

extension JSONText {
    /// Appends a value with its members in byte order of their names. If several have the same name, only the last is written.
    /// - Throws: `NotANumber` if a number is too large for a `Double`.
    mutating func append(sorted value: JSON) throws {
        switch value.kind {
        case .object:
            let members = Dictionary(exactly: value.members).sorted { $0.key < $1.key }
            try object { text in
                for (name, member) in members {
                    text.name(name.text)
                    try text.append(sorted: member)
                }
            }
        case .array:
            try array { text in
                try value.forEachElement { element in
                    text.element()
                    try text.append(sorted: element)
                }
            }
        case .number:
            if let digits = value.digits { append(raw: digits) } else { try append(value.number ?? 0) }
        case .string, .boolean, .null: append(value)
        }
    }
}
