import Common
import Testing

@Suite("Compression")
struct CompressionTests {
    private static let tooLarge = ServiceError(status: 413, code: "too_large", message: "Too large.")
    private static let damaged = ServiceError.body("the compressed data is damaged or truncated.")

    private static func inflate(_ bytes: [UInt8], maximum: Int = 1 << 20) throws -> [UInt8] {
        try Compression.inflate(bytes, maximum: maximum, tooLarge: tooLarge)
    }

    @Test("inflates what it compresses", arguments: [0, 1, 2, 100, 65_535, 65_536, 65_537, 131_072, 300_000])
    func roundTrip(count: Int) throws {
        var noise = Noise(seed: UInt64(count))
        let random = noise.bytes(count), regular = (0..<count).map { UInt8($0 % 7) }
        #expect(try Self.inflate(Compression.gzip(random)) == random)
        #expect(try Self.inflate(Compression.gzip(regular)) == regular)
        if count > 1_000 { #expect(Compression.gzip(regular).count < count / 20) }
    }

    @Test("reads gzip and deflate alike")
    func formats() throws {
        // Made with python3: zlib.compress(b'{"type":"pageview"}'), and gzip.compress of the same bytes.
        let deflate: [UInt8] = [
            0x78, 0x9C, 0xAB, 0x56, 0x2A, 0xA9, 0x2C, 0x48, 0x55, 0xB2, 0x52, 0x2A, 0x48, 0x4C, 0x4F, 0x2D, 0xCB, 0x4C, 0x2D, 0x57, 0xAA,
            0x05,
            0x00, 0x43, 0x29, 0x06, 0xD5,
        ]
        #expect(String(decoding: try Self.inflate(deflate), as: UTF8.self) == #"{"type":"pageview"}"#)
        #expect(Compression.gzip(Array(#"{"type":"pageview"}"#.utf8)).prefix(3) == [0x1F, 0x8B, 0x08])
    }

    @Test("a zip bomb is stopped at the limit; data of exactly the limit is not")
    func bomb() throws {
        let bomb = Compression.gzip([UInt8](repeating: 0, count: 50_000_000))
        #expect(bomb.count < 60_000)
        #expect(throws: Self.tooLarge) { try Self.inflate(bomb, maximum: 1_048_576) }
        let fitting = Compression.gzip([UInt8](repeating: 7, count: 200_000))
        #expect(try Self.inflate(fitting, maximum: 200_000).count == 200_000)
        #expect(throws: Self.tooLarge) { try Self.inflate(fitting, maximum: 199_999) }
        #expect(throws: Self.tooLarge) { try Self.inflate(fitting, maximum: 0) }
        #expect(try Self.inflate(Compression.gzip([]), maximum: 0).isEmpty)
    }

    @Test("rejects data truncated at any byte")
    func cut() {
        var noise = Noise(seed: 21)
        let whole = Compression.gzip(noise.bytes(200))
        for count in 0..<whole.count {
            #expect(throws: Self.damaged) { try Self.inflate(Array(whole[0..<count])) }
        }
        let long = Compression.gzip(noise.bytes(200_000))
        for count in [65_536, 131_072, long.count - 8, long.count - 1] {
            #expect(throws: Self.damaged) { try Self.inflate(Array(long[0..<count])) }
        }
    }

    @Test("rejects damaged data, and never returns other data")
    func damaged() throws {
        var noise = Noise(seed: 22)
        let original = Array("the quick brown fox jumps over the lazy dog, and over it again: the quick brown fox".utf8)
        let whole = Compression.gzip(original)
        for index in whole.indices {
            var bytes = whole
            bytes[index] ^= UInt8.random(in: 1...255, using: &noise)
            do {
                // Some bits don't affect the data: time and system in the header, padding in the last byte.
                #expect(try Self.inflate(bytes) == original)
            } catch {
                #expect(error as? ServiceError == Self.damaged)
            }
        }
    }

    @Test("rejects data that isn't compressed", arguments: ["", "{", #"{"type":"pageview"}"#, "\u{1F}", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxx"])
    func plain(text: String) {
        #expect(throws: Self.damaged) { try Self.inflate(Array(text.utf8)) }
    }

    @Test("random bytes never crash it")
    func anything() {
        var noise = Noise(seed: 23)
        for round in 0..<2_000 {
            var bytes = noise.bytes(Int.random(in: 0...60, using: &noise))
            if round % 2 == 0, bytes.count > 3 { bytes.replaceSubrange(0..<3, with: [0x1F, 0x8B, 0x08]) }
            _ = try? Self.inflate(bytes, maximum: 10_000)
        }
    }
}
