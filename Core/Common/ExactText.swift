import Foundation

/// Text that is its UTF-8 bytes, as it is to the databases.
///
/// A Swift `String` equals every other one with the same letters: `é` as one scalar is `é` as `e` and an accent, and the Kelvin sign is
/// `K`. To both engines these are different texts, so whatever a client sent (ids, names, paths, keys) is compared, hashed, sorted and
/// kept as a key by this type or by the methods of `String` beside it.
public struct ExactText: Sendable, Hashable, Comparable {
    public let text: String

    public init(_ text: String) { self.text = text }
    public init(_ text: Substring) { self.text = String(text) }

    public static func == (left: ExactText, right: ExactText) -> Bool { left.text.isExactly(right.text) }
    public static func < (left: ExactText, right: ExactText) -> Bool { left.text.comesBefore(right.text) }

    public func hash(into hasher: inout Hasher) { text.hashExactly(into: &hasher) }
}

extension ExactText: ExpressibleByStringLiteral, CustomStringConvertible {
    public init(stringLiteral text: String) { self.text = text }
    public var description: String { text }
}

extension ExactText: Encodable, CodingKeyRepresentable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public var codingKey: any CodingKey { MemberName(text) }
    public init?(codingKey: some CodingKey) { self.init(codingKey.stringValue) }
}

extension String {
    /// Whether both are the same bytes.
    public func isExactly(_ other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        var left = self, right = other
        return left.withUTF8 { left in right.withUTF8 { left.isEmpty || memcmp(left.baseAddress!, $0.baseAddress!, left.count) == 0 } }
    }

    /// The order of bytes, which is that of code points: how both engines sort.
    public func comesBefore(_ other: String) -> Bool {
        var left = self, right = other
        return left.withUTF8 { left in
            right.withUTF8 { right in
                let shorter = min(left.count, right.count), order = shorter == 0 ? 0 : memcmp(left.baseAddress!, right.baseAddress!, shorter)
                return order == 0 ? left.count < right.count : order < 0
            }
        }
    }

    /// The parts between separators, empty ones too. A separator is one wherever it stands, also before a combining mark.
    public func parts(separatedBy separator: Unicode.Scalar) -> [String] {
        unicodeScalars.split(separator: separator, omittingEmptySubsequences: false).map { String($0) }
    }

    public func hashExactly(into hasher: inout Hasher) {
        var text = self
        hasher.combine(text.utf8.count)
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension Sequence<String> {
    public func contains(exactly text: String) -> Bool { contains { $0.isExactly(text) } }
}

extension Collection<String> {
    public func firstIndex(ofExactly text: String) -> Index? { firstIndex { $0.isExactly(text) } }
}

extension Dictionary where Key == ExactText {
    /// Of two values of one text the last one counts.
    public init(exactly pairs: some Sequence<(String, Value)>) {
        self.init(pairs.map { (ExactText($0), $1) }) { _, last in last }
    }

    public subscript(text text: String) -> Value? {
        get { self[ExactText(text)] }
        set { self[ExactText(text)] = newValue }
    }
}

extension Set where Element == ExactText {
    public init(exactly texts: some Sequence<String>) { self.init(texts.map { ExactText($0) }) }

    public func contains(text: String) -> Bool { contains(ExactText(text)) }
}
