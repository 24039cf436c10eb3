@_spi(Host) import Storage

/// A filter for event ids that may already be in the table. It matches every stored id, and a few per billion of all other ids.
/// Callers look up matching ids in the table.
///
/// The table of ids has no index: ids are random numbers, and an index over them would cost more memory and time than everything
/// else in a batch combined. Without the filter, scanning the table takes 60 ms per batch with 10 million ids (2 cores). The filter
/// takes 5 to 16 bytes per id.
struct SeenEvents: ~Copyable {
    /// One fingerprint per slot; 0 marks a free slot. The number of slots is a power of two, so `mask` can pick the slot where a
    /// search starts.
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

    /// Whether `more` ids still fit. The filter is full at three quarters: beyond that, searches get long, and without a free slot
    /// they would never end. When it is full, load a larger filter from the table.
    func hasRoom(for more: Int) -> Bool { count + more <= slots.count / 4 * 3 }

    func mayContain(_ id: EncodedRow.EventID) -> Bool { slots[place(of: id)] != 0 }

    mutating func insert(_ id: EncodedRow.EventID) {
        let place = place(of: id)
        if slots[place] != 0 { return }
        slots[place] = Self.fingerprint(Self.mixed(id))
        count += 1
    }

    /// The slot that holds the id's fingerprint, or the free slot where the fingerprint belongs.
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

    /// A hash of the id. Needed because ids are not necessarily random.
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
    /// The maximum number of ids for which a filter is loaded. With more ids there is no filter, and every batch scans the table. At
    /// this number, a filter takes 1 GB, or 512 MB if it held at most 67 million ids when it was loaded.
    private static let maximum = 96_000_000
    /// The number of rows read at a time.
    private static let slice: Int64 = 1_000_000

    /// Loads all ids of the table, and leaves room for half as many again plus `more`. Returns nil when there are too many ids.
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
