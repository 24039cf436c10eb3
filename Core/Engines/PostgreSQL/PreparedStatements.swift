/// Which statements are prepared on a connection: the most recently used ones, by their text.
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

    /// The name under which the server knows `text`; nil when it doesn't.
    mutating func name(of text: String) -> String? {
        clock += 1
        entries[text]?.usedAt = clock
        return entries[text]?.name
    }

    /// A name to prepare `text` under.
    mutating func newName() -> String {
        nextName += 1
        return "p\(nextName)"
    }

    /// Keeps `text` as prepared; returns the name of the statement that gave way, which is to be deallocated.
    mutating func add(_ text: String, name: String) -> String? {
        clock += 1
        entries[text] = Entry(name: name, usedAt: clock)
        guard entries.count > capacity, let oldest = entries.min(by: { $0.value.usedAt < $1.value.usedAt }) else { return nil }
        entries[oldest.key] = nil
        return oldest.value.name
    }

    mutating func remove(_ text: String) -> String? { entries.removeValue(forKey: text)?.name }
    mutating func removeAll() { entries = [:] }
}
