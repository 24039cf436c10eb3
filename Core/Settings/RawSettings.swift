/// A module's block of the configuration. Its values are not checked until the module reads them.
public struct RawSettings: Sendable, Equatable {
    private let mapping: YAMLNode.Mapping?
    private let path: String
    private let file: String?

    init(_ mapping: YAMLNode.Mapping?, path: String, file: String?) {
        self.mapping = mapping
        self.path = path
        self.file = file
    }

    /// An empty block: every setting has its default. Used by tests.
    public static let empty = RawSettings(nil, path: "modules.settings", file: nil)

    /// Reads the block. As for the rest of the file, errors name the file and the line, and suggest the most similar key.
    ///
    ///     let settings = try setup.settings.read { FunnelsSettings($0) }
    public func read<Result>(_ body: (Section) -> Result) throws(ConfigurationErrors) -> Result {
        let log = ReadingLog(file: file, environment: [:])
        let result = read(body, log)
        let errors = log.allErrors()
        if !errors.isEmpty { throw ConfigurationErrors(errors) }
        return result
    }

    /// Lists the keys that `body` reads, with their types, units and defaults. Used to document the settings.
    public static func describe<Result>(_ body: (Section) -> Result) -> [ConfigurationEntry] {
        let log = ReadingLog(file: nil, environment: [:])
        _ = RawSettings(nil, path: "", file: nil).read(body, log)
        return log.entries
    }

    private func read<Result>(_ body: (Section) -> Result, _ log: ReadingLog) -> Result {
        let section = Section(mapping, path: path, log: log)
        let result = body(section)
        section.finish()
        return result
    }

    private var canonical: String { mapping.map { YAMLNode.mapping($0).canonical } ?? "{}" }

    /// Whether the values are equal, regardless of their place in a file.
    public static func == (left: RawSettings, right: RawSettings) -> Bool { left.canonical == right.canonical }
}
