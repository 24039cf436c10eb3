import Enrichment
import Foundation
import Settings
import Testing

@Suite("Configuration files of this repository")
struct ConfigurationFileTests {
    private static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private func load(_ name: String) throws -> HostConfiguration {
        try HostConfiguration.load(file: Self.root + "/" + name, environment: [:], knownModules: modules)
    }

    @Test("config/pulse.yaml is the default configuration")
    func standard() throws {
        let found = try load("config/pulse.yaml")
        #expect(found == .default)
        #expect(HostConfiguration.changes(from: .default, to: found).isEmpty)
    }

    @Test("config/pulse.yaml names every key, and says which variables and which live changes there are")
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
        for file in files { #expect(throws: Never.self, "\(file)") { try load("config/" + file) } }
    }

    @Test("the server example says what it seems to say")
    func server() throws {
        let found = try load("config/examples/server.yaml")
        #expect(found.storage.databaseURL?.revealed == "postgresql://pulse@db.internal:5432/pulse")
        #expect(!found.modules.loads("session_replay"))
        #expect(found.modules.loads("core"))
        #expect(found.modules.level(of: "heatmaps") == .off)
        #expect(found.modules.level(of: "goals") == .all)
        #expect(found.projects.map(\.name) == ["Shop", "Blog"])
        #expect(found.projects[1].modules == ["revenue": .off, "funnels": .read])
        #expect(found.server.trustedProxies.map(\.description) == ["10.0.0.0/8"])
        #expect(found.retention.eventsMonths == 26)
    }
}
