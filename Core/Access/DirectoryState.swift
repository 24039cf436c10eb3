import Common

/// The projects and keys of a directory at one moment.
///
/// Large installations have hundreds of thousands of keys. So projects and keys are objects that all indexes share, and secrets are looked
/// up by digests of 32 bytes.
struct DirectoryState: Sendable {
    private struct Tenant {
        var project: Project
        var keys: [APIKey] = []
    }

    /// All projects in ascending order by number, which is the order in which they were created.
    private(set) var projects: [Project] = []
    private var tenants: [String: Tenant] = [:]
    /// The keys that are not revoked.
    private var keys: [SecretDigest: APIKey] = [:]
    private var keysByID: [String: APIKey] = [:]
    /// Ids of dashboard sessions that were ended before they expired.
    var endedSessions: Set<String> = []
    /// Up to where the changes in the log are included. Nil if the log was empty.
    var position: ChangeLog.Position?

    // MARK: Lookups

    func project(_ id: String) -> Project? { tenants[id]?.project }

    func project(number: Int32) -> Project? {
        let index = index(of: number)
        return index < projects.count && projects[index].number == number ? projects[index] : nil
    }

    func key(_ digest: SecretDigest) -> APIKey? { keys[digest] }
    func key(id: String) -> APIKey? { keysByID[id] }

    /// The index of the first project whose number is not lower.
    private func index(of number: Int32) -> Int {
        var low = 0, high = projects.count
        while low < high {
            let middle = (low + high) / 2
            if projects[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: Changes

    mutating func reserveCapacity(projects count: Int, keys keyCount: Int) {
        projects.reserveCapacity(count)
        tenants.reserveCapacity(count)
        keys.reserveCapacity(keyCount)
        keysByID.reserveCapacity(keyCount)
    }

    mutating func add(_ project: Project) {
        tenants[project.id] = Tenant(project: project)
        projects.insert(project, at: (projects.last?.number ?? 0) < project.number ? projects.endIndex : index(of: project.number))
    }

    /// Adds the key that `make` returns, if any, to a project that was added before. Does nothing if there is no such project: keys of
    /// deleted projects are worthless. Finds the project once, because a start adds hundreds of thousands of keys.
    mutating func addKey(of project: String, _ make: (Project) -> APIKey?) {
        guard let index = tenants.index(forKey: project), let key = make(tenants.values[index].project) else { return }
        tenants.values[index].keys.append(key)
        keys[key.digest] = key
        keysByID[key.id] = key
    }

    /// Replaces a project and its keys by those of `other`, or removes them if `other` doesn't have the project.
    mutating func replace(_ id: String, by other: DirectoryState) {
        if let old = tenants.removeValue(forKey: id) {
            projects.remove(at: index(of: old.project.number))
            for key in old.keys {
                keys[key.digest] = nil
                keysByID[key.id] = nil
            }
        }
        guard let new = other.tenants[id] else { return }
        add(new.project)
        for key in new.keys { addKey(of: id) { _ in key } }
    }
}
