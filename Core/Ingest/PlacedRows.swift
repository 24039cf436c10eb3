@_spi(Host) import Storage

/// Decodes the rows of a batch for `SessionPlacement`, and rewrites the rows whose session it changed.
struct PlacedRows {
    /// A row of activity.
    struct Member {
        let index: Int
        let at: Int64
        /// The `session_at` of the proposed session, and the row's `seq` in that session. A negative `seq` gives no position.
        let name: Int64
        var seq: Int64 = -1
        /// The `session_id` that was sent, as UTF-8.
        var id: [UInt8]?
        let attributes: ArraySlice<UInt8>
        let isTentative: Bool
    }

    /// A batch's rows of one visitor. Only visitors with tentative rows are decoded.
    struct Visit {
        let visitor: SessionPlacement.Visitor
        var members: [Member] = []
        /// Facts of events that have no activity row, if the session is tentative.
        var facts: [(index: Int, at: Int64)] = []
    }

    /// The new session of each row whose session changes, by row index.
    struct Changes {
        fileprivate struct Change {
            let session: Int64
            let attributes: ArraySlice<UInt8>
            /// The new `seq`; nil to keep the row's current one.
            let seq: Int32?
        }

        fileprivate var changes: [Int: Change] = [:]

        /// - Parameter rows: the largest number of rows that may change.
        init(atMost rows: Int) { changes.reserveCapacity(rows) }

        mutating func add(_ group: SessionGroups.Group, of visit: Visit) {
            var late = group.stored.map(\.late).max() ?? 0, hasFirst = group.stored.contains { $0.name == group.name }
            for place in group.members {
                let member = visit.members[place]
                // A session has only one first row.
                let keepsPlace = member.name == group.name && member.seq > 0 && !(member.seq == 1 && hasFirst)
                if keepsPlace { hasFirst = true } else { late += 1 }
                if keepsPlace, member.attributes.isSame(as: group.attributes) { continue }
                changes[member.index] = Change(
                    session: group.name, attributes: group.attributes, seq: keepsPlace ? nil : Activity.seq(late: late))
            }
        }

        mutating func add(_ group: SessionGroups.Group, toFact index: Int) {
            changes[index] = Change(session: group.name, attributes: group.attributes, seq: nil)
        }
    }

    private(set) var visits: [Visit]
    private let rows: [EncodedRow]
    private let tables: [Table]

    /// The positions of the session columns in a table.
    private struct Table {
        let isActivity: Bool
        let sessionAt: Int?
        /// The session attributes of the table, each with its index in `Activity.attributes`.
        let attributes: [(column: Int, attribute: Int)]
        /// The columns to replace when the session changes. In activity, `seq` and `gap` are replaced separately.
        let places: [Range<Int>]

        init(_ table: FactTable) {
            let names = table.allColumns.map(\.name), own = table.sessionAttributes
            isActivity = table.name == Activity.table.name
            sessionAt = names.firstIndex(of: "session_at")
            attributes = own.map { (names.firstIndex(of: $0)!, Activity.attributes.firstIndex(of: $0)!) }.sorted { $0.0 < $1.0 }
            let session = sessionAt.map { [$0..<($0 + 1)] } ?? []
            places = session + (isActivity ? [firstAttribute..<endOfAttributes] : attributes.map { $0.column..<($0.column + 1) })
        }
    }

    private static let names = Activity.table.allColumns.map(\.name)
    private static let sessionAt = names.firstIndex(of: "session_at")!
    private static let seq = names.firstIndex(of: "seq")!
    private static let firstAttribute = names.firstIndex(of: Activity.attributes[0])!
    private static let endOfAttributes = firstAttribute + Activity.attributes.count
    private static let sessionID = names.firstIndex(of: "session_id")!

    /// - Parameter visitors: the visitors whose rows to decode, each with its index in `visits`.
    init(_ rows: [EncodedRow], tables: [FactTable], of visitors: [SessionPlacement.Visitor: Int]) {
        self.rows = rows
        self.tables = tables.map(Table.init)
        visits = visitors.sorted { $0.value < $1.value }.map { Visit(visitor: $0.key) }
        for (index, row) in rows.enumerated() {
            row.read { header, cursor in
                guard header.role == .event, tables.indices.contains(header.table) else { return }
                cursor.skip(1)
                guard case .int(let at)? = cursor.next(), case .int(let key)? = cursor.next(),
                    let place = visitors[SessionPlacement.Visitor(project: header.project, key: key)]
                else { return }
                let table = self.tables[header.table]
                if table.isActivity {
                    if let member = Self.member(row, index, at, header, &cursor) { visits[place].members.append(member) }
                } else if header.isTentative, table.sessionAt != nil {
                    visits[place].facts.append((index, at))
                }
            }
        }
    }

    private static func member(
        _ row: EncodedRow, _ index: Int, _ at: Int64, _ header: EncodedRow.Header, _ cursor: inout EncodedRow.Cursor
    ) -> Member? {
        cursor.skip(sessionAt - FactTable.commonColumns.count)
        guard case .int(let session)? = cursor.next() else { return nil }
        cursor.skip(seq - sessionAt - 1)
        let place = cursor.next()
        cursor.skip(firstAttribute - seq - 1)
        let start = cursor.at
        cursor.skip(Activity.attributes.count)
        let end = cursor.at
        guard end > start else { return nil }
        cursor.skip(sessionID - endOfAttributes)
        var member = Member(
            index: index, at: at, name: session, attributes: row.bytes[(row.bytes.startIndex + start)..<(row.bytes.startIndex + end)],
            isTentative: header.isTentative)
        if case .int(let seq)? = place { member.seq = seq }
        if case .text(let utf8)? = cursor.next() { member.id = Array(utf8) }
        return member
    }

    // MARK: Rewriting

    /// Returns all rows of the batch with the changes applied. Rows that follow an event and belong to it get the event's change.
    func rows(changed: Changes) -> [EncodedRow] {
        guard !changed.changes.isEmpty else { return rows }
        var written = RowEncoder(), places: [(row: Int, bytes: Range<Int>)] = [], event: Changes.Change?
        for (index, row) in rows.enumerated() {
            let header = row.header
            if header.role == .event { event = changed.changes[index] }
            guard let change = event, header.role != .note, tables.indices.contains(header.table), tables[header.table].sessionAt != nil
            else { continue }
            let start = written.bytes.count
            Self.write(row, of: tables[header.table], change, to: &written)
            places.append((index, start..<written.bytes.count))
        }
        // The slices are taken once everything is written, so all changed rows share one buffer.
        var all = rows
        for (index, bytes) in places { all[index] = EncodedRow(written.bytes[bytes]) }
        return all
    }

    private static func write(_ row: EncodedRow, of table: Table, _ change: Changes.Change, to written: inout RowEncoder) {
        if table.isActivity, let seq = change.seq {
            // `gap` follows `seq`.
            row.append(to: &written, replacing: [table.places[0], Self.seq..<(Self.seq + 2), table.places[1]]) { place, row in
                switch place {
                case 0: row.append(change.session)
                case 1:
                    row.append(Int64(seq))
                    row.appendNull()
                default: row.append(encoded: change.attributes)
                }
            }
        } else {
            let texts = table.isActivity || table.attributes.isEmpty ? [] : EncodedRow.texts(in: change.attributes)
            row.append(to: &written, replacing: table.places) { place, row in
                if place == 0 {
                    row.append(change.session)
                } else if table.isActivity {
                    row.append(encoded: change.attributes)
                } else {
                    row.append(texts[table.attributes[place - 1].attribute])
                }
            }
        }
    }
}
