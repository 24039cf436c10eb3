/// What a new configuration changes in a running host.
public struct ConfigurationChanges: Sendable, Equatable {
    public struct Change: Sendable, Equatable, CustomStringConvertible {
        public let key: String
        /// As shown: secrets are hidden, so both may look the same.
        public let from: String
        public let to: String

        /// `limits.query_per_second: 100 -> 200`
        public var description: String { "\(key): \(from) -> \(to)" }
    }

    /// What takes effect at once.
    public let live: [Change]
    /// What takes effect at the next start.
    public let restart: [Change]

    public var isEmpty: Bool { live.isEmpty && restart.isEmpty }
}

extension HostConfiguration {
    /// For SIGHUP: what is different in `new`, by when it takes effect.
    public static func changes(from old: HostConfiguration, to new: HostConfiguration) -> ConfigurationChanges {
        let before = Dictionary(old.entries.map { ($0.key, $0) }) { first, _ in first }
        let after = Dictionary(new.entries.map { ($0.key, $0) }) { first, _ in first }
        var live: [ConfigurationChanges.Change] = [], restart: [ConfigurationChanges.Change] = []
        let gone = old.entries.filter { after[$0.key] == nil }
        for entry in new.entries + gone {
            let was = before[entry.key], now = after[entry.key]
            guard was?.identity != now?.identity else { continue }
            let change = ConfigurationChanges.Change(
                key: entry.key, from: was?.value ?? entry.standard, to: now?.value ?? entry.standard
            )
            if entry.reload == .live { live.append(change) } else { restart.append(change) }
        }
        return ConfigurationChanges(live: live, restart: restart)
    }
}
