extension JSONText {
    /// Encodes `value` as compact JSON with member names in byte order, so equal values give equal bytes.
    ///
    /// Foundation's encoder uses `String` keys for members, so it drops one of two names that are canonically equivalent. Member names
    /// often come from clients. This encoder keeps both names, as the databases do.
    /// - Parameter instants: how to write instants; nil for ISO 8601.
    /// - Throws: `EncodingError` for infinity or NaN, which JSON can't represent.
    public init(encoding value: some Encodable, instants: InstantText? = nil) throws {
        self.init()
        append(try JSONPiece(encoding: value, instants.map { [.instantText: $0] } ?? [:]))
    }

    fileprivate mutating func append(_ piece: JSONPiece) {
        switch piece {
        case .text(let text): append(string: text)
        case .literal(let literal): append(raw: literal)
        case .elements(let list):
            append(raw: "[")
            for (index, element) in list.pieces.enumerated() {
                if index > 0 { append(raw: ",") }
                append(element)
            }
            append(raw: "]")
        case .members(let list):
            append(raw: "{")
            for (index, member) in list.sorted.enumerated() {
                if index > 0 { append(raw: ",") }
                append(string: member.name)
                append(raw: ":")
                append(member.value)
            }
            append(raw: "}")
        }
    }
}

/// An encoded value, before it is written as text.
private enum JSONPiece {
    case text(String)
    /// A number, true, false or null.
    case literal(String)
    case elements(Elements)
    case members(Members)

    final class Elements { var pieces: [JSONPiece] = [] }

    final class Members {
        var pieces: [(name: String, value: JSONPiece)] = []

        /// The members in byte order of their names. If several have the same name, the last one wins.
        var sorted: [(name: String, value: JSONPiece)] {
            var sorted: [(name: String, value: JSONPiece)] = []
            // Compares positions if names are equal, because `sorted` need not be stable.
            for (_, member) in pieces.enumerated().sorted(by: {
                $0.element.name.isExactly($1.element.name) ? $0.offset < $1.offset : $0.element.name.comesBefore($1.element.name)
            }) {
                if sorted.last?.name.isExactly(member.name) == true { sorted.removeLast() }
                sorted.append(member)
            }
            return sorted
        }
    }

    init(encoding value: some Encodable, _ userInfo: [CodingUserInfoKey: Any]) throws {
        let encoder = PieceEncoder(userInfo)
        try value.encode(to: encoder)
        // A value that encodes nothing is an empty object.
        self = encoder.piece ?? .members(Members())
    }
}

/// Encodes one value into a `JSONPiece`.
private final class PieceEncoder: Encoder {
    // Never filled. It only matters if encoding fails, which would be a bug in Pulse.
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any]
    var piece: JSONPiece?

    init(_ userInfo: [CodingUserInfoKey: Any]) { self.userInfo = userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedPieces(list: members(), userInfo: userInfo))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { PieceList(list: elements(), userInfo: userInfo) }
    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    /// Returns the same list each time, because a value may request its container several times.
    private func members() -> JSONPiece.Members {
        if case .members(let list)? = piece { return list }
        let list = JSONPiece.Members()
        piece = .members(list)
        return list
    }

    private func elements() -> JSONPiece.Elements {
        if case .elements(let list)? = piece { return list }
        let list = JSONPiece.Elements()
        piece = .elements(list)
        return list
    }
}

extension PieceEncoder: SingleValueEncodingContainer {
    func encodeNil() { piece = .literal("null") }
    func encode(_ value: Bool) { piece = .literal(value ? "true" : "false") }
    func encode(_ value: String) { piece = .text(value) }
    func encode(_ value: Double) throws { piece = .literal(try literal(value)) }
    func encode(_ value: Float) throws { piece = .literal(try literal(value)) }
    func encode(_ value: Int) { piece = .literal(value.description) }
    func encode(_ value: Int8) { piece = .literal(value.description) }
    func encode(_ value: Int16) { piece = .literal(value.description) }
    func encode(_ value: Int32) { piece = .literal(value.description) }
    func encode(_ value: Int64) { piece = .literal(value.description) }
    func encode(_ value: UInt) { piece = .literal(value.description) }
    func encode(_ value: UInt8) { piece = .literal(value.description) }
    func encode(_ value: UInt16) { piece = .literal(value.description) }
    func encode(_ value: UInt32) { piece = .literal(value.description) }
    func encode(_ value: UInt64) { piece = .literal(value.description) }
    func encode(_ value: some Encodable) throws { piece = try JSONPiece(encoding: value, userInfo) }

    /// Writes whole numbers without `.0`, to match the integer types.
    private func literal<Number: BinaryFloatingPoint & CustomStringConvertible>(_ value: Number) throws -> String {
        guard value.isFinite else {
            throw EncodingError.invalidValue(value, .init(codingPath: codingPath, debugDescription: "JSON has no number \(value)."))
        }
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

private struct KeyedPieces<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let list: JSONPiece.Members
    let userInfo: [CodingUserInfoKey: Any]
    let codingPath: [any CodingKey] = []

    func encodeNil(forKey key: Key) { add(.literal("null"), key) }
    func encode(_ value: some Encodable, forKey key: Key) throws { add(try JSONPiece(encoding: value, userInfo), key) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        let inner = JSONPiece.Members()
        add(.members(inner), key)
        return KeyedEncodingContainer(KeyedPieces<Nested>(list: inner, userInfo: userInfo))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        let inner = JSONPiece.Elements()
        add(.elements(inner), key)
        return PieceList(list: inner, userInfo: userInfo)
    }

    func superEncoder() -> any Encoder { preconditionFailure("responses contain no class hierarchies") }
    func superEncoder(forKey key: Key) -> any Encoder { superEncoder() }

    private func add(_ piece: JSONPiece, _ key: Key) { list.pieces.append((key.stringValue, piece)) }
}

private struct PieceList: UnkeyedEncodingContainer {
    let list: JSONPiece.Elements
    let userInfo: [CodingUserInfoKey: Any]
    let codingPath: [any CodingKey] = []
    var count: Int { list.pieces.count }

    func encodeNil() { list.pieces.append(.literal("null")) }
    func encode(_ value: some Encodable) throws { list.pieces.append(try JSONPiece(encoding: value, userInfo)) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        let inner = JSONPiece.Members()
        list.pieces.append(.members(inner))
        return KeyedEncodingContainer(KeyedPieces<Nested>(list: inner, userInfo: userInfo))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let inner = JSONPiece.Elements()
        list.pieces.append(.elements(inner))
        return PieceList(list: inner, userInfo: userInfo)
    }

    func superEncoder() -> any Encoder { preconditionFailure("responses contain no class hierarchies") }
}
