import Common

/// A JSON document that is built up and changed before it is written, such as the description of the API. Members are written in order of
/// name, so equal documents produce equal text.
indirect enum JSONTree: Sendable, Hashable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    var text: String {
        var text = JSONText()
        write(into: &text)
        return text.string
    }

    func write(into text: inout JSONText) {
        switch self {
        case .null: text.appendNull()
        case .boolean(let value): text.append(value)
        case .integer(let value): text.append(value)
        case .number(let value): text.append(number: value)
        case .string(let value): text.append(string: value)
        case .array(let elements):
            text.array { text in
                for element in elements {
                    text.element()
                    element.write(into: &text)
                }
            }
        case .object(let members):
            text.object { text in
                for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                    text.name(name)
                    member.write(into: &text)
                }
            }
        }
    }

    static func strings(_ values: some Sequence<String>) -> JSONTree { .array(values.map(JSONTree.string)) }

    /// A reference to another part of the same document.
    static func reference(_ path: String) -> JSONTree { ["$ref": .string("#/\(path)")] }

    /// The object's member with this name; nil for other values. Setting a member turns any other value into an object.
    subscript(name: String) -> JSONTree? {
        get {
            guard case .object(let members) = self else { return nil }
            return members[name]
        }
        set {
            guard case .object(var members) = self else {
                self = .object(newValue.map { [name: $0] } ?? [:])
                return
            }
            members[name] = newValue
            self = .object(members)
        }
    }
}

extension JSONTree: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }
    init(arrayLiteral elements: JSONTree...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSONTree)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
}

extension JSONText {
    /// Appends a number. A number that JSON can't represent becomes the string `"NaN"`, `"Infinity"` or `"-Infinity"`, as in protobuf's
    /// JSON.
    mutating func append(number: Double) {
        if let whole = Int64(exactly: number) {
            append(raw: String(whole))
        } else if number.isFinite {
            append(raw: "\(number)")
        } else {
            append(string: number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity")
        }
    }
}
