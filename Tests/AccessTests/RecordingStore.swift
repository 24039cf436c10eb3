@_spi(Host) import Storage
import Synchronization

/// A control store that notes which statements are run and how many rows each one returns.
final class RecordingStore: ControlStore {
    private let base: any ControlStore
    private let notes = Mutex<[String]>([])

    init(_ base: any ControlStore) { self.base = base }

    var dialect: Dialect { base.dialect }

    /// The statements since the last call by their names, each with the number of its rows, such as `access.keys 3`.
    func take() -> [String] {
        notes.withLock { notes in
            defer { notes = [] }
            return notes
        }
    }

    func read(_ statement: SQL) async throws -> Rows {
        let rows = try await base.read(statement)
        note(statement, rows.count)
        return rows
    }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any ControlTransaction) async throws -> Result
    ) async throws -> Result {
        try await base.write { transaction in try await body(Recording(base: transaction, store: self)) }
    }

    private func note(_ statement: SQL, _ rows: Int) {
        let words = statement.rendered(for: dialect).text.split(separator: " ")
        notes.withLock { $0.append("\(words.first == "/*" ? words[1] : "?") \(rows)") }
    }

    private struct Recording: ControlTransaction {
        let base: any ControlTransaction
        let store: RecordingStore

        func run(_ statement: SQL) async throws -> Rows {
            let rows = try await base.run(statement)
            store.note(statement, rows.count)
            return rows
        }
    }
}
