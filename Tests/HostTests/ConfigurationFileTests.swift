import AllModules
import Core
import Foundation
@_spi(Host) @testable import Host
@_spi(Host) import Settings
import Testing
import TestSupport

@Suite("Configuration files of this repository", .modules(.all))
struct ConfigurationFileTests {
    private static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private func load(_ name: String) throws -> HostConfiguration {
        try HostConfiguration.load(file: Self.root + "/" + name, environment: [:], knownModules: ModuleList.all.names)
    }

    @Test("config/pulse.yaml is the default configuration")
    func standard() throws {
        let found = try load("config/pulse.yaml")
        #expect(found == .default)
        #expect(HostConfiguration.changes(from: .default, to: found).isEmpty)
    }

    @Test("mistakes in the settings of modules are reported together with all others")
    func allMistakes() throws {
        let yaml = """
            server: {port: 99999}
            modules:
              disabled: [funels]
              settings:
                revenue: {currency: EURO}
            """
        let found = #expect(throws: ConfigurationErrors.self) {
            try HostConfiguration.parse(yaml, knownModules: ModuleList.all.names, moduleErrors: ModuleList.all.errors)
        }
        #expect(
            found?.errors.map(\.key) == ["server.port", "modules.disabled[0]", "modules.settings.revenue.currency"])
    }

    @Test("config/pulse.yaml documents every key, its variable and whether it can be changed live")
    func complete() throws {
        let text = try String(contentsOfFile: Self.root + "/config/pulse.yaml", encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for entry in try load("config/pulse.yaml").entries {
            guard case .line(_, let line?) = entry.origin else {
                Issue.record("'\(entry.key)' is not in config/pulse.yaml")
                continue
            }
            // The comment above the key.
            let comment = lines[..<(line - 1)].reversed().prefix { $0.contains("#") }.joined(separator: "\n")
            #expect(!comment.isEmpty, "'\(entry.key)' has no comment")
            #expect(comment.contains("[live]") == (entry.reload == .live), "'\(entry.key)' and [live]")
            if let variable = entry.variable { #expect(comment.contains("(\(variable)"), "'\(entry.key)' and \(variable)") }
        }
    }

    @Test("every YAML file in config/ can be loaded")
    func examples() throws {
        let all = FileManager.default.enumerator(atPath: Self.root + "/config")?.compactMap { $0 as? String } ?? []
        let files = all.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
        #expect(files.contains("examples/minimal.yaml"))
        for file in files { #expect(throws: Never.self, "\(file)") { try ModuleList.all.load(load("config/" + file).modules) } }
    }

    @Test("Pulse starts with the commented examples of config/pulse.yaml in place of the defaults below them")
    func examplesInComments() async throws {
        try await TestApp.run(yaml: Self.uncommented()) { app in
            #expect(app.project.name == "My site" && app.project.domain == "www.example.com")
            let read = try await app.get("/api/v1/logs"), written = try await app.post("/api/v1/funnels", "{}", as: .query)
            #expect(read.body == #"{"error":"Module 'logs' is not enabled for this project."}"#)
            #expect(written.body == #"{"error":"Module 'funnels' does not allow write access for this project."}"#)
        }
    }

    @Test("every example value in a comment of config/pulse.yaml is accepted")
    func valuesInComments() throws {
        let text = try Self.uncommented(), lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let example = #/(?:such as|, as(?= \S+:\/\/)) (\{.*?\}|\[.*?\]|[^\s,;]*[^\s,;.:])/#
        var tried: [String] = []
        for (index, line) in lines.enumerated() where line.contains("#") {
            guard let key = lines[index...].firstIndex(where: { $0.contains(#/^\s*[a-z_]+: ./#) && !$0.contains(#/^\s*#/#) }) else {
                continue
            }
            for found in line.matches(of: example) {
                let name = lines[key].prefix { $0 != ":" }, isOneOfList = lines[key].contains("[") && !found.1.hasPrefix("[")
                let value = isOneOfList ? "[\(found.1)]" : String(found.1)
                var changed = lines
                changed[key] = "\(name): \(value)"
                tried.append(changed[key].trimmingCharacters(in: .whitespaces))
                #expect(throws: Never.self, "\(changed[key])") {
                    try ModuleList.all.load(
                        HostConfiguration.parse(changed.joined(separator: "\n"), knownModules: ModuleList.all.names).modules)
                }
            }
        }
        for known in [
            "access: {logs: off, funnels: read}", "rates: {EUR: 1.08}", "trusted_proxies: [172.16.0.0/12]",
            "enabled: [core, funnels, goals]",
        ] {
            #expect(tried.contains(known), "\(tried)")
        }
    }

    /// `config/pulse.yaml` with every commented example block in place of the empty value below it.
    private static func uncommented() throws -> String {
        var done: [Substring] = [], block: [Substring] = []
        for line in try String(contentsOfFile: root + "/config/pulse.yaml", encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            if line.contains(#/^ *#   +\S/#) {
                block.append(line)
            } else if !block.isEmpty, line.hasSuffix(": {}") || line.hasSuffix(": []") {
                done.append(line.dropLast(3))
                // Removing `#` moves the whole block one column to the left, which YAML accepts.
                done += block.map { Substring($0.replacing("#", with: "", maxReplacements: 1)) }
                block = []
            } else if line.contains(#/^ *#/#) {
                done.append(line)
            } else {
                done += block + [line]
                block = []
            }
        }
        return done.joined(separator: "\n")
    }

    @Test("the server example is parsed as it reads")
    func server() throws {
        let found = try load("config/examples/server.yaml")
        #expect(found.storage.databaseURL?.revealed == "postgresql://pulse@db.internal:5432/pulse")
        #expect(!found.modules.loads("logs"))
        #expect(found.modules.loads("core"))
        #expect(found.modules.level(of: "search") == .off)
        #expect(found.modules.level(of: "goals") == .all)
        #expect(found.projects.map(\.name) == ["Shop", "Blog"])
        #expect(found.projects[1].modules == ["revenue": .off, "funnels": .read])
        #expect(found.server.trustedProxies.map(\.description) == ["10.0.0.0/8"])
        #expect(found.retention.eventsMonths == 26)
    }
}
