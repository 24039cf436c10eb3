import Common
import Storage
import Synchronization

/// Makes the state of a directory from rows. Most projects and keys have the same rules, settings and scopes as many others, so each
/// different one is decoded and stored once.
final class DirectoryBuilder: Sendable {
    private struct Building {
        var state = DirectoryState()
        /// The settings of the projects that have any, by the project's id.
        var settings: [String: [String: ModuleState]] = [:]
        var texts = SharedTexts()
    }

    private let defaults: ModuleDefaults
    private let building = Mutex(Building())

    init(_ defaults: ModuleDefaults) { self.defaults = defaults }

    var state: DirectoryState { building.withLock { $0.state } }

    func reserve(projects: Int, keys: Int) { building.withLock { $0.state.reserveCapacity(projects: projects, keys: keys) } }

    /// Adds rows of `access_modules`.
    func addSettings(_ rows: Rows) {
        building.withLock { building in
            for values in rows.values {
                // `access` is "" if the module was switched on or off but never got an access level.
                let module = values[1].text ?? "", level = AccessLevel(rawValue: values[3].text ?? "")
                building.settings[values[0].text ?? "", default: [:]][module] = ModuleState(
                    isEnabled: values[2].bool ?? false, access: level ?? defaults.state(of: module).access)
            }
        }
    }

    /// Adds rows of `access_projects`.
    func addProjects(_ rows: Rows) throws {
        try building.withLock { building in
            for values in rows.values {
                let id = values[0].text ?? ""
                building.state.add(
                    Project(
                        id: id, number: Int32(values[1].int ?? 0), name: values[2].text ?? "", domain: values[3].text ?? "",
                        createdAt: Instant(milliseconds: values[5].int ?? 0),
                        privacy: try building.texts.privacy(values[4].text ?? ""),
                        modules: building.settings.removeValue(forKey: id) ?? [:]))
            }
        }
    }

    /// Adds rows of `access_keys`.
    func addKeys(_ rows: Rows) {
        building.withLock { building in
            // A copy, because the closure can't change one property of `building` while `addKey` changes another.
            var texts = building.texts
            for row in rows.values {
                building.state.addKey(of: row[APIKey.projectColumn].text ?? "") { APIKey(row, in: $0.id, sharing: &texts) }
            }
            building.texts = texts
        }
    }
}

/// The values of texts that occur in many rows.
struct SharedTexts {
    private var privacies: [ExactText: PrivacyRules] = [:]
    private var scopes: [ExactText: Set<KeyScope>] = [:]
    private var modules: [ExactText: [String]] = [:]

    mutating func privacy(_ text: String) throws -> PrivacyRules {
        try Self.value(of: text, in: &privacies) { text in
            var rules = PrivacyRules()
            rules.apply(try JSON.parse(text))
            return rules
        }
    }

    mutating func scopes(_ text: String) -> Set<KeyScope> {
        Self.value(of: text, in: &scopes) { Set($0.split(separator: ",").compactMap { KeyScope(rawValue: String($0)) }) }
    }

    mutating func modules(_ text: String) -> [String] {
        Self.value(of: text, in: &modules) { $0.split(separator: ",").map(String.init) }
    }

    private static func value<Value>(
        of text: String, in known: inout [ExactText: Value], _ make: (String) throws -> Value
    ) rethrows -> Value {
        if let value = known[text: text] { return value }
        let value = try make(text)
        known[text: text] = value
        return value
    }
}

extension APIKey {
    /// The columns of `access_keys` that a key is made of.
    static let columns =
        "id, project_id, name, prefix, scopes, allowed_modules, is_server, created_at, expires_at, last_used_at, secret_hash"
    /// The index of `project_id` in `columns`.
    static let projectColumn = 1

    /// - Parameters:
    ///   - row: the values of `columns`.
    ///   - project: the id of the project. It equals the one in the row, but it is the same text in memory for all keys of the project.
    /// - Returns: nil for a row that Pulse didn't write.
    convenience init?(_ row: [Value], in project: String, sharing texts: inout SharedTexts) {
        guard let digest = SecretDigest(hex: row[10].text ?? "") else { return nil }
        self.init(
            id: row[0].text ?? "", projectID: project, name: row[2].text ?? "", prefix: row[3].text ?? "",
            scopes: texts.scopes(row[4].text ?? ""), allowedModules: row[5].text.map { texts.modules($0) },
            isServer: row[6].bool ?? false, createdAt: Instant(milliseconds: row[7].int ?? 0),
            expiresAt: row[8].int.map(Instant.init(milliseconds:)), lastUsedAt: row[9].int.map(Instant.init(milliseconds:)),
            digest: digest)
    }
}
