import Common

/// A correction of a stored session that turned out to be part of another one, or to have begun with other activity than stored. Apart
/// from deletion, no other change is made to stored facts (`docs/decisions.md`, "Moves of stored sessions"). The correction is made in the
/// transaction that stores the activity that revealed the mistake.
@_spi(Host) public struct SessionMove: Sendable {
    public let project: Int32
    /// The key of the visitor whose session it is.
    let visitor: Int64
    /// The session's `session_at` before and after the move. They may be equal.
    let oldStart, newStart: Int64
    /// The attributes of the session's first activity before and after the move: the columns of `Activity.attributes`, encoded.
    let oldAttributes, newAttributes: ArraySlice<UInt8>

    public init(
        project: Int32, visitor: Int64, oldStart: Int64, newStart: Int64, oldAttributes: ArraySlice<UInt8>, newAttributes: ArraySlice<UInt8>
    ) {
        self.project = project
        self.visitor = visitor
        self.oldStart = oldStart
        self.newStart = newStart
        self.oldAttributes = oldAttributes
        self.newAttributes = newAttributes
    }

    /// The statements that make these moves in all tables with a `session_at`.
    public static func statements(_ moves: [SessionMove], in tables: [FactTable], _ dialect: Dialect) -> [SQL] {
        Dictionary(grouping: moves, by: \.project).sorted { $0.key < $1.key }.flatMap { project, moves -> [SQL] in
            // Only columns that change are written: writing a single column costs as much as everything else together.
            let changed = changedAttributes(moves)
            let columns: [(String, ColumnType)] =
                ["key", "old_start", "new_start"].map { ($0, .int64) } + changed.map { ("new_\(Activity.attributes[$0])", .text) }
            let visitors = dialect.visitors(of: dialect.records(json(moves, changed), columns), project: project)
            return tables.filter { $0.columns.contains { $0.name == "session_at" } }.map { table -> SQL in
                let name = SQL(sql: table.name), changes = changes(of: table, changed.map { Activity.attributes[$0] })
                return """
                    /* ingest.move_sessions */ UPDATE \(name) SET \(SQL.joined(changes)) FROM (\(visitors)) moved
                    WHERE \(name).project = \(Int64(project)) AND \(name).visitor = moved.visitor AND \(name).session_at = moved.old_start
                    """
            }
        }
    }

    /// The indexes of the attributes that at least one of the moves changes.
    private static func changedAttributes(_ moves: [SessionMove]) -> [Int] {
        var changed = Activity.attributes.map { _ in false }
        for move in moves where !move.oldAttributes.isSame(as: move.newAttributes) {
            for (place, (old, new)) in zip(EncodedRow.texts(in: move.oldAttributes), EncodedRow.texts(in: move.newAttributes)).enumerated()
            where !changed[place] && !old.isExactly(new) { changed[place] = true }
            if !changed.contains(false) { break }
        }
        return changed.indices.filter { changed[$0] }
    }

    private static func changes(of table: FactTable, _ attributes: [String]) -> [SQL] {
        var changes: [SQL] = ["session_at = new_start"]
        if table == Activity.table {
            // The number of a row is only valid in the session that assigned it.
            changes += [
                "seq = CASE WHEN session_at = new_start THEN seq ELSE \(Activity.withdrawnSeq) END",
                "gap = CASE WHEN session_at = new_start THEN gap END",
            ]
        }
        return changes + table.sessionAttributes.filter(attributes.contains).map { "\(sql: $0) = new_\(sql: $0)" }
    }

    private static func json(_ moves: [SessionMove], _ attributes: [Int]) -> String {
        var text = JSONText()
        text.append(raw: "[")
        for (index, move) in moves.enumerated() {
            text.append(
                raw: #"\#(index > 0 ? "," : ""){"key":\#(move.visitor),"old_start":\#(move.oldStart),"new_start":\#(move.newStart)"#)
            let new = attributes.isEmpty ? [] : EncodedRow.texts(in: move.newAttributes)
            for place in attributes {
                text.append(raw: #","new_\#(Activity.attributes[place])":"#)
                text.append(string: new[place])
            }
            text.append(raw: "}")
        }
        text.append(raw: "]")
        return text.string
    }
}

extension FactTable {
    /// The table's columns whose values come from the session's first activity.
    public var sessionAttributes: [String] {
        if self == Activity.table { return Activity.attributes }
        guard columns.starts(with: Self.sessionColumns) else { return [] }
        return Self.sessionColumns.map(\.name).filter(Activity.attributes.contains)
    }
}
