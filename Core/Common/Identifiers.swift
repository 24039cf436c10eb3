import Crypto
import Foundation

/// Generates ids and secrets.
public enum Identifiers {
    /// Returns a random UUID (version 4) in lower case.
    ///
    /// Does not use Foundation's `UUID`, which returns the same value every time once the process has run out of file descriptors.
    public static func uuid() -> String {
        var random = SystemRandomNumberGenerator()
        let high = random.next() & ~0xF000 | 0x4000, low = random.next() >> 2 | 1 << 63
        let hex = [high.bigEndian, low.bigEndian].withUnsafeBytes { Digest.hex($0) }
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { range in hex.dropFirst(range.lowerBound).prefix(range.count) }.joined(
            separator: "-")
    }

    /// Returns an id in its stored form: lower case, without a prefix such as `exp-`. Responses show ids in this form; requests may add the
    /// prefix.
    public static func plain(_ text: String) -> String {
        let text = text.lowercased()
        guard let dash = text.firstIndex(of: "-"), text.utf8.count > 36 else { return text }
        return String(text[text.index(after: dash)...])
    }

    /// Returns `prefix` followed by `length` characters of the URL-safe base64 alphabet, 6 random bits each.
    public static func token(prefix: String, length: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var random = SystemRandomNumberGenerator()
        return prefix + String(decoding: (0..<length).map { _ in alphabet[Int(random.next() & 63)] }, as: UTF8.self)
    }
}

/// The SHA-256 of a secret, for looking up who has the secret. Takes 32 bytes instead of the 64 and more of its hexadecimal text.
public struct SecretDigest: Sendable, Hashable {
    private let first: UInt64, second: UInt64, third: UInt64, fourth: UInt64

    /// Hashes `secret`.
    public init(of secret: String) {
        var secret = secret, hash = SHA256()
        secret.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        self = hash.finalize().withUnsafeBytes { bytes in
            func word(_ index: Int) -> UInt64 { UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)) }
            return SecretDigest(first: word(0), second: word(1), third: word(2), fourth: word(3))
        }
    }

    /// The digest with this text, as `Digest.sha256` returns it. Nil for any other text.
    public init?(hex text: String) {
        var text = text
        let words: (UInt64, UInt64, UInt64, UInt64)? = text.withUTF8 { digits in
            guard digits.count == 64, let base = digits.baseAddress, let first = Self.word(base), let second = Self.word(base + 16),
                let third = Self.word(base + 32), let fourth = Self.word(base + 48)
            else { return nil }
            return (first, second, third, fourth)
        }
        guard let words else { return nil }
        self.init(first: words.0, second: words.1, third: words.2, fourth: words.3)
    }

    /// The number with these 16 hexadecimal digits. A start reads hundreds of thousands of digests, so the digits are looked up.
    private static func word(_ digits: UnsafePointer<UInt8>) -> UInt64? {
        var word: UInt64 = 0, all: UInt8 = 0
        for index in 0..<16 {
            let value = values[Int(digits[index])]
            all |= value
            word = word << 4 | UInt64(value & 15)
        }
        return all < 16 ? word : nil
    }

    /// The value of each byte as a hexadecimal digit; 16 for all other bytes.
    private static let values: [UInt8] = (0...255).map { byte in
        switch UInt8(byte) {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt8(byte) - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt8(byte) - UInt8(ascii: "a") + 10
        default: 16
        }
    }

    private init(first: UInt64, second: UInt64, third: UInt64, fourth: UInt64) {
        (self.first, self.second, self.third, self.fourth) = (first, second, third, fourth)
    }

    /// One word is enough, because every bit of a digest is as good as random.
    public func hash(into hasher: inout Hasher) { hasher.combine(first) }
}

/// Hashes values that must not be stored in plain text, and encodes and compares hashes.
public enum Digest {
    /// SHA-256 in lowercase hex. Use it for secrets with 128 or more random bits, for which a slow hash adds nothing.
    public static func sha256(_ text: String) -> String {
        var text = text, hash = SHA256()
        text.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        return hash.finalize().withUnsafeBytes { hex($0) }
    }

    /// The bytes in lowercase hex.
    public static func hex(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 { value + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10) }

    /// Whether the texts are equal. The time that this takes does not reveal where they differ.
    public static func equal(_ left: String, _ right: String) -> Bool {
        // Compares digests, so the time does not reveal the lengths either.
        let left = SHA256.hash(data: Array(left.utf8)), right = SHA256.hash(data: Array(right.utf8))
        return left == right  // swift-crypto compares digests in constant time
    }
}
