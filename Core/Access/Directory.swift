import Common
import Coordination
import Foundation
import Storage
import Synchronization

/// The projects, keys and module settings that the gate needs. All of them are kept in memory, and reloaded when any host changes them.
public final class Directory: Sendable {
    /// The channel on which hosts announce changes.
    static let channel = "access"
    /// This host's id, which it publishes on the channel.
    let sender = Identifiers.uuid()

    let control: any ControlStore
    let coordination: any Coordination
    let time: any TimeSource
    /// The modules of this host, with their default settings.
    @_spi(Host) public let defaults: ModuleDefaults
    let state = Mutex(DirectoryState())
    /// Lets one task at a time read the control store, so that an older state never replaces a newer one.
    let reading = FairSemaphore(permits: 1)
    /// Lets one task at a time change the directory, because concurrent transactions would only conflict.
    let changing = FairSemaphore(permits: 1)
    /// Definitions in memory. The log of changes says when they are outdated.
    @_spi(Definitions) public let live = LiveValues(maximumBytes: 64 << 20)
    /// Uses of keys that are not stored yet.
    private let uses = Mutex<[(key: String, at: Instant)]>([])

    @_spi(Host) public init(control: any ControlStore, coordination: any Coordination, time: any TimeSource, defaults: ModuleDefaults) {
        self.control = control
        self.coordination = coordination
        self.time = time
        self.defaults = defaults
    }

    // MARK: Lookups

    /// The key with this secret; nil if it is unknown, revoked or expired.
    public func key(secret: String) -> APIKey? {
        let digest = SecretDigest(of: secret)
        guard let key = state.withLock({ $0.key(digest) }) else { return nil }
        return admitted(key)
    }

    /// The key with this secret, and its project; nil if the key is unknown, revoked or expired.
    func caller(secret: String) -> (key: APIKey, project: Project)? {
        let digest = SecretDigest(of: secret)
        let found = state.withLock { state in state.key(digest).flatMap { key in state.project(key.projectID).map { (key, $0) } } }
        guard let found, admitted(found.0) != nil else { return nil }
        return found
    }

    private func admitted(_ key: APIKey) -> APIKey? {
        let now = time.now
        guard !key.isExpired(at: now) else { return nil }
        if key.noteUse(at: now) { uses.withLock { $0.append((key.id, now)) } }
        return key
    }

    /// The current state of the key with this id; nil if it is unknown, revoked or expired. For long requests, whose key may change after
    /// they were admitted.
    public func key(id: String) -> APIKey? {
        guard let key = state.withLock({ $0.key(id: id) }) else { return nil }
        return key.isExpired(at: time.now) ? nil : key
    }

    /// The project with this id, or nil.
    public func project(_ id: String) -> Project? { state.withLock { $0.project(id) ?? $0.project(id.lowercased()) } }
    /// The project with this number, or nil.
    public func project(number: Int32) -> Project? { state.withLock { $0.project(number: number) } }

    /// All projects, oldest first.
    public var projects: [Project] { state.withLock { $0.projects } }

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
        guard key?.mayUse(module) ?? true else { throw ServiceError(.moduleForbidden(module, byLink: false)) }
    }

    /// Like `checkModule` for a key, but for any principal.
    public func checkModule(_ module: String, _ access: AccessMode, _ project: Project, _ principal: Principal) throws {
        try checkSwitch(module, access, project)
        try principal.check(module)
    }

    /// Like `checkModule` for a sender of events who is limited to `allowedModules`.
    @_spi(Host) public func checkCollection(of module: String, in project: Project, allowedModules: [String]?) throws {
        try checkSwitch(module, .write, project)
        guard allowedModules?.contains(module) ?? true else { throw ServiceError(.moduleForbidden(module, byLink: false)) }
    }

    private func checkSwitch(_ module: String, _ access: AccessMode, _ project: Project) throws {
        let state = state(of: module, in: project)
        guard state.isEnabled else {
            throw ServiceError(.moduleOff(module))
        }
        // The reports of `core` are always available, even if its level permits only collection.
        guard state.access.allows(access) || (module == "core" && access == .read) else {
            throw ServiceError(.moduleAccess(module, access: access.rawValue))
        }
    }

    /// Whether the dashboard session with this id was ended before it expired, on any host.
    public func isEnded(session id: String) -> Bool { state.withLock { $0.endedSessions.contains(id) } }

    // MARK: Key use

    /// Stores when keys were last used. Called periodically and at shutdown.
    public func flushLastUse() async throws {
        while true {
            // In parts, so that other changes don't have to wait for the uses of very many keys.
            let part = uses.withLock { uses in
                defer { uses.removeFirst(min(500, uses.count)) }
                return Array(uses.prefix(500))
            }
            guard !part.isEmpty else { return }
            do { try await store(part) } catch {
                uses.withLock { $0 += part }
                throw error
            }
        }
    }

    private func store(_ uses: [(key: String, at: Instant)]) async throws {
        try await control.write { transaction in
            for use in uses {
                try await transaction.run(
                    """
                    /* access.last_use */ UPDATE access_keys SET last_used_at = \(use.at.milliseconds)
                    WHERE id = \(use.key) AND (last_used_at IS NULL OR last_used_at < \(use.at.milliseconds))
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
