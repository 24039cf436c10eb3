import Synchronization

/// A memory of fixed size for parsed headers.
///
/// It is cut into shards with a lock each. In a shard a header has four places where it may stand; a new one takes the
/// place of the one that came first. So memory is bounded by construction, there is no moment at which everything is
/// thrown away, and a flood of invented headers costs misses and nothing else.
final class UserAgentCache: Sendable {
    /// Longer headers are not kept, as they are rare and would let a stranger fill the memory.
    static let lengthLimit = 1024

    private static let shardCount = 32
    private static let ways = 4

    private struct Entry {
        var hash: UInt64
        var header: String
        var agent: UserAgent
    }

    /// A class, as a `Mutex` can't be copied and so can't stand in an array itself.
    private final class Shard: Sendable {
        let entries: Mutex<[Entry?]>

        init(_ count: Int) { entries = Mutex(Array(repeating: nil, count: count)) }
    }

    private let shards: [Shard]
    private let setMask: UInt64
    /// Chosen by chance, so that nobody can compute headers that fall on one place.
    private let seed: UInt64

    /// - Parameter capacity: Rounded up so that each shard has a power of two of places.
    init(capacity: Int) {
        let perShard = max(Self.ways, (capacity + Self.shardCount - 1) / Self.shardCount)
        var sets = 1
        while sets * Self.ways < perShard { sets *= 2 }
        setMask = UInt64(sets - 1)
        seed = UInt64.random(in: .min ... .max)
        shards = (0..<Self.shardCount).map { _ in Shard(sets * Self.ways) }
    }

    /// The remembered answer, or the one that `read` gives, which is remembered then.
    @inline(__always)
    func answer(to header: String, orElse read: (String) -> UserAgent) -> UserAgent {
        let length = header.utf8.count
        guard length > 0, length <= Self.lengthLimit else { return read(header) }
        let hash = header.withBytes { $0.hash(seed: seed) }
        let shard = shards[Int(hash >> 59)]
        let first = Int((hash & setMask)) * Self.ways
        let known: UserAgent? = shard.entries.withLock { entries in
            for place in first..<first + Self.ways {
                guard let entry = entries[place], entry.hash == hash else { continue }
                if entry.header == header { return entry.agent }
            }
            return nil
        }
        if let known { return known }

        let agent = read(header)
        let entry = Entry(hash: hash, header: header, agent: agent)
        shard.entries.withLock { entries in
            // The newest stands first; the fourth falls out.
            for place in stride(from: first + Self.ways - 1, to: first, by: -1) { entries[place] = entries[place - 1] }
            entries[first] = entry
        }
        return agent
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// A fast hash of the bytes, eight at a time; depends on `seed`, so it is good for this process only.
    @inline(__always)
    func hash(seed: UInt64) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: count)
        var index = 0
        let raw = UnsafeRawBufferPointer(self)
        while index + 8 <= count {
            hash = Self.mix(hash ^ raw.loadUnaligned(fromByteOffset: index, as: UInt64.self), seed)
            index += 8
        }
        var rest: UInt64 = 0
        while index < count {
            rest = rest << 8 | UInt64(self[index])
            index += 1
        }
        return Self.mix(hash ^ rest, seed)
    }

    /// Multiplies to 128 bits and folds them, as wyhash does.
    @inline(__always)
    private static func mix(_ value: UInt64, _ seed: UInt64) -> UInt64 {
        let product = (value ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: seed | 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }
}
