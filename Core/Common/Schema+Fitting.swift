extension Schema.Field {
    /// For a value that the schema rejects, returns the closest accepted value, to be stored instead, and the adjustments made to get
    /// there. Returns nil if no accepted value is close.
    public func fitting(_ value: JSON) -> (value: JSON, adjustments: Adjustments)? {
        guard let (fitting, done) = schema.fitting(value, for: self), (try? schema.check(fitting)) != nil else { return nil }
        return (fitting, done)
    }
}

extension Schema {
    fileprivate func fitting(_ value: JSON, for field: Field) -> (value: JSON, adjustments: Adjustments)? {
        switch self {
        case .string(let length, .plain): Self.fitting(text: value, atMost: length.upperBound, field.fit)
        case .integer: Self.number(value, isRequired: field.isRequired).flatMap(Self.rounded)
        case .number:
            // A required field must be a number. An optional field may also be a number in quotes, as templates write it.
            value.kind == .string ? Self.number(value, isRequired: field.isRequired).map { (JSON(raw: "\($0)"), .number) } : nil
        case .named(_, let schema), .nullable(let schema): schema.fitting(value, for: field)
        case .array, .object, .map: container(value, for: field)
        default: nil
        }
    }

    /// - Parameter value: an array or object, or a string that contains one as JSON.
    private func container(_ value: JSON, for field: Field) -> (value: JSON, adjustments: Adjustments)? {
        if let spelled = value.spelledContainer {
            if (try? check(spelled)) != nil { return (spelled, .json) }
            return container(spelled, for: field).map { ($0.value, $0.adjustments.union(.json)) }
        }
        guard case .map(_, let limits) = self else { return nil }
        return FittingObject.fitting(value, limits, field.fit)
    }

    private static func fitting(text value: JSON, atMost maximum: Int, _ fit: Field.Fit) -> (value: JSON, adjustments: Adjustments)? {
        guard var text = value.string else { return nil }
        var done: Adjustments = []
        if text.utf8.contains(0) {
            text = text.withoutNUL
            done.insert(.characters)
        }
        if fit == .cut, text.unicodeScalars.count > maximum {
            text = text.prefix(scalars: maximum)
            done.insert(.tooLong)
        }
        return done.isEmpty ? nil : (JSON(text: text), done)
    }

    private static func rounded(_ number: Double) -> (value: JSON, adjustments: Adjustments)? {
        Int64(exactly: number.rounded()).map { (JSON(raw: String($0)), .number) }
    }

    private static func number(_ value: JSON, isRequired: Bool) -> Double? {
        value.number ?? (isRequired ? nil : value.string.flatMap(Double.init(decimal:)))
    }
}

extension Double {
    /// Parses a decimal number as programs write it, ignoring surrounding white space. Returns nil for anything else, such as `nan` or
    /// `0x10`.
    public init?(decimal text: String) {
        let bytes = text.utf8.drop { $0 <= 0x20 }
        let trimmed = bytes.prefix((bytes.lastIndex { $0 > 0x20 }.map { bytes.distance(from: bytes.startIndex, to: $0) + 1 }) ?? 0)
        let isPlain = trimmed.allSatisfy {
            (48...57).contains($0)
                || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "e"), UInt8(ascii: "E")].contains($0)
        }
        guard isPlain, let number = Double(Substring(trimmed)), number.isFinite else { return nil }
        self = number
    }
}

extension String {
    /// The text with each NUL replaced by U+FFFD, because the databases can't store NUL.
    public var withoutNUL: String {
        guard utf8.contains(0) else { return self }
        return String(UnicodeScalarView(unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 }))
    }
}

extension JSON {
    /// The array or object that a string contains as JSON; nil for anything else. `JSON.stringify` writes arrays inside objects as such
    /// strings on pages where Prototype 1.6 gives arrays a `toJSON`.
    public var spelledContainer: JSON? {
        guard kind == .string, let text = string, let first = text.utf8.first(where: { $0 > 0x20 }),
            first == UInt8(ascii: "[") || first == UInt8(ascii: "{")
        else { return nil }
        return try? JSON.parse(text)
    }

    /// The JSON value null.
    public static let nothing = JSON(raw: "null")

    /// The empty object.
    public static let emptyObject = JSON(raw: "{}")

    /// A string.
    public init(text: String) {
        var written = JSONText()
        written.append(string: text)
        self.init(raw: written.string)
    }

    /// A whole number.
    public init(_ integer: Int64) { self.init(raw: String(integer)) }

    /// - Parameter raw: JSON written by Pulse itself. If it is invalid, the process stops.
    init(raw: String) {
        guard let json = try? JSON.parse(raw) else { preconditionFailure("not JSON") }
        self = json
    }
}

/// Copies as much of a free-form object as its limits allow. Members are copied in order as long as they fit, with NULs replaced. If the
/// whole object is too large, strings are first truncated to 1,000 characters, so a long string does not crowd out the members after it.
/// Every byte that is written counts toward the limit.
private struct FittingObject {
    private static let longText = 1_000

    private var keys: Int
    private var bytes: Int
    private let cuts: Bool
    private var text = JSONText()
    private var adjustments: Adjustments = []

    static func fitting(_ value: JSON, _ limits: Schema.MapLimits, _ fit: Schema.Field.Fit) -> (value: JSON, adjustments: Adjustments)? {
        guard value.kind == .object else { return nil }
        var whole = FittingObject(keys: .max, bytes: .max, cuts: false)
        whole.write(value)
        let json = JSON(raw: whole.text.string)
        guard fit == .cut, (try? Schema.map(.any, limits: limits).check(json)) == nil else { return (json, whole.adjustments) }
        var part = FittingObject(keys: limits.keys, bytes: limits.bytes, cuts: true)
        part.write(value)
        return (JSON(raw: part.text.string), part.adjustments)
    }

    private init(keys: Int, bytes: Int, cuts: Bool) {
        // The braces of the outermost object take 2 bytes.
        (self.keys, self.bytes, self.cuts) = (keys, bytes - 2, cuts)
    }

    private mutating func write(_ value: JSON) {
        switch value.kind {
        case .object:
            text.append(raw: "{")
            var isFirst = true
            for (name, member) in value.members {
                let start = (isFirst ? "" : ",") + Self.json { $0.append(string: kept(name)) } + ":", content = content(of: member)
                guard take(1, start.utf8.count + (content?.utf8.count ?? 2), for: member) else { continue }
                isFirst = false
                text.append(raw: start)
                write(member, content)
            }
            text.append(raw: "}")
        case .array:
            text.append(raw: "[")
            var isFirst = true
            for element in value.elements {
                let start = isFirst ? "" : ",", content = content(of: element)
                guard take(0, start.utf8.count + (content?.utf8.count ?? 2), for: element) else { continue }
                isFirst = false
                text.append(raw: start)
                write(element, content)
            }
            text.append(raw: "]")
        default: text.append(value)
        }
    }

    private mutating func write(_ value: JSON, _ content: String?) {
        if let content { text.append(raw: content) } else { write(value) }
    }

    /// The JSON of a value; nil for an array or object, whose parts are copied one by one.
    private mutating func content(of value: JSON) -> String? {
        switch value.kind {
        case .object, .array: return nil
        case .string:
            var string = kept(value.string ?? "")
            if cuts, string.utf8.count > Self.longText, string.unicodeScalars.count > Self.longText {
                string = string.prefix(scalars: Self.longText)
                adjustments.insert(.tooLong)
            }
            return Self.json { $0.append(string: string) }
        default: return Self.json { $0.append(value) }
        }
    }

    private static func json(_ write: (inout JSONText) -> Void) -> String {
        var text = JSONText()
        write(&text)
        return text.string
    }

    private mutating func take(_ keys: Int, _ bytes: Int, for value: JSON) -> Bool {
        // An object needs room for at least one of its members.
        let inside = value.kind == .object && value.nameBits != 0 ? 1 : 0
        guard keys + inside <= self.keys, bytes <= self.bytes else {
            adjustments.insert(.tooLong)
            return false
        }
        self.keys -= keys
        self.bytes -= bytes
        return true
    }

    private mutating func kept(_ string: String) -> String {
        guard string.utf8.contains(0) else { return string }
        adjustments.insert(.characters)
        return string.withoutNUL
    }
}
