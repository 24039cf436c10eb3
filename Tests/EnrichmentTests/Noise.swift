/// Random input that is the same on every run.
struct Noise: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// - Source: SplitMix64, S. Vigna.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// Random bytes as text; invalid sequences become U+FFFD.
    mutating func text(upTo limit: Int) -> String {
        let count = Int.random(in: 0...limit, using: &self)
        return String(decoding: (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }, as: UTF8.self)
    }

    /// Pieces that a parser knows, in random order.
    mutating func text(of pieces: [String], upTo limit: Int) -> String {
        let count = Int.random(in: 0...limit, using: &self)
        return (0..<count).map { _ in pieces.randomElement(using: &self)! }.joined()
    }
}
