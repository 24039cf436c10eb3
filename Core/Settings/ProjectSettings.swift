/// A project that Pulse creates at startup unless a project with this name exists.
@_spi(Host) public struct ProjectSettings: Sendable, Equatable {
    /// The display name, unique among the configured projects.
    public var name: String
    /// The site's host name.
    public var domain: String
    /// Access levels by module name, for modules whose level differs from the host's default.
    public var modules: [String: ModuleLevel]

    /// Returns nil if the name or domain is missing or invalid.
    init?(_ section: Section, _ host: ModulesSettings, knownModules: [String]) {
        let name = section.required("name", .text(1...200))
        let domain = section.required("domain", .domain)
        modules = section.value("modules", .map("module", among: knownModules, to: .choice), default: [:])
        for module in modules.keys.sorted() where modules[module] != .off && !host.loads(module) {
            section.refuse(
                "modules.\(module)", "the host doesn't load this module; see modules.enabled and modules.disabled"
            )
        }
        if modules[ModulesSettings.core] == .off {
            section.refuse("modules.core", "'core' can't be off; every other module builds on it")
        }
        guard let name, let domain else { return nil }
        self.name = name
        self.domain = domain
    }

    static func list(_ section: Section, _ host: ModulesSettings, knownModules: [String]) -> [ProjectSettings] {
        var names: Set<String> = []
        return section.list("projects", accepts: "a list of projects: name, domain, modules", show: \.name) { section in
            let project = ProjectSettings(section, host, knownModules: knownModules)
            if let project, !names.insert(project.name).inserted {
                section.refuse("name", "another project is also named '\(project.name)'")
            }
            return project
        }
    }
}
