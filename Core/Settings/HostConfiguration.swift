import Foundation

/// The configuration of this host. Environment variables override the file. Keys that neither of them sets have their defaults.
///
/// The types of the sections, such as `ServerSettings`, declare the key, type, range, unit and default of each value. `config/pulse.yaml`
/// documents them.
@_spi(Host) public struct HostConfiguration: Sendable {
    // The sections and single keys of the file, in file order.
    public var server: ServerSettings
    public var storage: StorageSettings
    public var objects: ObjectSettings
    public var coordination: CoordinationSettings
    /// The bearer token for the admin API. If nil, Pulse generates a token at its first start and keeps it in the data folder.
    public var adminToken: Secret?
    /// The secret that encrypts the dashboard's cookies and the stored credentials of external databases. If nil, Pulse generates it, like
    /// `adminToken`.
    public var cookieSecret: Secret?
    /// Reserved for email reports, which Pulse does not send yet.
    public var emailReportWebhookURL: Secret?
    public var modules: ModulesSettings
    public var surfaces: SurfacesSettings
    public var limits: LimitSettings
    public var privacy: PrivacySettings
    public var retention: RetentionSettings
    public var telemetry: TelemetrySettings
    public var projects: [ProjectSettings]

    /// All keys with their values and origins, section by section.
    public let entries: [ConfigurationEntry]

    /// The default configuration: all keys have their defaults.
    public static let `default`: HostConfiguration = {
        do { return try parse("", knownModules: []) } catch { preconditionFailure("defaults are wrong: \(error)") }
    }()

    /// Reads the configuration from `file` and `environment`. If `file` is nil, only the environment overrides the defaults.
    /// - Parameters:
    ///   - knownModules: the names of all modules in the binary.
    ///   - knownSurfaces: the names of those modules that bring a surface.
    ///   - moduleErrors: finds the mistakes in the modules' own settings.
    /// - Throws: all mistakes in the file and the environment together.
    public static func load(
        file: String?, environment: [String: String], knownModules: [String], knownSurfaces: [String] = [],
        moduleErrors: (ModulesSettings) -> [ConfigurationError] = { _ in [] }
    ) throws(ConfigurationErrors) -> HostConfiguration {
        guard let file else {
            return try parse(
                "", file: nil, environment: environment, knownModules: knownModules, knownSurfaces: knownSurfaces,
                moduleErrors: moduleErrors)
        }
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: file)) } catch {
            let reason = FileManager.default.fileExists(atPath: file) ? "can't be read" : "does not exist"
            throw ConfigurationErrors([ConfigurationError(.line(file, nil), "", reason)])
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw ConfigurationErrors([ConfigurationError(.line(file, nil), "", "is not UTF-8 text")])
        }
        return try parse(
            text, file: file, environment: environment, knownModules: knownModules, knownSurfaces: knownSurfaces, moduleErrors: moduleErrors
        )
    }

    /// Like `load`, but parses `yaml` instead of reading a file. Errors use `file` as its name.
    public static func parse(
        _ yaml: String, file: String? = nil, environment: [String: String] = [:], knownModules: [String], knownSurfaces: [String] = [],
        moduleErrors: (ModulesSettings) -> [ConfigurationError] = { _ in [] }
    ) throws(ConfigurationErrors) -> HostConfiguration {
        let document = YAMLDocument(yaml, file: file ?? "configuration")
        let log = ReadingLog(file: file ?? (yaml.isEmpty ? nil : "configuration"), environment: environment)
        var root: YAMLNode.Mapping?
        switch document.root {
        case .mapping(let mapping): root = mapping
        case .some(let node) where !node.isNull:
            log.refuse(log.place(node.line), "", "must be a group of keys; got \(node.described)")
        default: break
        }
        let section = Section(root, path: "", log: log)
        let configuration = HostConfiguration(section, knownModules: knownModules, knownSurfaces: knownSurfaces)
        section.finish()
        let errors = document.errors + log.allErrors() + moduleErrors(configuration.modules)
        if !errors.isEmpty { throw ConfigurationErrors(errors) }
        return configuration
    }

    private init(_ section: Section, knownModules: [String], knownSurfaces: [String]) {
        server = section.section("server") { ServerSettings($0) }
        storage = section.section("storage") { StorageSettings($0) }
        objects = section.section("objects") { ObjectSettings($0) }
        coordination = section.section("coordination") { CoordinationSettings($0) }
        adminToken = section.optional("admin_token", .secret(minimum: 16), variable: "PULSE_ADMIN_TOKEN")
        cookieSecret = section.optional("cookie_secret", .secret(minimum: 32), variable: "PULSE_COOKIE_SECRET")
        emailReportWebhookURL = section.optional(
            "email_report_webhook_url", .secretURL(schemes: ["https", "http"], example: "https://mail.example.com/send"),
            variable: "EMAIL_REPORT_WEBHOOK_URL"
        )
        var modules = section.section("modules") { ModulesSettings($0, knownModules: knownModules) }
        let surfaces = section.section("surfaces") { SurfacesSettings($0, known: knownSurfaces) }
        self.surfaces = surfaces
        modules.omitted = knownSurfaces.filter { !surfaces.enabled.contains($0) }
        self.modules = modules
        limits = section.section("limits") { LimitSettings($0) }
        privacy = section.section("privacy") { PrivacySettings($0) }
        retention = section.section("retention") { RetentionSettings($0) }
        telemetry = section.section("telemetry") { TelemetrySettings($0) }
        projects = ProjectSettings.list(section, modules, knownModules: knownModules)
        entries = section.log.entries
    }
}

extension HostConfiguration: Equatable {
    /// Whether all values are equal, regardless of their origin.
    public static func == (left: HostConfiguration, right: HostConfiguration) -> Bool {
        left.server == right.server && left.storage == right.storage && left.objects == right.objects
            && left.coordination == right.coordination
            && left.adminToken == right.adminToken && left.cookieSecret == right.cookieSecret
            && left.emailReportWebhookURL == right.emailReportWebhookURL && left.modules == right.modules && left.surfaces == right.surfaces
            && left.limits == right.limits && left.privacy == right.privacy && left.retention == right.retention
            && left.telemetry == right.telemetry && left.projects == right.projects
    }
}

extension HostConfiguration: CustomStringConvertible {
    /// The text that `pulse config check` prints: one line per key, with secrets hidden.
    public var redacted: String { entries.map(\.description).joined(separator: "\n") }
    public var description: String { redacted }
}
