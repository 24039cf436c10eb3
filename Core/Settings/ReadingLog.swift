import Common

/// Collects entries and errors while the configuration is read. All sections share one log.
///
/// Not `Sendable`, because a single task reads the configuration.
final class ReadingLog {
    /// The name of the file in errors; nil if there is no file.
    let file: String?
    let environment: [String: String]
    private(set) var errors: [ConfigurationError] = []
    private(set) var entries: [ConfigurationEntry] = []
    private var unknown: [Unknown] = []

    private struct Unknown {
        let section: String
        let member: YAMLNode.Member
        let siblings: [String]
        /// The section's own error message; nil for the default message.
        let hint: String?
    }

    init(file: String?, environment: [String: String]) {
        self.file = file
        self.environment = environment
    }

    func place(_ line: Int?) -> ConfigurationError.Place { file.map { .line($0, line) } ?? .nowhere }

    func refuse(_ place: ConfigurationError.Place, _ key: String, _ message: String) {
        errors.append(ConfigurationError(place, key, message))
    }

    func record(_ entry: ConfigurationEntry) { entries.append(entry) }

    func unknown(_ member: YAMLNode.Member, in section: String, among siblings: [String], hint: String?) {
        unknown.append(Unknown(section: section, member: member, siblings: siblings, hint: hint))
    }

    /// All errors, with unknown keys last. Call this after everything has been read, because suggestions for unknown keys need all known
    /// keys.
    func allErrors() -> [ConfigurationError] {
        errors
            + unknown.map { unknown in
                let key = unknown.member.key.excerpt(60)
                let path = unknown.section.isEmpty ? key : "\(unknown.section).\(key)"
                return ConfigurationError(place(unknown.member.line), path, unknown.hint ?? sentence(unknown))
            }
    }

    private func sentence(_ unknown: Unknown) -> String {
        if let near = Spelling.nearest(to: unknown.member.key, among: unknown.siblings) {
            return "unknown key; did you mean '\(near)'?"
        }
        // The key exists, but in another section.
        if let other = entries.first(where: { $0.key.hasSuffix("." + unknown.member.key) }) {
            return "unknown key; did you mean '\(other.key)'?"
        }
        return "unknown key; accepted: " + unknown.siblings.map { "'\($0)'" }.joined(separator: ", ")
    }
}
