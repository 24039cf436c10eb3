import Common
import DuckDBEngine
import SQLiteEngine

/// Why a store's file can't be used, and how to go on, in words for a person.
struct StoreProblem: CustomStringConvertible {
    let description: String

    private static let wayOn = "Restore a backup: pulse restore FOLDER --force, which sets aside what is there."

    /// Nil for an error that says all there is to say by itself.
    init?(_ error: any Error) {
        switch error {
        case let error as SQLiteError: self.init(error)
        case let error as DuckDBError: self.init(error)
        default: return nil
        }
    }

    private init?(_ error: SQLiteError) {
        if error.isDamage {
            description = "The configuration database (control.sqlite) is damaged: \(error.message). \(Self.wayOn)"
        } else if error.isStorage {
            description = "The configuration database (control.sqlite) can't be used: \(error.message). Look at the disk and at the rights of the data folder."
        } else {
            return nil
        }
    }

    private init?(_ error: DuckDBError) {
        let words = error.message.split(separator: "\n").first.map { String($0).excerpt(300) } ?? error.code
        if words.contains("WAL") {
            description = "The latest changes of the event database (events.duckdb.wal) are damaged: \(words) Move that file out of the data folder and start "
                + "again: what was in it comes from the journal once more, as far as this reaches back, and the log says if something is missing. Or else: "
                + Self.wayOn
        } else if words.contains("No space left") {
            description = "The event database (events.duckdb) can't be used: \(words) Make room on the disk."
        } else if ["data_corruption", "fatal", "serialization", "internal", "invalid"].contains(error.code) || words.contains("not a valid DuckDB database") {
            description = "The event database (events.duckdb) is damaged: \(words) Where a crash has just left it empty, move it away together with events.duckdb.wal "
                + "and start again: the journal has the latest events, and the log says if others are missing. Or else: \(Self.wayOn)"
        } else {
            return nil
        }
    }
}
