import Common
import Storage

/// What memory knew of sessions that are stored already when activity changed them: a session that became part of another one, or that began
/// earlier than was known. It stands in the journal before the row of that activity (`EncodedRow.Role.move`), and says what the session's
/// rows are to say from then on, those before it in the batch and those that are stored.
struct KnownMoves {
    /// The facts of the batch, as they are after the moves.
    let rows: [EncodedRow]
    /// For stored rows: where each session has come to in the end, once for each that was moved.
    private var moved: [SessionPlacement.Visitor: [Move]] = [:]

    struct Move {
        let was: Int64
        var now: Int64
        let said: ArraySlice<UInt8>
        var says: ArraySlice<UInt8>
    }

    /// - Parameter all: the rows of a batch in order of arrival.
    init(_ all: [EncodedRow], tables: [FactTable]) {
        guard all.contains(where: { $0.role == .move }) else {
            rows = all
            return
        }
        var facts: [EncodedRow] = [], steps: [SessionPlacement.Visitor: [(before: Int, move: Move)]] = [:]
        facts.reserveCapacity(all.count)
        for row in all {
            if row.role != .move {
                facts.append(row)
            } else if let (visitor, move) = Self.read(row) {
                steps[visitor, default: []].append((facts.count, move))
            }
        }
        let reader = PlacedRows(facts, tables: tables, of: Set(steps.keys))
        var changes = PlacedRows.Changes(), began: [SessionPlacement.Visitor: Set<Int64>] = [:]
        for (visitor, steps) in steps { began[visitor] = Self.change(reader.visits[visitor]?.rows ?? [], steps, &changes) }
        rows = reader.rows(changed: changes)
        for (visitor, steps) in steps {
            for (_, move) in steps { add(move, of: visitor) }
            // Nothing is stored of a session that began in this batch.
            moved[visitor]!.removeAll { began[visitor]!.contains($0.was) }
        }
    }

    /// Lets the rows before each step say what it says.
    /// - Returns: names of sessions whose first row is among them.
    private static func change(
        _ rows: [PlacedRows.Visit.Row], _ steps: [(before: Int, move: Move)], _ changes: inout PlacedRows.Changes
    ) -> Set<Int64> {
        var began: Set<Int64> = [], places: [Int64: [PlacedRows.Visit.Row]] = [:], withdrawn: Set<Int> = [], next = rows.startIndex
        for (before, move) in steps {
            while next < rows.endIndex, rows[next].index < before {
                places[rows[next].name, default: []].append(rows[next])
                if rows[next].seq == 1 { began.insert(rows[next].name) }
                next += 1
            }
            guard let moving = places.removeValue(forKey: move.was) else { continue }
            if move.was != move.now { withdrawn.formUnion(moving.map(\.index)) }
            for row in moving {
                let seq = withdrawn.contains(row.index) ? row.seq.map(Activity.withdrawn) : nil
                changes.set(row.index, session: move.now, attributes: move.says, seq: seq)
            }
            places[move.now, default: []] += moving
        }
        return began
    }

    private static func read(_ row: EncodedRow) -> (SessionPlacement.Visitor, Move)? {
        row.read { header, cursor in
            _ = cursor.next()
            _ = cursor.next()
            guard case .int(let key)? = cursor.next(), case .int(let was)? = cursor.next(), case .int(let now)? = cursor.next() else { return nil }
            func attributes() -> ArraySlice<UInt8> {
                let start = cursor.at
                for _ in Activity.attributes { _ = cursor.next() }
                return row.bytes[(row.bytes.startIndex + start)..<(row.bytes.startIndex + cursor.at)]
            }
            let said = attributes(), says = attributes()
            return (SessionPlacement.Visitor(project: header.project, key: key), Move(was: was, now: now, said: said, says: says))
        }
    }

    // MARK: What is stored

    /// A move that comes after those before: whatever was moved to where it begins goes on with it.
    mutating func add(_ move: Move, of visitor: SessionPlacement.Visitor) {
        var all = moved[visitor] ?? []
        for index in all.indices where all[index].now == move.was {
            all[index].now = move.now
            all[index].says = move.says
        }
        if !all.contains(where: { $0.was == move.was }) { all.append(move) }
        moved[visitor] = all
    }

    /// For the store, all at once.
    var all: [SessionMove] {
        moved.flatMap { visitor, moves in
            moves.filter { $0.was != $0.now || $0.said != $0.says }.map {
                SessionMove(
                    project: visitor.project, visitor: visitor.key, was: $0.was, now: $0.now, said: EncodedRow.texts(in: $0.said),
                    says: EncodedRow.texts(in: $0.says))
            }
        }
    }

    /// Stored sessions of a visitor as they are once the moves are made.
    func made(in sessions: [StoredSessions.Session], of visitor: SessionPlacement.Visitor) -> [StoredSessions.Session] {
        guard let moves = moved[visitor] else { return sessions }
        return sessions.map { session in
            guard let move = moves.first(where: { $0.was == session.name }) else { return session }
            var session = session
            session.name = move.now
            session.attributes = move.says
            return session
        }
    }
}
