@_spi(Host) import Storage

/// Something that is driven by the journal: it sees every batch of stored events, in order, at least once, also across a crash.
///
/// The host keeps a durable cursor for each follower, and the journal keeps what the slowest follower still needs, within a bound.
@_spi(Host) public protocol JournalFollower: Sendable {
    /// The name under which the cursor is stored. A follower with a new name begins with the events that arrive from then on.
    var name: String { get }

    /// Takes a batch. If it throws, the same events come again after a pause, perhaps in batches of another size. After a crash, the events
    /// of about the last second come again.
    func take(_ batch: FollowedBatch) async throws
}

/// Events that were stored, for a follower.
@_spi(Host) public struct FollowedBatch: Sendable {
    /// The rows, in order of arrival, without those of duplicates. Sessions are those that collection proposed; the event store may have
    /// merged them with others since.
    public let rows: [EncodedRow]
    /// The tables that the rows' numbers stand for.
    public let tables: [FactTable]
    /// The position in the journal after the batch. It identifies what was taken to a follower that remembers it.
    public let position: JournalPosition
}

/// Where the duplicates of applied batches are in the journal. The store finds them while it applies a batch, and keeps them in the same
/// transaction, because nothing could tell them later.
enum FollowedDuplicates {
    /// `first_byte` and `last_byte` are the ends of the batch in the segment. `places` has the duplicates as `record:row-row`, separated by
    /// spaces: the byte at which the record begins, and the first and last of its rows that are duplicates.
    static let table = Table(
        "ingest_duplicates",
        [
            Column("journal", .text), Column("segment", .int64), Column("first_byte", .int64), Column("last_byte", .int64),
            Column("places", .text),
        ], primaryKey: ["journal", "segment", "last_byte"])

    /// The statement that keeps the duplicates of a batch; nil if it has none.
    /// - Parameters:
    ///   - records: where each record begins, and how many rows it has.
    ///   - duplicates: for each row of the batch, whether it is a duplicate.
    static func insertion(
        journal: String, from start: JournalPosition, to end: JournalPosition, records: [(offset: Int64, rows: Int)], duplicates: [Bool]
    ) -> SQL? {
        guard duplicates.contains(true) else { return nil }
        var places = "", first = 0
        for (offset, rows) in records {
            var row = 0
            while row < rows {
                guard duplicates[first + row] else {
                    row += 1
                    continue
                }
                let from = row
                while row < rows, duplicates[first + row] { row += 1 }
                places += (places.isEmpty ? "" : " ") + "\(offset):\(from)-\(row - 1)"
            }
            first += rows
        }
        return """
            /* ingest.keep_duplicates */ INSERT INTO ingest_duplicates (journal, segment, first_byte, last_byte, places)
            VALUES (\(journal), \(start.segment), \(start.offset), \(end.offset), \(places))
            """
    }

    static func selection(journal: String, from start: JournalPosition, to end: Int64) -> SQL {
        """
        /* ingest.duplicates */ SELECT places FROM ingest_duplicates
        WHERE journal = \(journal) AND segment = \(start.segment) AND first_byte < \(end) AND last_byte > \(start.offset)
        """
    }

    static func deletion(journal: String, before segment: Int64) -> SQL {
        "/* ingest.forget_duplicates */ DELETE FROM ingest_duplicates WHERE journal = \(journal) AND segment < \(segment)"
    }

    /// The rows that are duplicates, by the byte at which their record begins.
    static func parse(_ places: [String]) -> [Int64: [ClosedRange<Int>]] {
        var found: [Int64: [ClosedRange<Int>]] = [:]
        for place in places.joined(separator: " ").split(separator: " ") {
            let numbers = place.split { $0 == ":" || $0 == "-" }.compactMap { Int64($0) }
            guard numbers.count == 3, numbers[1] <= numbers[2] else { continue }
            found[numbers[0], default: []].append(Int(numbers[1])...Int(numbers[2]))
        }
        return found
    }
}
