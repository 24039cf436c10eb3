/// The differences between a running host's configuration and a newly read one.
@_spi(Host) public struct ConfigurationChanges: Sendable, Equatable {
    /// A key whose value differs.
    public struct Change: Sendable, Equatable, CustomStringConvertible {
        /// The key with its section, such as `limits.query_per_second`.
        public let key: String
        /// The old value as displayed. Secrets are hidden, so it may look the same as the new value.
        public let from: String
        /// The new value as displayed.
        public let to: String

        /// `limits.query_per_second: 100 -> 200`
        public var description: String { "\(key): \(from) -> \(to)" }
    }

    /// Changes that take effect immediately.
    public let live: [Change]
    /// Changes that take effect when Pulse is restarted.
    public let restart: [Change]

    /// Whether the configurations are equal.
    public var isEmpty: Bool { live.isEmpty && restart.isEmpty }
}

extension HostConfiguration {
    /// The values that differ between `old` and `new`, grouped by when they take effect. Used on SIGHUP.
    public static func changes(from old: HostConfiguration, to new: HostConfiguration) -> ConfigurationChanges {
        let before = Dictionary(old.entries.map { ($0.key, $0) }) { first, _ in first }
        let after = Dictionary(new.entries.map { ($0.key, $0) }) { first, _ in first }
        var live: [ConfigurationChanges.Change] = [], restart: [ConfigurationChanges.Change] = []
        let removed = old.entries.filter { after[$0.key] == nil }
        for entry in new.entries + removed {
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
