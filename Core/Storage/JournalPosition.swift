/// A position in a journal: the number of a segment and a byte offset in it.
@_spi(Host) public struct JournalPosition: Sendable, Hashable, Comparable {
    public let segment: Int64
    public let offset: Int64

    public init(segment: Int64, offset: Int64) {
        self.segment = segment
        self.offset = offset
    }

    /// The start of a journal.
    public static let start = JournalPosition(segment: 0, offset: 0)

    public static func < (left: JournalPosition, right: JournalPosition) -> Bool {
        (left.segment, left.offset) < (right.segment, right.offset)
    }
}

/// Two hosts have journals with the same id. This is an error, because new events from one host would be mistaken for stored events from
/// the other.
@_spi(Host) public struct JournalInUse: Error, Sendable, CustomStringConvertible {
    public let journal: String
    public init(journal: String) { self.journal = journal }

    public var description: String {
        "another host has a journal with the same id (\(journal)), so the data folder of one is a copy of the other's. Stop one of the hosts, and "
            + "move the journal/ folder out of its data folder; the host then starts a new journal"
    }
}
