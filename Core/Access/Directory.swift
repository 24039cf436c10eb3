import Common
import Coordination
import Foundation
import Logging
import Storage
import Synchronization

/// The projects, keys and module settings that the gate needs. All of them are kept in memory and reloaded when any host changes something.
public final class Directory: Sendable {
    /// The channel on which hosts announce changes.
    static let channel = "access"
    /// This host's id, which it publishes on the channel.
    private let sender = Identifiers.uuid()

    struct Snapshot: Sendable {
        var projects: [String: Project] = [:]
        var projectsByNumber: [Int32: Project] = [:]
        /// The keys that are not revoked, by the hash of their secret.
        var keys: [String: APIKey] = [:]
        /// The same keys by id.
        var keysByID: [String: APIKey] = [:]
        /// Ids of dashboard sessions that were ended before they expired.
        var endedSessions: Set<String> = []
        /// The state of the audit log and the ended sessions when `poll` last checked them.
        var seen = ""
        /// The number of the reload that read this snapshot.
        var reload = 0
    }

    let control: any ControlStore
    let coordination: any Coordination
    let time: any TimeSource
    /// The modules of this host, with their default settings.
    @_spi(Host) public let defaults: ModuleDefaults
    private let state = Mutex(Snapshot())
    /// Number of reloads started so far.
    private let reloads = Mutex(0)
    /// When each key was last used, by key id, to about a minute.
    private let lastUse = Mutex<[String: Instant]>([:])

    @_spi(Host) public init(control: any ControlStore, coordination: any Coordination, time: any TimeSource, defaults: ModuleDefaults) {
        self.control = control
        self.coordination = coordination
        self.time = time
        self.defaults = defaults
    }

    // MARK: Lookups

    /// The key with this secret; nil if it is unknown, revoked or expired.
    public func key(secret: String) -> APIKey? {
        let hash = Digest.sha256(secret)
        guard let key = state.withLock({ $0.keys[hash] }) else { return nil }
        let now = time.now
        if let expiry = key.expiresAt, expiry <= now { return nil }
        noteUse(of: key, at: now)
        return key
    }

    /// The current state of the key with this id; nil if it is unknown, revoked or expired. For long requests, whose key may change after
    /// they were admitted.
    public func key(id: String) -> APIKey? {
        guard let key = state.withLock({ $0.keysByID[id] }) else { return nil }
        return key.expiresAt.map { $0 <= time.now } == true ? nil : key
    }

    /// The project with this id, or nil.
    public func project(_ id: String) -> Project? { state.withLock { $0.projects[id] ?? $0.projects[id.lowercased()] } }
    /// The project with this number, or nil.
    public func project(number: Int32) -> Project? { state.withLock { $0.projectsByNumber[number] } }

    /// All projects, oldest first.
    public var projects: [Project] {
        state.withLock { Array($0.projects.values) }.sorted { $0.number < $1.number }
    }

    /// The settings of `module` in `project`: the project's own, or else the installation's defaults.
    public func state(of module: String, in project: Project) -> ModuleState {
        // A project may have settings of modules that this host doesn't load.
        (defaults.loads(module) ? project.modules[module] : nil) ?? defaults.state(of: module)
    }

    /// All modules of this host, with their settings in `project`.
    public func states(in project: Project) -> [(module: String, state: ModuleState)] {
        defaults.modules.map { ($0, state(of: $0, in: project)) }
    }

    /// Checks that `module` is on in `project`, that its level permits `access`, and that the key may use it. A nil key may use every
    /// module. Collection calls this for the module of each payload.
    /// - Throws: 403 that says which check failed.
    public func checkModule(_ module: String, _ access: AccessMode, _ project: Project, _ key: APIKey?) throws {
        try checkSwitch(module, access, project)
        guard key?.mayUse(module) ?? true else { throw Self.forbidden(module) }
    }

    /// Like `checkModule` for a key, but for any kind of caller.
    func checkModule(_ module: String, _ access: AccessMode, _ project: Project, _ caller: Caller) throws {
        try checkSwitch(module, access, project)
        try caller.check(module)
    }

    /// Like `checkModule` for a sender of events who is limited to `allowedModules`.
    @_spi(Host) public func checkCollection(of module: String, in project: Project, allowedModules: [String]?) throws {
        try checkSwitch(module, .write, project)
        guard allowedModules?.contains(module) ?? true else { throw Self.forbidden(module) }
    }

    private func checkSwitch(_ module: String, _ access: AccessMode, _ project: Project) throws {
        let state = state(of: module, in: project)
        guard state.isEnabled else {
            throw ServiceError(status: 403, code: "module_disabled", message: "Module '\(module)' is not enabled for this project.")
        }
        // The reports of `core` are always available, even if its level permits only collection.
        guard state.access.allows(access) || (module == "core" && access == .read) else {
            throw ServiceError(
                status: 403, code: "module_access",
                message: "Module '\(module)' does not allow \(access.rawValue) access for this project.")
        }
    }

    static func forbidden(_ module: String) -> ServiceError {
        ServiceError(status: 403, code: "key_modules", message: "API key is not allowed to use module '\(module)'.")
    }

    /// Whether the dashboard session with this id was ended before it expired, on any host.
    public func isEnded(session id: String) -> Bool { state.withLock { $0.endedSessions.contains(id) } }

    // MARK: Reloading

    /// Reads all projects, keys, module settings and ended sessions from the control store.
    public func reload() async throws {
        let number = reloads.withLock { count in
            count += 1
            return count
        }
        var snapshot = try await DirectoryReader(control: control, defaults: defaults).read()
        snapshot.reload = number
        // If reloads overlap, the reload that started last wins, because it has read the changes that triggered the others.
        state.withLock { if $0.reload < number { $0 = snapshot } }
    }

    /// Reloads after changes by other hosts, until the task is cancelled.
    public func follow(logger: Logger) async {
        // Messages from this host are skipped, because it reloads after its own changes.
        for await event in coordination.subscribe(Self.channel) where event != .message(sender) {
            do { try await reload() } catch {
                logger.warning("projects and keys could not be reloaded", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Reloads if something changed without a message on the channel, for example through `pulse key create` while a host is running, or on
    /// hosts that don't share Redis. Every change adds an audit entry or an ended session, so comparing those is enough.
    public func poll() async throws {
        let rows = try await control.read(
            """
            /* access.poll */ SELECT count(*) AS n, max(created_at) AS latest,
            (SELECT max(ended_at) FROM access_ended_sessions) AS ended, (SELECT count(*) FROM access_ended_sessions) AS sessions
            FROM access_audit
            """)
        let seen = ["n", "latest", "ended", "sessions"].map { String(rows[0].int($0)) }.joined(separator: " ")
        guard state.withLock({ $0.seen }) != seen else { return }
        try await reload()
        state.withLock { $0.seen = seen }
    }

    /// Makes a change by this host visible: immediately on this host, and on other hosts when they get the message.
    func changed() async throws {
        try await reload()
        try? await coordination.publish(Self.channel, sender)
    }

    private func noteUse(of key: APIKey, at now: Instant) {
        lastUse.withLock { uses in
            // A precision of a minute is enough for people, and saves an update for each request with a busy key.
            if let noted = uses[key.id], now - noted < 60_000 { return }
            uses[key.id] = now
        }
    }

    /// Stores when keys were last used. Called periodically and at shutdown.
    public func flushLastUse() async throws {
        let uses = lastUse.withLock { $0 }
        guard !uses.isEmpty else { return }
        try await control.write { transaction in
            for (id, instant) in uses {
                try await transaction.run(
                    """
                    /* access.last_use */ UPDATE access_keys SET last_used_at = \(instant.milliseconds)
                    WHERE id = \(id) AND (last_used_at IS NULL OR last_used_at < \(instant.milliseconds))
                    """)
            }
        }
    }
}

/// The modules of this host, with their settings in projects that haven't changed them.
@_spi(Host) public struct ModuleDefaults: Sendable {
    /// The names of the modules, in the order in which they are listed.
    public let modules: [String]
    private let loaded: Set<String>
    private let states: [String: ModuleState]

    public init(modules: [String], states: [String: ModuleState] = [:]) {
        self.modules = modules
        loaded = Set(modules)
        self.states = states
    }

    /// Whether the host loads `module`.
    func loads(_ module: String) -> Bool { loaded.contains(module) }

    /// The default settings of `module`. Without configured settings, `core` is on and every other module is off.
    public func state(of module: String) -> ModuleState {
        states[module] ?? ModuleState(isEnabled: module == "core", access: module == "core" ? .all : .read)
    }
}
