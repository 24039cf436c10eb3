import Common

/// Which modules the host loads, and their access levels in new projects.
@_spi(Host) public struct ModulesSettings: Sendable, Equatable {
    /// All modules, or only the named ones.
    public enum Selection: Sendable, Equatable {
        case all
        case only([String])
    }

    /// The modules to load, before `disabled` is applied.
    public var enabled: Selection
    /// Modules not to load, even if `enabled` includes them.
    public var disabled: [String]
    /// The access level of modules that `access` doesn't name. `core` has the level `all` instead.
    public var defaultAccess: ModuleLevel
    /// Access levels by module name.
    public var access: [String: ModuleLevel]
    /// The modules of surfaces that are off.
    var omitted: [String] = []
    private var blocks: [String: RawSettings]
    private var file: String?

    /// Whether the host loads `module`; always true for `core`.
    public func loads(_ module: String) -> Bool {
        if module == Self.core { return true }
        if disabled.contains(module) || omitted.contains(module) { return false }
        return switch enabled {
        case .all: true
        case .only(let names): names.contains(module)
        }
    }

    /// These settings with all surfaces on, to describe them.
    public var withEverySurface: ModulesSettings {
        var settings = self
        settings.omitted = []
        return settings
    }

    /// The access level of `module` in a new project.
    public func level(of module: String) -> ModuleLevel { access[module] ?? (module == Self.core ? .all : defaultAccess) }

    /// The block of `module` under `modules.settings`; empty if there is none.
    public func settings(of module: String) -> RawSettings {
        blocks[module] ?? RawSettings(nil, path: "modules.settings.\(module)", file: file)
    }

    static let core = "core"

    public static func == (left: ModulesSettings, right: ModulesSettings) -> Bool {
        left.enabled == right.enabled && left.disabled == right.disabled && left.defaultAccess == right.defaultAccess
            && left.access == right.access && left.blocks == right.blocks && left.omitted == right.omitted
    }

    init(_ section: Section, knownModules: [String]) {
        section.unknownKeySentence = { Self.sentence(for: $0, knownModules) }
        let name = SettingType.name(of: "module", among: knownModules)
        enabled = section.value("enabled", .selection(name), default: .all)
        disabled = section.value("disabled", .list(of: name), default: [])
        defaultAccess = section.value("default_access", .choice, default: .all)
        access = section.value(
            "access", .map("module", among: knownModules, to: .choice), default: [:]
        )
        file = section.log.file
        blocks = Self.blocks(section, knownModules)
        check(section)
    }

    /// Rejects values that are valid by themselves but conflict with each other.
    private func check(_ section: Section) {
        for (index, module) in disabled.enumerated() {
            if module == Self.core {
                section.refuse("disabled[\(index)]", "'core' can't be disabled; every other module builds on it")
            } else if case .only(let names) = enabled, names.contains(module) {
                section.refuse("disabled[\(index)]", "'\(module)' is also in modules.enabled")
            }
        }
        if access[Self.core] == .off {
            section.refuse("access.core", "'core' can't be off; every other module builds on it")
        }
    }

    private static func blocks(_ section: Section, _ knownModules: [String]) -> [String: RawSettings] {
        var blocks: [String: RawSettings] = [:]
        for member in section.mapping("settings")?.members ?? [] {
            let path = section.full("settings") + "." + member.key
            let place = section.log.place(member.line)
            guard knownModules.contains(member.key) else {
                section.log.refuse(place, path, "unknown module\(Spelling.suggestion(for: member.key, among: knownModules))")
                continue
            }
            if member.value.isNull { continue }
            guard case .mapping(let mapping) = member.value else {
                section.log.refuse(place, path, "must be a group of keys; got \(member.value.described)")
                continue
            }
            blocks[member.key] = RawSettings(mapping, path: path, file: section.log.file)
            // Shows only the names of the keys, because only the module knows which of its values are secret.
            section.log.record(
                ConfigurationEntry(
                    key: path, accepts: "the settings of module '\(member.key)'", unit: "", summary: "", variable: nil,
                    reload: .restart, standard: "{}", value: "{\(mapping.members.map(\.key).joined(separator: ", "))}",
                    origin: section.origin(member.line), identity: Secret(member.value.canonical)
                ))
        }
        return blocks
    }

    /// The error for an unknown key; nil for the default error. Many people try `modules.funnels: read`, so the error says where that
    /// belongs.
    private static func sentence(for key: String, _ knownModules: [String]) -> String? {
        if knownModules.contains(key) {
            return "a module's level goes in modules.access, its settings in modules.settings"
        }
        let keys = ["enabled", "disabled", "default_access", "access", "settings"]
        guard Spelling.nearest(to: key, among: keys) == nil,
            let module = Spelling.nearest(to: key, among: knownModules)
        else { return nil }
        return "unknown module; did you mean '\(module)'?"
    }
}

extension SettingType where Value == ModulesSettings.Selection {
    fileprivate static func selection(_ name: SettingType<String>) -> Self {
        let expectation = "'all' or a list of module names"
        return SettingType(
            expectation,
            show: { selection in
                switch selection {
                case .all: "all"
                case .only(let names): "[" + names.joined(separator: ", ") + "]"
                }
            }
        ) { node throws(Refusals) in
            if node.text == "all" { return .all }
            guard case .list = node else { throw Refusals("must be \(expectation); got \(node.described)", node) }
            return .only(try SettingType<[String]>.list(of: name).read(node))
        }
    }
}
