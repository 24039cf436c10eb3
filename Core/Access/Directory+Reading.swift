import Common
import Coordination
import Logging
import Storage
import Synchronization

/// Reading the directory from the control store.
extension Directory {
    /// Reads all projects, keys, module settings and ended sessions.
    public func reload() async throws { try await reading.withPermit { try await readEverything() } }

    /// Reads what changed without a message on the channel, for example through `pulse key create` while a host is running, or on hosts
    /// that don't share Redis. Reads a single row if nothing did.
    public func poll() async throws { try await refresh() }

    /// Reads changes by other hosts as soon as they are announced, until the task is cancelled.
    public func follow(logger: Logger) async {
        // Messages from this host are skipped, because it reads its own changes.
        for await event in coordination.subscribe(Self.channel) where event != .message(sender) {
            do { try await refresh() } catch {
                logger.warning("changes to projects and keys could not be read", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Reads the projects that changed since the last time. Reads everything if the log of changes doesn't say what changed.
    func refresh() async throws {
        try await reading.withPermit {
            guard let position = state.withLock({ $0.position }),
                let (changes, end) = try await ChangeLog(control: control).changes(after: position)
            else { return try await readEverything() }
            guard !changes.isEmpty else { return }
            let projects = Set(exactly: changes.filter { $0.kind == ChangeLog.project }.map(\.subject))
            let changed = projects.isEmpty ? nil : try await reader.projects(changedAfter: position)
            state.withLock { state in
                if let changed { for id in projects { state.replace(id.text, by: changed) } }
                for change in changes where change.kind == ChangeLog.session { state.endedSessions.insert(change.subject) }
                state.position = end
            }
            for change in changes { live.drop(change.kind, of: change.subject) }
        }
    }

    private var reader: DirectoryReader { DirectoryReader(control: control, defaults: defaults) }

    private func readEverything() async throws {
        // The position is read first, so that changes made while reading are read again.
        let everything = try await reader.everything(upTo: try await ChangeLog(control: control).end())
        let old = state.withLock { state in
            defer { state = everything }
            return state
        }
        live.dropAll()
        // Freed here, not under the lock.
        _ = consume old
    }
}
