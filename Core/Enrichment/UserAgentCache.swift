import Synchronization

/// A fixed-size cache of parsed headers.
///
/// The cache is split into shards with one lock each. Within a shard, each header maps to a set of four entries, and a new header replaces
/// the oldest of them. So memory is bounded, the cache is never emptied as a whole, and a flood of made-up headers causes only cache
/// misses.
final class UserAgentCache: Sendable {
    /// Headers longer than this are not cached. They are rare, and caching them would let a stranger fill the memory.
    static let lengthLimit = 1024

    private static let shardCount = 32
    private static let ways = 4

    private struct Entry {
        var hash: UInt64
        var header: String
        var agent: UserAgent
    }

    /// This is a class because a `Mutex` can't be copied and so can't be an array element.
    private final class Shard: Sendable {
        let entries: Mutex<[Entry?]>

        init(_ count: Int) { entries = Mutex(Array(repeating: nil, count: count)) }
    }

    private let shards: [Shard]
    private let setMask: UInt64
    /// A random seed, so nobody can construct headers that all map to the same set.
    private let seed: UInt64

    /// - Parameter capacity: How many headers to cache, rounded up so that the number of sets per shard is a power of two.
    init(capacity: Int) {
        let perShard = max(Self.ways, (capacity + Self.shardCount - 1) / Self.shardCount)
        var sets = 1
        while sets * Self.ways < perShard { sets *= 2 }
        setMask = UInt64(sets - 1)
        seed = UInt64.random(in: .min ... .max)
        shards = (0..<Self.shardCount).map { _ in Shard(sets * Self.ways) }
    }

    /// Returns the cached result. If there is none, calls `read` and caches its result.
    @inline(__always)
    func answer(to header: String, orElse read: (String) -> UserAgent) -> UserAgent {
        let length = header.utf8.count
        guard length > 0, length <= Self.lengthLimit else { return read(header) }
        let hash = header.withBytes { $0.hash(seed: seed) }
        let shard = shards[Int(hash >> 59)]
        let first = Int((hash & setMask)) * Self.ways
        let cached: UserAgent? = shard.entries.withLock { entries in
            for place in first..<first + Self.ways {
                guard let entry = entries[place], entry.hash == hash else { continue }
                if entry.header == header { return entry.agent }
            }
            return nil
        }
        if let cached { return cached }

        let agent = read(header)
        let entry = Entry(hash: hash, header: header, agent: agent)
        shard.entries.withLock { entries in
            // The newest entry comes first, and the fourth is evicted.
            for place in stride(from: first + Self.ways - 1, to: first, by: -1) { entries[place] = entries[place - 1] }
            entries[first] = entry
        }
        return agent
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// A fast hash of the bytes, computed eight bytes at a time. It depends on `seed`, so it is valid only within this process.
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

    /// Multiplies to 128 bits and combines the two halves, as wyhash does.
    @inline(__always)
    private static func mix(_ value: UInt64, _ seed: UInt64) -> UInt64 {
        let product = (value ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: seed | 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }
}
