extension Schema {
    /// Writes the parts of an accepted value that are stored. Members that the schema does not declare are left out, and so are optional
    /// members that are null, because null means not sent. If the schema declares no members, the object is stored unchanged.
    public func write(kept value: JSON, to text: inout JSONText) {
        switch self {
        case .named(_, let inner): inner.write(kept: value, to: &text)
        case .nullable(let inner) where !value.isNull: inner.write(kept: value, to: &text)
        case .array(let element, _) where value.kind == .array:
            text.array { text in
                value.forEachElement { each in
                    text.element()
                    element.write(kept: each, to: &text)
                }
            }
        case .object(let fields, .ignored) where value.kind == .object && !fields.isEmpty:
            Self.write(kept: fields, of: value, to: &text)
        default: text.append(value)
        }
    }

    /// Writes the declared members of `value` in the order in which they were sent.
    private static func write(kept fields: [Field], of value: JSON, to text: inout JSONText) {
        var remaining = fields
        text.object { text in
            for (name, _) in value.members {
                guard let index = remaining.firstIndex(where: { $0.name.isExactly(name) }), let member = value[name] else { continue }
                let field = remaining.remove(at: index)
                if member.isNull, !field.isRequired { continue }
                text.name(name)
                field.schema.write(kept: member, to: &text)
            }
        }
    }
}
