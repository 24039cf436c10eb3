import Storage

/// Which event ids may have been stored: never wrong about one that was; of a thousand million that were not, a few
/// are taken for known and then looked up.
///
/// The table of ids has no index, as one over random numbers costs more memory and time than everything else in a batch
/// together; and to scan it takes 60 ms for each batch with 10 million ids (2 cores). Here an id takes 5 to 11 bytes.
struct SeenEvents: ~Copyable {
    /// A fingerprint each, 0 for none; a power of two of them, so that `mask` picks the place where a search begins.
    private let slots: UnsafeMutableBufferPointer<UInt32>
    private let mask: UInt64
    private var count = 0

    init(capacity: Int) {
        var size = 1 << 16
        while size / 4 * 3 < capacity { size *= 2 }
        slots = .allocate(capacity: size)
        slots.initialize(repeating: 0)
        mask = UInt64(size - 1)
    }

    deinit { slots.deallocate() }

    /// Whether so many more fit. Past that searches become long, and without a free slot they would never end; a larger one must be filled
    /// from the table.
    func hasRoom(for more: Int) -> Bool { count + more <= slots.count / 4 * 3 }

    func mayContain(_ id: EncodedRow.EventID) -> Bool { slots[place(of: id)] != 0 }

    mutating func insert(_ id: EncodedRow.EventID) {
        let place = place(of: id)
        if slots[place] != 0 { return }
        slots[place] = Self.fingerprint(Self.mixed(id))
        count += 1
    }

    /// Where the id's fingerprint is, or the free slot where it belongs.
    private func place(of id: EncodedRow.EventID) -> Int {
        let mixed = Self.mixed(id), fingerprint = Self.fingerprint(mixed)
        var place = mixed & mask
        while true {
            let found = slots[Int(place)]
            if found == 0 || found == fingerprint { return Int(place) }
            place = (place + 1) & mask
        }
    }

    private static func fingerprint(_ mixed: UInt64) -> UInt32 { max(1, UInt32(mixed >> 32)) }

    /// Spreads ids that are not random themselves.
    /// - Source: the finalizer of MurmurHash3, applied to each half.
    private static func mixed(_ id: EncodedRow.EventID) -> UInt64 {
        scrambled(scrambled(UInt64(bitPattern: id.high)) ^ UInt64(bitPattern: id.low))
    }

    private static func scrambled(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ (value >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        value = (value ^ (value >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return value ^ (value >> 33)
    }
}

extension SeenEvents {
    /// Past so many ids there is none, and every batch scans the table: 512 MB are enough.
    private static let maximum = 96_000_000
    /// Rows read at a time.
    private static let slice: Int64 = 1_000_000

    /// All ids of the table, with room for half as many again and for `more`; nil when there are too many.
    static func load(from connection: Connection, roomFor more: Int) throws -> SeenEvents? {
        let row = try connection.run("SELECT count(*) AS n, coalesce(max(rowid), -1) AS last FROM ingest_event_ids")[0]
        guard row.int("n") <= maximum else { return nil }
        var seen = SeenEvents(capacity: Int(row.int("n")) * 3 / 2 + more)
        for start in stride(from: 0, through: row.int("last"), by: Int(slice)) {
            try connection.forEachPair(
                "SELECT id_high, id_low FROM ingest_event_ids WHERE rowid >= $1::bigint AND rowid < $2::bigint",
                [.int(start), .int(start + slice)]
            ) { seen.insert(EncodedRow.EventID(high: $0, low: $1)) }
        }
        return seen
    }
}
