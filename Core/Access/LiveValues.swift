import Common
import Synchronization

/// What modules keep in memory for each project, such as its segments. A value is read when it is first needed, and dropped as soon as this
/// host knows that a host has changed what it was read from.
///
/// Memory is bounded: values that were not used for some time are dropped when the limit is reached, and values that are too large are not
/// kept at all.
@_spi(Definitions) public final class LiveValues: Sendable {
    private struct Key: Hashable {
        let kind: ExactText
        let project: ExactText

        init(_ kind: String, _ project: String) {
            self.kind = ExactText(kind)
            self.project = ExactText(project)
        }
    }

    /// A value with its approximate size. Nil if it is too large to keep.
    private struct Entry {
        let value: (any Sendable)?
        let bytes: Int
    }

    private struct State {
        /// `recent` was used in this period, `older` only in the one before. A new period begins when `recent` takes half of the limit.
        var recent: [Key: Entry] = [:], older: [Key: Entry] = [:]
        var recentBytes = 0
        /// The latest read of each value that is being read. A change removes it, so that what is read before the change is not kept.
        var reads: [Key: Int] = [:]
        var lastRead = 0

        mutating func keep(_ entry: Entry, as key: Key, within bytes: Int) {
            if recentBytes + entry.bytes > bytes / 2 { (older, recent, recentBytes) = (recent, [:], 0) }
            recent[key] = entry
            recentBytes += entry.bytes
        }
    }

    /// What each key takes, in addition to its value.
    private static let keyBytes = 300

    private let maximumBytes: Int
    private let state = Mutex(State())

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// The largest value that is kept, in bytes.
    public var largest: Int { maximumBytes / 8 }

    /// The value of a kind in a project.
    /// - Parameter read: reads the value, and estimates the memory that it takes. Returns nil if the value is larger than `largest`.
    /// - Returns: nil if the value is too large to be kept.
    public func value<Value: Sendable>(
        _ kind: String, of project: String, read: () async throws -> (value: Value, bytes: Int)?
    ) async throws -> Value? {
        let key = Key(kind, project)
        let (known, ticket) = state.withLock { state -> (Entry?, Int) in
            if let entry = state.recent[key] { return (entry, 0) }
            if let entry = state.older.removeValue(forKey: key) {
                state.keep(entry, as: key, within: maximumBytes)
                return (entry, 0)
            }
            state.lastRead += 1
            state.reads[key] = state.lastRead
            return (nil, state.lastRead)
        }
        if let known { return known.value as? Value }
        let found: (value: Value, bytes: Int)?
        do { found = try await read() } catch {
            state.withLock { if $0.reads[key] == ticket { $0.reads[key] = nil } }
            throw error
        }
        state.withLock { state in
            guard state.reads[key] == ticket else { return }
            state.reads[key] = nil
            state.keep(Entry(value: found?.value, bytes: (found?.bytes ?? 0) + Self.keyBytes), as: key, within: maximumBytes)
        }
        return found?.value
    }

    func drop(_ kind: String, of project: String) {
        let key = Key(kind, project)
        state.withLock { state in
            state.reads[key] = nil
            state.older[key] = nil
            if let entry = state.recent.removeValue(forKey: key) { state.recentBytes -= entry.bytes }
        }
    }

    func dropAll() { state.withLock { ($0.recent, $0.older, $0.recentBytes, $0.reads) = ([:], [:], 0, [:]) } }

    /// The approximate size of all values. For tests.
    var bytes: Int { state.withLock { $0.recentBytes + $0.older.values.reduce(0) { $0 + $1.bytes } } }
}
