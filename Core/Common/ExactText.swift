import Foundation

/// Text compared by its UTF-8 bytes, as the databases compare it.
///
/// Swift compares strings by canonical equivalence: `é` as one scalar equals `e` plus a combining accent, and the Kelvin sign equals `K`.
/// DuckDB and PostgreSQL treat these as different texts. Use this type, or the `String` methods below, to compare, hash or sort texts that
/// clients sent (ids, names, paths, keys), or to use them as dictionary keys.
public struct ExactText: Sendable, Hashable, Comparable {
    /// The text as an ordinary string.
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

extension String {
    /// Whether both strings have the same UTF-8 bytes.
    public func isExactly(_ other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        var left = self, right = other
        return left.withUTF8 { left in right.withUTF8 { left.isEmpty || memcmp(left.baseAddress!, $0.baseAddress!, left.count) == 0 } }
    }

    /// Whether this string sorts before `other` by bytes. Byte order equals code point order, and DuckDB and PostgreSQL sort this way.
    public func comesBefore(_ other: String) -> Bool {
        var left = self, right = other
        return left.withUTF8 { left in
            right.withUTF8 { right in
                let shorter = min(left.count, right.count),
                    order = shorter == 0 ? 0 : memcmp(left.baseAddress!, right.baseAddress!, shorter)
                return order == 0 ? left.count < right.count : order < 0
            }
        }
    }

    /// Returns the parts between separators, including empty parts. Splits by scalars, so a separator followed by a combining mark is still
    /// found.
    public func parts(separatedBy separator: Unicode.Scalar) -> [String] {
        unicodeScalars.split(separator: separator, omittingEmptySubsequences: false).map { String($0) }
    }

    /// Hashes the UTF-8 bytes, consistent with `isExactly`.
    public func hashExactly(into hasher: inout Hasher) {
        var text = self
        hasher.combine(text.utf8.count)
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension Sequence<String> {
    /// Whether an element has exactly the bytes of `text`.
    public func contains(exactly text: String) -> Bool { contains { $0.isExactly(text) } }
}

extension Collection<String> {
    /// The index of the first element with exactly the bytes of `text`; nil if there is none.
    public func firstIndex(ofExactly text: String) -> Index? { firstIndex { $0.isExactly(text) } }
}

extension Dictionary where Key == ExactText {
    /// Builds a dictionary keyed by exact text. If several values have the same key, the last one wins.
    public init(exactly pairs: some Sequence<(String, Value)>) {
        self.init(pairs.map { (ExactText($0), $1) }) { _, last in last }
    }

    /// The value for exactly this text; nil if there is none.
    public subscript(text text: String) -> Value? {
        get { self[ExactText(text)] }
        set { self[ExactText(text)] = newValue }
    }
}

extension Set where Element == ExactText {
    public init(exactly texts: some Sequence<String>) { self.init(texts.map { ExactText($0) }) }

    /// Whether the set contains exactly this text.
    public func contains(text: String) -> Bool { contains(ExactText(text)) }
}
