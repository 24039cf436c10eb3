import Storage

/// The rows of a batch as `SessionPlacement` reads them, and with what it found written into them.
struct PlacedRows {
    /// A row of activity.
    struct Member {
        let index: Int
        let at: Int64
        /// The session that was proposed, and the place in it.
        let name, seq: Int64
        /// UTF-8 of the `session_id` that was sent.
        let id: [UInt8]?
        let attributes: ArraySlice<UInt8>
        let isTentative: Bool
    }

    /// What is in the batch of a visitor with tentative rows.
    struct Visit {
        var members: [Member] = []
        /// Facts of events that are no activity and whose session is tentative.
        var facts: [(index: Int, at: Int64)] = []
    }

    /// By the number of a row: the session that it belongs to. Rows that stay as they are have none.
    struct Changes {
        fileprivate struct Change {
            let session: Int64
            let attributes: ArraySlice<UInt8>
            /// Nil: the one that it has.
            let seq: Int32?
        }

        fileprivate var changes: [Int: Change] = [:]

        mutating func add(_ group: SessionGroups.Group, of visit: Visit) {
            var late = group.stored.map(\.late).max() ?? 0, hasFirst = group.stored.contains { $0.name == group.name }
            for place in group.members {
                let member = visit.members[place]
                // The first of a session comes once.
                let keepsPlace = member.name == group.name && member.seq > 0 && !(member.seq == 1 && hasFirst)
                if keepsPlace { hasFirst = true } else { late += 1 }
                if keepsPlace, member.attributes == group.attributes { continue }
                changes[member.index] = Change(session: group.name, attributes: group.attributes, seq: keepsPlace ? nil : Activity.seq(late: late))
            }
        }

        mutating func add(_ group: SessionGroups.Group, toFact index: Int) {
            changes[index] = Change(session: group.name, attributes: group.attributes, seq: nil)
        }
    }

    private(set) var visits: [SessionPlacement.Visitor: Visit] = [:]
    private let rows: [EncodedRow]
    private let tables: [Table]

    /// Where a table says what the session is.
    private struct Table {
        let isActivity: Bool
        let sessionAt: Int?
        /// With the place among `Activity.attributes`.
        let attributes: [(column: Int, attribute: Int)]

        init(_ table: FactTable) {
            let names = table.allColumns.map(\.name), own = table.sessionAttributes
            isActivity = table.name == Activity.table.name
            sessionAt = names.firstIndex(of: "session_at")
            attributes = own.map { (names.firstIndex(of: $0)!, Activity.attributes.firstIndex(of: $0)!) }.sorted { $0.0 < $1.0 }
        }
    }

    private static let names = Activity.table.allColumns.map(\.name)
    private static let sessionAt = names.firstIndex(of: "session_at")!
    private static let seq = names.firstIndex(of: "seq")!
    private static let firstAttribute = names.firstIndex(of: Activity.attributes[0])!
    private static let endOfAttributes = firstAttribute + Activity.attributes.count
    private static let sessionID = names.firstIndex(of: "session_id")!

    init(_ rows: [EncodedRow], tables: [FactTable], of visitors: Set<SessionPlacement.Visitor>) {
        self.rows = rows
        self.tables = tables.map(Table.init)
        for (index, row) in rows.enumerated() {
            row.read { header, cursor in
                guard header.role == .event, tables.indices.contains(header.table) else { return }
                _ = cursor.next()
                guard case .int(let at)? = cursor.next(), case .int(let key)? = cursor.next() else { return }
                let visitor = SessionPlacement.Visitor(project: header.project, key: key)
                guard visitors.contains(visitor) else { return }
                let table = self.tables[header.table]
                if table.isActivity {
                    if let member = Self.member(row, index, at, header, &cursor) { visits[visitor, default: Visit()].members.append(member) }
                } else if header.isTentative, table.sessionAt != nil {
                    visits[visitor, default: Visit()].facts.append((index, at))
                }
            }
        }
    }

    private static func member(
        _ row: EncodedRow, _ index: Int, _ at: Int64, _ header: EncodedRow.Header, _ cursor: inout EncodedRow.Cursor
    ) -> Member? {
        var session: Int64?, seq: Int64 = -1, id: [UInt8]?, start = 0, end = 0
        for column in FactTable.commonColumns.count..<names.count {
            if column == firstAttribute { start = cursor.at }
            if column == endOfAttributes { end = cursor.at }
            switch (column, cursor.next()) {
            case (sessionAt, .int(let value)?): session = value
            case (Self.seq, .int(let value)?): seq = value
            case (sessionID, .text(let utf8)?): id = Array(utf8)
            default: break
            }
        }
        guard let session, end > start else { return nil }
        let attributes = row.bytes[(row.bytes.startIndex + start)..<(row.bytes.startIndex + end)]
        return Member(index: index, at: at, name: session, seq: seq, id: id, attributes: attributes, isTentative: header.isTentative)
    }

    // MARK: Writing

    /// All rows of the batch, those that changed as they are now. What comes of an event follows it.
    func rows(changed: Changes) -> [EncodedRow] {
        guard !changed.changes.isEmpty else { return rows }
        var event: Changes.Change?
        return rows.enumerated().map { index, row in
            let header = row.read { header, _ in header }
            if header.role == .event { event = changed.changes[index] }
            guard let change = event, header.role != .note, tables.indices.contains(header.table) else { return row }
            return row.replacing(encoded: Self.columns(of: tables[header.table], change))
        }
    }

    private static func columns(of table: Table, _ change: Changes.Change) -> [(columns: Range<Int>, bytes: ArraySlice<UInt8>)] {
        guard let session = table.sessionAt else { return [] }
        var columns = [(session..<(session + 1), encoded { $0.append(change.session) })]
        if table.isActivity {
            // `gap` follows `seq`.
            if let seq = change.seq {
                columns.append((Self.seq..<(Self.seq + 2), encoded { row in
                    row.append(Int64(seq))
                    row.appendNull()
                }))
            }
            columns.append((firstAttribute..<endOfAttributes, change.attributes))
        } else if !table.attributes.isEmpty {
            let texts = EncodedRow.texts(in: change.attributes)
            columns += table.attributes.map { own in (own.column..<(own.column + 1), encoded { $0.append(texts[own.attribute]) }) }
        }
        return columns
    }

    private static func encoded(_ write: (inout RowEncoder) -> Void) -> ArraySlice<UInt8> {
        var encoder = RowEncoder()
        write(&encoder)
        return encoder.bytes[...]
    }
}
