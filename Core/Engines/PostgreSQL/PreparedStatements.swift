/// The statements prepared on a connection, by text. Keeps the most recently used ones.
struct PreparedStatements {
    private struct Entry {
        let name: String
        var usedAt: Int
    }

    let capacity: Int
    private var entries: [String: Entry] = [:]
    private var clock = 0
    private var nextName = 0

    init(capacity: Int = 128) { self.capacity = capacity }

    /// The name of the prepared statement for `text`; nil if it isn't prepared.
    mutating func name(of text: String) -> String? {
        clock += 1
        entries[text]?.usedAt = clock
        return entries[text]?.name
    }

    /// Returns an unused name for a new prepared statement.
    mutating func newName() -> String {
        nextName += 1
        return "p\(nextName)"
    }

    /// Records `text` as prepared. Returns the name of the statement that was evicted to make room, which the caller must
    /// deallocate.
    mutating func add(_ text: String, name: String) -> String? {
        clock += 1
        entries[text] = Entry(name: name, usedAt: clock)
        guard entries.count > capacity, let oldest = entries.min(by: { $0.value.usedAt < $1.value.usedAt }) else { return nil }
        entries[oldest.key] = nil
        return oldest.value.name
    }

    /// Removes `text`, and returns the name of its prepared statement.
    mutating func remove(_ text: String) -> String? { entries.removeValue(forKey: text)?.name }
    mutating func removeAll() { entries = [:] }
}
