import Common
import Storage
import Synchronization

/// The numbers by which facts name visitors in place of their keys: in each project 1, 2, 3 ... in order of appearance; 0
/// stays 0, which is nobody. `VisitorCount` says what for.
///
/// They stand in `ingest_visitors`. This is what the writer's thread knows of that table: all of it, or as much as
/// `maximum` allows, and then the rest is looked up, a batch at a time.
struct VisitorNumbers {
    private struct Project {
        var numbers: [Int64: Int32] = [:]
        var last: Int32 = 0
    }

    /// Nil before they are read from the table.
    private var projects: [Int32: Project]?
    /// How many are in `projects`, and whether these are all.
    private(set) var count = 0
    private var isComplete = true
    private let bounds: VisitorBounds
    private let maximum: Int

    /// - Parameter maximum: visitors in memory between two batches, some 40 bytes each.
    init(bounds: VisitorBounds, maximum: Int = 4_000_000) {
        self.bounds = bounds
        self.maximum = maximum
    }

    /// For after something else has written the table, or a transaction with new numbers has failed.
    mutating func forget() { projects = nil }

    /// The number of each visitor. New ones are added to the table within the transaction, by `add`.
    mutating func numbers(
        of visitors: [(project: Int32, key: Int64)], on connection: Connection, add: (_ project: Int32, _ number: Int32, _ key: Int64) throws -> Void
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
            // Before the transaction is committed: whoever sees the facts finds a bound above them.
            bounds.raise(project, to: Int64(number) + 1)
            return number
        }
    }

    private mutating func remember(_ number: Int32, of key: Int64, _ project: Int32) {
        guard projects![project]!.numbers.updateValue(number, forKey: key) == nil else { return }
        count += 1
        // From the next batch on the table is asked, and what is here makes room.
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

    /// Looks up those that are not in memory; what is there makes room when it has become too much.
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

/// A number above all visitors of a project, for whoever reads. It only grows.
final class VisitorBounds: Sendable {
    private let bounds = Mutex<[Int32: Int64]>([:])

    subscript(project: Int32) -> Int64? { bounds.withLock { $0[project] } }

    func raise(_ project: Int32, to bound: Int64) {
        bounds.withLock { bounds in bounds[project] = max(bound, bounds[project] ?? 0) }
    }

    /// For after another database has taken the place of this one.
    func forget() { bounds.withLock { $0 = [:] } }
}
