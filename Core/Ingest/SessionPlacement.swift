import Common
@_spi(Host) import Storage

/// Decides which sessions the tentative rows of a batch belong to, based on what is stored about their visitors. Runs before the batch is
/// applied.
///
/// Activity without a `session_id` forms one session as long as no pause exceeds the timeout. Activity with a `session_id` forms one
/// session per id. The order of arrival doesn't matter, so a row may join a stored session, become its first row, or merge two sessions. If
/// a visitor has a tentative row, all of the visitor's rows in the batch are considered. If a batch has no tentative rows, nothing is
/// queried.
struct SessionPlacement: Sendable {
    private let tables: [FactTable]
    private let events: any EventStore
    private let timeoutMilliseconds: Int64

    init(tables: [FactTable], events: any EventStore, timeoutMinutes: Int) {
        self.tables = tables
        self.events = events
        timeoutMilliseconds = Int64(timeoutMinutes) * 60_000
    }

    struct Visitor: Hashable {
        let project: Int32
        let key: Int64
    }

    /// Returns the batch with each row assigned to its session.
    func placed(_ batch: FactBatch) async throws -> FactBatch {
        var visitors: [Visitor: Int] = [:]
        for row in batch.rows { if let visitor = tentativeVisitor(row), visitors[visitor] == nil { visitors[visitor] = visitors.count } }
        guard !visitors.isEmpty else { return batch }
        let reader = PlacedRows(batch.rows, tables: tables, of: visitors)
        var changes = PlacedRows.Changes(atMost: batch.rows.count), moves: [SessionMove] = []
        for (project, visits) in Dictionary(grouping: reader.visits, by: \.visitor.project).sorted(by: { $0.key < $1.key }) {
            let stored = try await StoredSessions(events: events).find(question(visits), of: project)
            for visit in visits {
                let sessions = SessionGroups(visit, stored: stored[visit.visitor.key] ?? [], timeoutMilliseconds: timeoutMilliseconds)
                for group in sessions.groups {
                    changes.add(group, of: visit)
                    moves += group.moved.map {
                        SessionMove(
                            project: project, visitor: visit.visitor.key, oldStart: $0.name, newStart: group.name,
                            oldAttributes: $0.attributes,
                            newAttributes: group.attributes)
                    }
                }
                for fact in visit.facts { if let group = sessions.group(near: fact.at) { changes.add(group, toFact: fact.index) } }
            }
        }
        return batch.with(reader.rows(changed: changes), moves: moves)
    }

    /// The visitor of a row whose session is tentative; nil for any other row.
    private func tentativeVisitor(_ row: EncodedRow) -> Visitor? {
        row.read { header, cursor in
            guard header.isTentative, header.role == .event else { return nil }
            cursor.skip(2)
            guard case .int(let key)? = cursor.next() else { return nil }
            return Visitor(project: header.project, key: key)
        }
    }

    private func question(_ visits: [PlacedRows.Visit]) -> StoredSessions.Question {
        var question = StoredSessions.Question(), times: [Int64] = []
        for visit in visits {
            let visitor = visit.visitor.key
            for id in Set(visit.members.compactMap(\.id)) { question.ids.append((visitor, id)) }
            // Includes activity with an id, because no two sessions of a visitor may have the same name.
            times.removeAll(keepingCapacity: true)
            for member in visit.members { times.append(member.at) }
            for fact in visit.facts { times.append(fact.at) }
            times.sort()
            var first = 0
            for last in times.indices where last + 1 == times.count || times[last + 1] - times[last] > 2 * timeoutMilliseconds {
                question.spans.append((visitor, times[first] - timeoutMilliseconds, times[last] + timeoutMilliseconds))
                first = last + 1
            }
        }
        return question
    }
}
