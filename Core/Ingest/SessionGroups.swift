import Storage

/// Groups a visitor's new activity in a batch, and the stored activity near it, into sessions. It applies the definition of a session to
/// all of that activity together.
struct SessionGroups {
    struct Group {
        var stored: [StoredSessions.Session] = []
        /// Indexes into the visit's members, in order of arrival once the group is complete.
        var members: [Int] = []
        var first, last: Int64
        var hasID = false
        /// The session's new name, and the attributes of its first activity.
        var name: Int64 = 0
        var attributes: ArraySlice<UInt8> = []

        /// The stored sessions whose name or attributes differ from the group's.
        var moved: [StoredSessions.Session] { stored.filter { $0.name != name || !$0.attributes.isSame(as: attributes) } }
    }

    private(set) var groups: [Group] = []
    private let timeoutMilliseconds: Int64

    init(_ visit: PlacedRows.Visit, stored: [StoredSessions.Session], timeoutMilliseconds: Int64) {
        self.timeoutMilliseconds = timeoutMilliseconds
        let stored = Self.deduplicated(stored)
        groups = inOrderOfTime(visit, stored.filter { $0.id == nil }) + Self.byID(visit, stored)
        var taken = Set(stored.map(\.name))
        for index in groups.indices { Self.decide(&groups[index], visit, &taken) }
    }

    /// The session without a `session_id` that a fact at time `at` belongs to; nil if there is none.
    func group(near at: Int64) -> Group? {
        func distance(_ group: Group) -> Int64 { max(0, group.first - at, at - group.last) }
        return groups.filter { !$0.hasID && distance($0) <= timeoutMilliseconds }.min { distance($0) < distance($1) }
    }

    /// Merges the two entries of a stored session that was found by id as well as by time.
    private static func deduplicated(_ stored: [StoredSessions.Session]) -> [StoredSessions.Session] {
        guard stored.contains(where: { $0.id != nil }) else { return stored }
        var indexes: [Int64: Int] = [:], all: [StoredSessions.Session] = []
        for session in stored {
            if let index = indexes[session.name], all[index].id == session.id {
                all[index].first = min(all[index].first, session.first)
                all[index].last = max(all[index].last, session.last)
            } else {
                indexes[session.name] = all.count
                all.append(session)
            }
        }
        return all
    }

    private func inOrderOfTime(_ visit: PlacedRows.Visit, _ stored: [StoredSessions.Session]) -> [Group] {
        typealias Item = (first: Int64, last: Int64, stored: Int?, member: Int?)
        var items: [Item] = [], groups: [Group] = []
        items.reserveCapacity(stored.count + visit.members.count)
        for (index, session) in stored.enumerated() { items.append((session.first, session.last, index, nil)) }
        for (index, member) in visit.members.enumerated() where member.id == nil { items.append((member.at, member.at, nil, index)) }
        items.sort { $0.first < $1.first }
        for item in items {
            if groups.isEmpty || item.first - groups[groups.count - 1].last > timeoutMilliseconds {
                groups.append(Group(first: item.first, last: item.last))
            }
            let end = groups.count - 1
            groups[end].last = max(groups[end].last, item.last)
            if let index = item.stored { groups[end].stored.append(stored[index]) }
            if let member = item.member { groups[end].members.append(member) }
        }
        return groups
    }

    private static func byID(_ visit: PlacedRows.Visit, _ stored: [StoredSessions.Session]) -> [Group] {
        var places: [[UInt8]: Int] = [:], groups: [Group] = []
        for (index, member) in visit.members.enumerated() {
            guard let id = member.id else { continue }
            if places[id] == nil {
                places[id] = groups.count
                groups.append(Group(first: member.at, last: member.at, hasID: true))
            }
            let place = places[id]!
            groups[place].members.append(index)
            groups[place].first = min(groups[place].first, member.at)
            groups[place].last = max(groups[place].last, member.at)
        }
        for session in stored { if let id = session.id, let place = places[id] { groups[place].stored.append(session) } }
        return groups
    }

    /// Decides the group's name, which no other session has, and its attributes, which are those of its first activity.
    private static func decide(_ group: inout Group, _ visit: PlacedRows.Visit, _ taken: inout Set<Int64>) {
        group.members.sort()
        let members = group.members, latest = group.stored.max { $0.last < $1.last }
        if let live = members.last(where: { !visit.members[$0].isTentative }) {
            // The session continues in memory (`Sessions`) under this row's session name.
            group.name = visit.members[live].name
        } else if let latest {
            group.name = latest.name
        } else {
            group.name = (members.first { visit.members[$0].seq > 0 } ?? members.first).map { visit.members[$0].name } ?? 0
            while taken.contains(group.name) { group.name += 1 }
        }
        taken.insert(group.name)
        let earliest = group.stored.min { $0.first < $1.first }
        let first = members.min { visit.members[$0].at < visit.members[$1].at }.map { visit.members[$0] }
        if let first, earliest.map({ first.at < $0.first }) ?? true {
            group.attributes = first.attributes
        } else if let earliest {
            group.attributes = earliest.attributes
        }
    }
}
