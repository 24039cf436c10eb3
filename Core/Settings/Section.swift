import Common

/// A group of configuration keys, read by the code that declares them.
///
///     struct FunnelsSettings {
///         let maximumSteps: Int
///         init(_ section: Section) {
///             maximumSteps = section.value("maximum_steps", .integer(2...50), default: 20, unit: "steps",
///                 summary: "How many steps a funnel may have.")
///         }
///     }
///
/// If a value is invalid, the getter records an error with the line and returns the default (or nil), so one pass finds all errors. Keys
/// that no getter reads are errors as well. Read each key only once.
public final class Section {
    /// The section's path, such as `server` or `projects[0]`; "" for the whole file.
    let path: String
    let log: ReadingLog
    private let members: [String: YAMLNode.Member]
    private let all: [YAMLNode.Member]
    private let line: Int?
    private var keysRead: [String] = []
    private var places: [String: ConfigurationError.Place] = [:]
    /// Returns the section's own error message for an unknown key, or nil for the default message.
    var unknownKeySentence: (String) -> String? = { _ in nil }

    /// Whether the keys become entries. False for elements of a list, because their number varies.
    private let isRecorded: Bool

    init(_ mapping: YAMLNode.Mapping?, path: String, log: ReadingLog, isRecorded: Bool = true) {
        self.path = path
        self.isRecorded = isRecorded
        self.log = log
        all = mapping?.members ?? []
        line = mapping?.line
        members = Dictionary(all.map { ($0.key, $0) }) { first, _ in first }
    }

    /// The value of `key`; `standard` if the key is missing or its value is invalid.
    /// - Parameters:
    ///   - unit: the unit to show in the documentation, such as `seconds`.
    ///   - reload: when a change takes effect.
    ///   - variable: an environment variable that overrides the file. An empty variable is ignored.
    ///   - summary: one line for the documentation.
    public func value<Value>(
        _ key: String, _ type: SettingType<Value>, default standard: Value, unit: String = "",
        reload: ConfigurationEntry.Reload = .restart, variable: String? = nil, summary: String = ""
    ) -> Value {
        let configured = read(key, type, variable)
        let value = configured?.value ?? standard
        record(key, type, unit, reload, variable, summary, standard: standard, value: value, configured?.origin)
        return value
    }

    /// The value of `key`; nil if the key is missing, `null` or invalid. The parameters are the same as for `value`.
    public func optional<Value>(
        _ key: String, _ type: SettingType<Value>, unit: String = "", reload: ConfigurationEntry.Reload = .restart,
        variable: String? = nil, summary: String = ""
    ) -> Value? {
        let configured = read(key, type.orNull, variable)
        let value: Value? = configured?.value ?? nil
        record(key, type.orNull, unit, reload, variable, summary, standard: nil, value: value, configured?.origin)
        return value
    }

    /// The value of a key without a default. If the key is missing or invalid, records an error and returns nil.
    public func required<Value>(_ key: String, _ type: SettingType<Value>) -> Value? {
        if members[key] == nil { log.refuse(log.place(line), full(key), "is missing; it must be \(type.expectation)") }
        return read(key, type, nil)?.value
    }

    /// A group of keys inside this section. If the group is missing, its keys have their defaults.
    public func section<Result>(_ key: String, _ read: (Section) -> Result) -> Result {
        let section = Section(mapping(key), path: full(key), log: log)
        let result = read(section)
        section.finish()
        return result
    }

    /// A list of groups of keys. `read` reads one group, and `show` returns what `pulse config check` prints for it.
    public func list<Element>(
        _ key: String, accepts: String, show: (Element) -> String, _ read: (Section) -> Element?
    ) -> [Element] {
        let node = take(key)
        var elements: [Element] = []
        if let node, !node.isNull {
            if case .list(let nodes, _) = node {
                for (index, node) in nodes.enumerated() {
                    let path = "\(full(key))[\(index)]"
                    guard case .mapping(let mapping) = node else {
                        log.refuse(log.place(node.line), path, "must be a group of keys; got \(node.described)")
                        continue
                    }
                    let section = Section(mapping, path: path, log: log, isRecorded: false)
                    if let element = read(section) { elements.append(element) }
                    section.finish()
                }
            } else {
                log.refuse(log.place(members[key]?.line), full(key), "must be a list of groups of keys; got \(node.described)")
            }
        }
        log.record(
            ConfigurationEntry(
                key: full(key), accepts: accepts, unit: "", summary: "", variable: nil, reload: .restart, standard: "[]",
                value: "[" + elements.map(show).joined(separator: ", ") + "]",
                origin: node.map { _ in origin(members[key]?.line) } ?? .standard, identity: Secret(node?.canonical ?? "[]")
            ))
        return elements
    }

    /// Records an error that the key's type can't detect, such as a conflict with another key.
    /// - Parameter key: the key, or a part of its value, such as `enabled[2]` or `access.core`.
    public func refuse(_ key: String, _ message: String) {
        let topLevel = String(key.prefix { $0 != "." && $0 != "[" })
        log.refuse(places[topLevel] ?? log.place(members[topLevel]?.line ?? line), full(key), message)
    }

    /// Records an error for each key that was not read. Call this after all known keys have been read.
    func finish() {
        for member in all where !keysRead.contains(member.key) {
            log.unknown(member, in: path, among: keysRead, hint: unknownKeySentence(member.key))
        }
    }

    /// The group of keys at `key`, unchecked, for a caller that reads it later; nil if the key is missing or null.
    func mapping(_ key: String) -> YAMLNode.Mapping? {
        guard let node = take(key), !node.isNull else { return nil }
        if case .mapping(let mapping) = node { return mapping }
        log.refuse(log.place(members[key]?.line), full(key), "must be a group of keys; got \(node.described)")
        return nil
    }

    func origin(_ line: Int?) -> ConfigurationEntry.Origin { log.file.map { .line($0, line) } ?? .standard }

    func full(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}

extension Section {
    private func take(_ key: String) -> YAMLNode? {
        keysRead.append(key)
        return members[key]?.value
    }

    /// The value of the environment variable, or else the value in the file; nil if neither has a valid value. An invalid value in the file
    /// is an error even if the variable overrides it.
    private func read<Value>(
        _ key: String, _ type: SettingType<Value>, _ variable: String?
    ) -> (value: Value, origin: ConfigurationEntry.Origin)? {
        var result: (Value, ConfigurationEntry.Origin)?
        if let node = take(key) {
            let line = members[key]?.line
            places[key] = log.place(line)
            // Errors have the line of the key, but errors in a part of the value, such as an element of a list, have the line of that part.
            let value = attempt(type, node, key) { self.log.place($0.suffix.isEmpty ? line : $0.line ?? line) }
            result = value.map { ($0, origin(line)) }
        }
        if let variable, let text = log.environment[variable], !text.isEmpty {
            places[key] = .variable(variable)
            let value = attempt(type, Self.node(text, isList: type.isList), key) { _ in .variable(variable) }
            result = value.map { ($0, .variable(variable)) } ?? result
        }
        return result
    }

    private func attempt<Value>(
        _ type: SettingType<Value>, _ node: YAMLNode, _ key: String,
        _ place: (Refusals.Refusal) -> ConfigurationError.Place
    ) -> Value? {
        do {
            return try type.read(node)
        } catch {
            for refusal in error.all { log.refuse(place(refusal), full(key) + refusal.suffix, refusal.message) }
            return nil
        }
    }

    private static func node(_ text: String, isList: Bool) -> YAMLNode {
        guard isList else { return .scalar(.init(text: text, isPlain: false, line: nil)) }
        let parts = text.split(separator: ",").map { $0.drop(while: \.isWhitespace) }
        return .list(
            parts.map { part in
                let end = part.lastIndex { !$0.isWhitespace }.map { part.index(after: $0) } ?? part.startIndex
                return .scalar(.init(text: String(part[..<end]), isPlain: false, line: nil))
            }, line: nil
        )
    }

    private func record<Value>(
        _ key: String, _ type: SettingType<Value>, _ unit: String, _ reload: ConfigurationEntry.Reload,
        _ variable: String?, _ summary: String, standard: Value, value: Value, _ origin: ConfigurationEntry.Origin?
    ) {
        guard isRecorded else { return }
        let identity = (value as? Secret)?.revealed ?? type.show(value)
        log.record(
            ConfigurationEntry(
                key: full(key), accepts: type.expectation, unit: unit, summary: summary, variable: variable, reload: reload,
                standard: type.show(standard), value: type.show(value), origin: origin ?? .standard, identity: Secret(identity)
            ))
    }
}
