import Common
import DuckDBEngine
import SQLiteEngine

/// Explains in plain words why a store's file can't be used, and what to do about it.
struct StoreDiagnosis: CustomStringConvertible {
    let description: String

    private static let advice = "Restore a backup: pulse restore FOLDER --force, which sets the current data aside."

    /// Returns nil for an error that needs no explanation.
    init?(_ error: any Error) {
        switch error {
        case let error as SQLiteError: self.init(error)
        case let error as DuckDBError: self.init(error)
        default: return nil
        }
    }

    private init?(_ error: SQLiteError) {
        if error.isDamage {
            description = "The configuration database (control.sqlite) is damaged: \(error.message). \(Self.advice)"
        } else if error.isStorage {
            description =
                "The configuration database (control.sqlite) can't be used: \(error.message). Check the disk and the permissions of the data folder."
        } else {
            return nil
        }
    }

    private init?(_ error: DuckDBError) {
        let words = error.message.split(separator: "\n").first.map { String($0).excerpt(300) } ?? error.code
        if words.contains("WAL") {
            description =
                "The latest changes of the event database (events.duckdb.wal) are damaged: \(words) Move that file out of the data folder and start "
                + "again: the journal replays the changes as far as it reaches back, and the log says if any are missing. Otherwise: "
                + Self.advice
        } else if words.contains("No space left") {
            description = "The event database (events.duckdb) can't be used: \(words) Free some disk space."
        } else if ["data_corruption", "fatal", "serialization", "internal", "invalid"].contains(error.code)
            || words.contains("not a valid DuckDB database")
        {
            description =
                "The event database (events.duckdb) is damaged: \(words) If a crash has just left it empty, move it away together with events.duckdb.wal "
                + "and start again: the journal has the latest events, and the log says if others are missing. Otherwise: \(Self.advice)"
        } else {
            return nil
        }
    }
}
