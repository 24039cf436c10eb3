import Common
import Storage
import Synchronization

/// The numbers that facts store instead of visitor keys. Each project numbers its visitors 1, 2, 3 ... in order of first
/// appearance. Key 0 (no visitor) keeps the number 0. `VisitorCount` explains why visitors are numbered.
///
/// The numbers are stored in the table `ingest_visitors`. This struct is the writer thread's cache of that table. It holds the
/// whole table if that fits in `maximum`. Otherwise, missing visitors are looked up batch by batch.
struct VisitorNumbers {
    private struct Project {
        var numbers: [Int64: Int32] = [:]
        var last: Int32 = 0
    }

    /// The cached numbers by project. Nil until read from the table.
    private var projects: [Int32: Project]?
    /// The number of visitors in `projects`.
    private(set) var count = 0
    /// Whether `projects` holds the whole table.
    private var isComplete = true
    private let bounds: VisitorBounds
    private let maximum: Int

    /// - Parameter maximum: visitors kept in memory between batches, about 40 bytes each.
    init(bounds: VisitorBounds, maximum: Int = 4_000_000) {
        self.bounds = bounds
        self.maximum = maximum
    }

    /// Drops the cache. Call it after other code has written to the table, or after a transaction that assigned new numbers has
    /// failed.
    mutating func forget() { projects = nil }

    /// Returns the number of each visitor, in order. Calls `add` for each new visitor; `add` must insert it in the same
    /// transaction.
    mutating func numbers(
        of visitors: [(project: Int32, key: Int64)], on connection: Connection,
        add: (_ project: Int32, _ number: Int32, _ key: Int64) throws -> Void
    ) throws -> [Int32] {
        try load(from: connection)
        if !isComplete { try find(visitors, on: connection) }
        return try visitors.map { project, key in
            if key == 0 { return 0 }
            if let known = projects![project]?.numbers[key] { return known }
            let number = (projects![project]?.last ?? 0) + 1
            projects![project, default: Project()].last = number
            remember(number, of: key, project)
            try add(project, number, key)
            // Raised before the transaction commits, so readers that see the facts also see a bound above their numbers.
            bounds.raise(project, to: Int64(number) + 1)
            return number
        }
    }

    private mutating func remember(_ number: Int32, of key: Int64, _ project: Int32) {
        guard projects![project]!.numbers.updateValue(number, forKey: key) == nil else { return }
        count += 1
        // Starting with the next batch, `find` empties the cache and looks up missing visitors in the table.
        if count > maximum { isComplete = false }
    }

    private mutating func load(from connection: Connection) throws {
        if projects != nil { return }
        let lasts = try connection.run("SELECT project, count(*) AS n, max(number) AS last FROM ingest_visitors GROUP BY project")
        var loaded: [Int32: Project] = [:]
        for row in lasts { loaded[Int32(row.int("project"))] = Project(last: Int32(row.int("last"))) }
        count = Int(lasts.reduce(0) { $0 + $1.int("n") })
        isComplete = count <= maximum
        if isComplete {
            for row in lasts {
                var numbers: [Int64: Int32] = [:]
                numbers.reserveCapacity(Int(row.int("n")) * 3 / 2)
                try connection.forEachPair(
                    "SELECT key, number::bigint AS number FROM ingest_visitors WHERE project = $1::bigint", [.int(row.int("project"))]
                ) { numbers[$0] = Int32($1) }
                loaded[Int32(row.int("project"))]!.numbers = numbers
            }
        } else {
            count = 0
        }
        projects = loaded
    }

    /// Looks up the visitors that aren't cached. If the cache has grown past `maximum`, empties it first.
    private mutating func find(_ visitors: [(project: Int32, key: Int64)], on connection: Connection) throws {
        if count > maximum {
            for project in projects!.keys { projects![project]!.numbers = [:] }
            count = 0
        }
        let missing = Set(visitors.lazy.filter { [projects] in projects![$0.project]?.numbers[$0.key] == nil }.map(\.key))
        if missing.isEmpty { return }
        let rows = try connection.runLists(
            "SELECT project, number, key FROM ingest_visitors WHERE key IN (SELECT unnest($1::bigint[]))", [.ints(Array(missing))])
        for row in rows { remember(Int32(row.int("number")), of: row.int("key"), Int32(row.int("project"))) }
    }
}

/// An upper bound for each project's visitor numbers, for readers. A bound is greater than all numbers of its project and never
/// decreases.
final class VisitorBounds: Sendable {
    private let bounds = Mutex<[Int32: Int64]>([:])

    subscript(project: Int32) -> Int64? { bounds.withLock { $0[project] } }

    func raise(_ project: Int32, to bound: Int64) {
        bounds.withLock { bounds in bounds[project] = max(bound, bounds[project] ?? 0) }
    }

    /// Drops all bounds. Call after a restore has replaced the database.
    func forget() { bounds.withLock { $0 = [:] } }
}
