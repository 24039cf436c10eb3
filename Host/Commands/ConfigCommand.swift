import ArgumentParser
@_spi(Host) import Settings

/// `pulse config`: the group of commands about the configuration.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Inspect the configuration.", subcommands: [Check.self])

    /// `pulse config check`: prints the effective values and their origins, or every error with file and line.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Show every key with its value and where it comes from, or every error.")

        @OptionGroup var options: ConfigurationOptions
        @Flag(name: .long, help: "Print JSON.")
        var json = false

        func run() async throws {
            let configuration = try options.load()
            if json { return try StandardOutput.json(configuration.entries.map(Entry.init)) }
            var columns = Columns("key", "value", "from")
            for entry in configuration.entries { columns.add(entry.key, entry.value, entry.origin.description) }
            print(columns.text)
        }
    }

    private struct Entry: Encodable {
        let key: String, value: String, origin: String, `default`: String, unit: String, accepts: String
        /// When a change takes effect: `live` or `restart`.
        let change: String

        init(_ entry: ConfigurationEntry) {
            key = entry.key
            value = entry.value
            origin = entry.origin.description
            `default` = entry.standard
            unit = entry.unit
            accepts = entry.accepts
            change = "\(entry.reload)"
        }
    }
}
