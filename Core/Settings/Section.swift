import Common

/// A group of keys of the configuration, read by the code that declares them.
///
///     struct FunnelsSettings {
///         let maximumSteps: Int
///         init(_ section: Section) {
///             maximumSteps = section.value("maximum_steps", .integer(2...50), default: 20, unit: "steps",
///                 summary: "How many steps a funnel may have.")
///         }
///     }
///
/// A getter always gives a value: a wrong one is written down with its line and answered with the default, so that one
/// reading finds all errors. Keys that nobody asked for are errors too. Ask each key once.
public final class Section {
    /// `server`, `projects[0]`; "" for the whole file.
    let path: String
    let log: ReadingLog
    private let members: [String: YAMLNode.Member]
    private let all: [YAMLNode.Member]
    private let line: Int?
    private var known: [String] = []
    private var places: [String: ConfigurationError.Place] = [:]
    /// What to say of an unknown key, where the section knows better than "unknown key"; nil for the usual sentence.
    var unknownKeySentence: (String) -> String? = { _ in nil }

    /// False in the elements of a list: their number is not known beforehand, so that they are no entries of a reference.
    private let isRecorded: Bool

    init(_ mapping: YAMLNode.Mapping?, path: String, log: ReadingLog, isRecorded: Bool = true) {
        self.path = path
        self.isRecorded = isRecorded
        self.log = log
        all = mapping?.members ?? []
        line = mapping?.line
        members = Dictionary(all.map { ($0.key, $0) }) { first, _ in first }
    }

    /// The value of `key`, or the default where there is none.
    /// - Parameters:
    ///   - unit: `seconds`; for the reference.
    ///   - reload: whether SIGHUP brings a change into effect.
    ///   - variable: an environment variable that overrides the file, unless it is empty.
    ///   - summary: one line for the reference.
    public func value<Value>(
        _ key: String, _ type: SettingType<Value>, default standard: Value, unit: String = "",
        reload: ConfigurationEntry.Reload = .restart, variable: String? = nil, summary: String = ""
    ) -> Value {
        let found = read(key, type, variable)
        let value = found?.value ?? standard
        record(key, type, unit, reload, variable, summary, standard: standard, found: value, found?.origin)
        return value
    }

    /// The value of `key`; nil where there is none and where it is `null`.
    public func optional<Value>(
        _ key: String, _ type: SettingType<Value>, unit: String = "", reload: ConfigurationEntry.Reload = .restart,
        variable: String? = nil, summary: String = ""
    ) -> Value? {
        let found = read(key, type.orNull, variable)
        record(key, type.orNull, unit, reload, variable, summary, standard: nil, found: found?.value ?? nil, found?.origin)
        return found?.value ?? nil
    }

    /// The value of a key that has no default. Where it is missing or wrong, the error is written down and nil returned.
    public func required<Value>(_ key: String, _ type: SettingType<Value>) -> Value? {
        if members[key] == nil { log.refuse(log.place(line), full(key), "is missing; it must be \(type.expectation)") }
        return read(key, type, nil)?.value
    }

    /// A group of keys inside this one; a missing one has its defaults.
    public func section<Result>(_ key: String, _ read: (Section) -> Result) -> Result {
        let section = Section(mapping(key), path: full(key), log: log)
        let result = read(section)
        section.finish()
        return result
    }

    /// A list of groups; `show` tells of each what `pulse config check` prints.
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
        log.record(ConfigurationEntry(
            key: full(key), accepts: accepts, unit: "", summary: "", variable: nil, reload: .restart, standard: "[]",
            value: "[" + elements.map(show).joined(separator: ", ") + "]",
            origin: node.map { _ in origin(members[key]?.line) } ?? .standard, identity: Secret(node?.canonical ?? "[]")
        ))
        return elements
    }

    /// Writes down that `key` is wrong in a way that its type can't see, such as together with another one.
    /// - Parameter key: may go on below the key: `enabled[2]`, `access.core`.
    public func refuse(_ key: String, _ message: String) {
        let own = String(key.prefix { $0 != "." && $0 != "[" })
        log.refuse(places[own] ?? log.place(members[own]?.line ?? line), full(key), message)
    }

    /// Call when all keys were asked for: the others are errors.
    func finish() {
        for member in all where !known.contains(member.key) {
            log.unknown(member, in: path, among: known, hint: unknownKeySentence(member.key))
        }
    }

    /// The group `key` as it stands, for a reader that comes later; nil when there is none.
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
        known.append(key)
        return members[key]?.value
    }

    /// The variable's value, or else the file's; nil where there is none or it is wrong. A wrong value in the file is an
    /// error also where a variable overrides it.
    private func read<Value>(
        _ key: String, _ type: SettingType<Value>, _ variable: String?
    ) -> (value: Value, origin: ConfigurationEntry.Origin)? {
        var found: (Value, ConfigurationEntry.Origin)?
        if let node = take(key) {
            let line = members[key]?.line
            places[key] = log.place(line)
            // The key's own line is where a person looks; a list's elements have their own.
            let value = attempt(type, node, key) { self.log.place($0.suffix.isEmpty ? line : $0.line ?? line) }
            found = value.map { ($0, origin(line)) }
        }
        if let variable, let text = log.environment[variable], !text.isEmpty {
            places[key] = .variable(variable)
            let value = attempt(type, Self.node(text, isList: type.isList), key) { _ in .variable(variable) }
            found = value.map { ($0, .variable(variable)) } ?? found
        }
        return found
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
        _ variable: String?, _ summary: String, standard: Value, found: Value, _ origin: ConfigurationEntry.Origin?
    ) {
        guard isRecorded else { return }
        let identity = (found as? Secret)?.revealed ?? type.show(found)
        log.record(ConfigurationEntry(
            key: full(key), accepts: type.expectation, unit: unit, summary: summary, variable: variable, reload: reload,
            standard: type.show(standard), value: type.show(found), origin: origin ?? .standard, identity: Secret(identity)
        ))
    }
}
