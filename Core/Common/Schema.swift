/// The shape of a JSON value. The same schema validates input and describes it in OpenAPI, so the documentation always matches what is
/// accepted.
public indirect enum Schema: Sendable {
    case any
    case boolean
    case integer(ClosedRange<Int64>)
    case number(ClosedRange<Double>)
    /// A string. Its length is counted in Unicode scalars.
    case string(ClosedRange<Int>, format: Format = .plain)
    case choice([String])
    case array(Schema, count: ClosedRange<Int>)
    case object([Field], unknown: UnknownFields = .ignored)
    /// A free-form object, whose member names the sender chooses.
    case map(Schema, limits: MapLimits = MapLimits())
    case nullable(Schema)
    /// A schema with its own type name in OpenAPI. Types without a name are named after where they are used.
    case named(String, Schema)

    /// What a string must look like, apart from its length.
    public enum Format: Sendable {
        case plain
        /// An ISO 8601 date or timestamp.
        case timestamp
        case uuid
        case uri
        /// A name that this installation's modules register. `check` does not know these names, so the caller must check them.
        case oneOf(Names)
    }

    /// Which registered names `Format.oneOf` accepts.
    public enum Names: String, Sendable { case reports, modules }

    /// Whether members that are not declared are ignored or rejected.
    public enum UnknownFields: Sendable { case ignored, refused }

    /// The limits of a free-form object.
    public struct MapLimits: Sendable {
        /// The largest number of member names, over all levels.
        public let keys: Int
        /// The largest size in bytes, as compact JSON, which is the stored form.
        public let bytes: Int
        public init(keys: Int = 100, bytes: Int = 32 * 1_024) {
            self.keys = keys
            self.bytes = bytes
        }
    }

    /// A member of an object.
    public struct Field: Sendable {
        /// The name in JSON.
        public let name: String
        /// The bit that stands for the name in `JSON.nameBits`.
        public let nameBit: UInt64
        /// The schema of the value.
        public let schema: Schema
        /// Whether the member must be present. An optional member may also be null.
        public let isRequired: Bool
        /// One line for OpenAPI; may be empty.
        public let summary: String
        /// What happens to an event if this field's value is not accepted. Only event collection uses this.
        public private(set) var fit = Fit.cut

        /// How far a value may be adjusted to fit the schema.
        public enum Fit: Sendable {
            /// Truncates values that are too long, and corrects minor errors, such as a number in quotes for an optional field. Other
            /// invalid values are dropped if the field is optional; if it is required, the event is rejected.
            case cut
            /// Like `cut`, but treats values that are too long as invalid, because a truncated value would name something else.
            case whole
            /// Like `whole`, but an invalid value rejects the event even if the field is optional. For identifiers, and for values that
            /// must not be guessed.
            case exact
        }

        /// How to treat a word such as `undefined` that was sent instead of an id. Like `fit`, only event collection uses this.
        public private(set) var placeholders = Placeholders.accepted

        /// How to treat a word that was sent instead of an id.
        public enum Placeholders: Sendable {
            case accepted
            /// Treats the field as if it had not been sent.
            case leftOut
            /// Rejects the event.
            case refused
        }

        /// This field with `placeholders` set: how to treat words such as `undefined`.
        public func naming(placeholders: Placeholders) -> Field {
            var field = self
            field.placeholders = placeholders
            return field
        }

        /// This field with `Fit.whole`: a value that is too long is dropped rather than truncated.
        public var whole: Field { with(.whole) }
        /// This field with `Fit.exact`: an event with an invalid value is rejected, even if the field is optional.
        public var exact: Field { with(.exact) }

        private func with(_ fit: Fit) -> Field {
            var field = self
            field.fit = fit
            return field
        }

        private init(name: String, schema: Schema, isRequired: Bool, summary: String) {
            self.name = name
            nameBit = JSON.nameBit(name)
            self.schema = schema
            self.isRequired = isRequired
            self.summary = summary
        }

        /// A member that must be present.
        public static func required(_ name: String, _ schema: Schema, _ summary: String = "") -> Field {
            Field(name: name, schema: schema, isRequired: true, summary: summary)
        }

        /// A member that may be missing or null.
        public static func optional(_ name: String, _ schema: Schema, _ summary: String = "") -> Field {
            Field(name: name, schema: schema, isRequired: false, summary: summary)
        }
    }

    /// A string of 1 to `maximum` characters; must not be empty.
    public static func text(_ maximum: Int) -> Schema { .string(1...maximum) }
    /// A string of 0 to `maximum` characters; may be empty.
    public static func optionalText(_ maximum: Int) -> Schema { .string(0...maximum) }
    /// An ISO 8601 date or timestamp.
    public static let timestamp = Schema.string(10...35, format: .timestamp)
    /// A UUID in hyphenated form, in either case.
    public static let uuid = Schema.string(36...36, format: .uuid)
    /// A whole number, 0 or more.
    public static let count = Schema.integer(0...Int64.max)
    /// An array of any length.
    public static func list(_ element: Schema) -> Schema { .array(element, count: 0...Int.max) }
    /// The name of a `NamedReport`.
    public static let reportName = Schema.string(1...50, format: .oneOf(.reports))
    /// The id of a module.
    public static let moduleName = Schema.string(1...64, format: .oneOf(.modules))
}

extension Schema {
    /// Checks `value`. `path` is where it was found in the document, `""` for the whole document.
    ///
    /// An optional field may be null, and null counts as absent.
    /// - Throws: `ServiceError` 400 that names the field, the value and what would be accepted.
    public func check(_ value: JSON, at path: String = "") throws {
        switch self {
        case .any: break
        case .nullable(let inner): if !value.isNull { try inner.check(value, at: path) }
        case .named(_, let inner): try inner.check(value, at: path)
        case .boolean: guard value.boolean != nil else { throw refusal(path, value) }
        case .integer(let range):
            guard let integer = value.integer, range.contains(integer) else { throw refusal(path, value) }
        case .number(let range):
            guard let number = value.number, number.isFinite, range.contains(number) else { throw refusal(path, value) }
        case .choice(let choices):
            guard let text = value.string, choices.contains(exactly: text) else { throw refusal(path, value) }
        case .string(let length, let format): try checkString(value, length, format, path)
        case .array(let element, let count):
            guard value.kind == .array else { throw refusal(path, value) }
            let elements = value.elements
            guard count.contains(elements.count) else { throw refusal(path, value) }
            for (index, each) in elements.enumerated() { try element.check(each, at: "\(path)[\(index)]") }
        case .object(let fields, let unknown): try checkObject(value, fields, unknown, path)
        case .map(let element, let limits): try checkMap(value, element, limits, path)
        }
    }

    private func checkString(_ value: JSON, _ length: ClosedRange<Int>, _ format: Format, _ path: String) throws {
        enum Finding { case fine, nul, wrong }
        let finding: Finding? = value.withUTF8 { utf8 in
            // No early exit from the loop, so the compiler can vectorize it.
            var scalars = 0, nuls = 0
            for byte in utf8 {
                nuls &+= byte == 0 ? 1 : 0
                // Every byte that is not a continuation byte begins a character.
                scalars &+= byte & 0xC0 != 0x80 ? 1 : 0
            }
            return nuls > 0 ? .nul : length.contains(scalars) ? .fine : .wrong
        }
        if finding == .nul { throw Self.nul(path) }
        guard finding == .fine else { throw refusal(path, value) }
        switch format {
        case .plain, .oneOf: break
        case .timestamp: guard ISO8601.parse(value.string ?? "") != nil else { throw refusal(path, value) }
        case .uuid: guard Self.isUUID(value.string ?? "") else { throw refusal(path, value) }
        case .uri: guard value.string?.contains("://") == true else { throw refusal(path, value) }
        }
    }

    private func checkObject(_ value: JSON, _ fields: [Field], _ unknown: UnknownFields, _ path: String) throws {
        guard value.kind == .object else { throw refusal(path, value) }
        for field in fields {
            let place = path.isEmpty ? field.name : "\(path).\(field.name)"
            guard let member = value[field.name] else {
                if field.isRequired { throw ServiceError(.missingField(place)) }
                continue
            }
            if member.isNull, !field.isRequired { continue }
            try field.schema.check(member, at: place)
        }
        guard unknown == .refused else { return }
        for (name, _) in value.members where !fields.contains(where: { $0.name.isExactly(name) }) {
            throw ServiceError(.unknownField(name.excerpt(), accepted: fields.map(\.name)))
        }
    }

    private func checkMap(_ value: JSON, _ element: Schema, _ limits: MapLimits, _ path: String) throws {
        guard value.kind == .object else { throw refusal(path, value) }
        var keys = 0, bytes = 0
        try Self.measure(value, path, &keys, &bytes)
        guard keys <= limits.keys else {
            throw ServiceError.body(field: path, "may hold at most \(limits.keys) keys; got \(keys).")
        }
        // `bytes` is an upper bound. The exact size is computed only if the bound exceeds the limit.
        if bytes > limits.bytes {
            var text = JSONText()
            text.append(value)
            guard text.bytes.count <= limits.bytes else {
                throw ServiceError.body(field: path, "may hold at most \(limits.bytes) bytes; got \(text.bytes.count).")
            }
        }
        if case .any = element { return }
        for (name, member) in value.members { try element.check(member, at: "\(path).\(name)") }
    }

    /// Counts the member names over all levels, and computes an upper bound of the value's size in bytes as JSON.
    /// - Throws: 400 for a NUL.
    private static func measure(_ value: JSON, _ path: String, _ keys: inout Int, _ bytes: inout Int) throws {
        switch value.kind {
        case .object:
            bytes += 2
            try value.forEachMember { name, member in
                keys += 1
                // 2 bytes for the colon and comma.
                bytes += try longest(name, path) + 2
                try measure(member, path, &keys, &bytes)
            }
        case .array:
            bytes += 2
            try value.forEachElement { element in
                bytes += 1
                try measure(element, path, &keys, &bytes)
            }
        case .string: bytes += try value.withUTF8 { try longest($0, path) } ?? 0
        case .number: bytes += value.integer == nil ? 25 : 20
        case .boolean, .null: bytes += 5
        }
    }

    /// The most bytes that a string may take as JSON.
    private static func longest(_ utf8: UnsafeBufferPointer<UInt8>, _ path: String) throws -> Int {
        // No early exit from the loop, so the compiler can vectorize it.
        var nuls = 0, escapes = 0
        for byte in utf8 {
            nuls &+= byte == 0 ? 1 : 0
            escapes &+= byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") ? 1 : 0
        }
        if nuls > 0 { throw nul(path) }
        return utf8.count + 2 + escapes * 5
    }

    private static func nul(_ path: String) -> ServiceError {
        .body(field: path, "contains a NUL character, which can't be stored.")
    }

    private static func isUUID(_ text: String) -> Bool {
        text.utf8.enumerated().allSatisfy { index, byte in
            [8, 13, 18, 23].contains(index)
                ? byte == UInt8(ascii: "-")
                : (48...57).contains(byte) || (97...102).contains(byte | 0x20)
        }
    }

    private func refusal(_ path: String, _ value: JSON) -> ServiceError {
        let constraint = "must be \(expectation); got \(received(value))."
        return path.isEmpty ? .body("the body \(constraint)") : .body(field: path, constraint)
    }

    /// The value in words for an error message. Includes the value itself if it is short enough to be helpful.
    private func received(_ value: JSON) -> String {
        switch value.kind {
        case .string:
            let text = value.string ?? ""
            if case .string(_, .plain) = self { return "\(text.unicodeScalars.count) characters" }
            return "'\(text.excerpt(60))'"
        case .number: return value.integer.map(String.init) ?? "\(value.number ?? 0)"
        case .array:
            if case .array = self { return "\(value.elements.count)" }
            return value.described
        default: return value.described
        }
    }

    /// The accepted values, worded to follow "must be": `a string of 1 to 200 characters`.
    public var expectation: String {
        switch self {
        case .any: "any value"
        case .boolean: "true or false"
        case .nullable(let inner): inner.expectation + " or null"
        case .named(_, let inner): inner.expectation
        case .integer(let range): Self.bounded("a whole number", range.lowerBound, range.upperBound, .min, .max)
        case .number(let range):
            Self.bounded("a number", range.lowerBound, range.upperBound, -.greatestFiniteMagnitude, .greatestFiniteMagnitude)
        case .choice(let choices): "one of " + choices.map { "'\($0)'" }.joined(separator: ", ")
        case .string(_, .timestamp): "an ISO 8601 date or timestamp"
        case .string(_, .uuid): "a UUID"
        case .string(_, .uri): "a URL"
        case .string(let length, .plain), .string(let length, .oneOf): "a string of \(length.lowerBound) to \(length.upperBound) characters"
        case .array(let element, let count):
            count.upperBound == .max
                ? "an array of \(element.noun)" : "an array of \(count.lowerBound) to \(count.upperBound) \(element.noun)"
        case .object, .map: "an object"
        }
    }

    private var noun: String {
        switch self {
        case .string, .choice: "strings"
        case .integer, .number: "numbers"
        case .object, .map: "objects"
        case .named(_, let inner): inner.noun
        default: "values"
        }
    }

    private static func bounded<Number: Comparable>(
        _ noun: String, _ low: Number, _ high: Number, _ lowest: Number, _ highest: Number
    ) -> String {
        switch (low == lowest, high == highest) {
        case (true, true): noun
        case (false, true): "\(noun) of at least \(low)"
        case (true, false): "\(noun) of at most \(high)"
        case (false, false): "\(noun) from \(low) to \(high)"
        }
    }
}
