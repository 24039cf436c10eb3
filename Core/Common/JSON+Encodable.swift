extension JSON {
    /// Encodes `value`, with member names in byte order.
    public init(encoding value: some Encodable) throws {
        self = try JSON.parse(try JSONText(encoding: value).string)
    }
}

/// Lets a response contain a stored JSON document.
extension JSON: Encodable {
    public func encode(to encoder: any Encoder) throws {
        switch kind {
        case .object:
            var container = encoder.container(keyedBy: MemberName.self)
            for (name, value) in members { try container.encode(value, forKey: MemberName(name)) }
        case .array:
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
        case .string, .number, .boolean, .null:
            var container = encoder.singleValueContainer()
            if let string {
                try container.encode(string)
            } else if let integer {
                try container.encode(integer)
            } else if let unsigned {
                try container.encode(unsigned)
            } else if let number {
                try container.encode(number)
            } else if let boolean {
                try container.encode(boolean)
            } else {
                try container.encodeNil()
            }
        }
    }
}
