@_spi(Host) import Settings
import Testing

@Suite("A module's settings")
struct SectionTests {
    private struct FunnelsSettings: Equatable {
        let maximumSteps: Int
        let ratio: Double
        let label: String?

        init(_ section: Section) {
            maximumSteps = section.value(
                "maximum_steps", .integer(2...50), default: 20, unit: "steps", summary: "How many steps a funnel may have."
            )
            ratio = section.value("ratio", .number(0...1), default: 0.5)
            label = section.optional("label", .text(1...10))
        }
    }

    private func settings(_ yaml: String) throws -> FunnelsSettings {
        try configuration(yaml).modules.settings(of: "funnels").read { FunnelsSettings($0) }
    }

    @Test("are read from their block in the file")
    func read() throws {
        let found = try settings("modules:\n  settings:\n    funnels: {maximum_steps: 5, ratio: 0.25, label: x}")
        #expect(found.maximumSteps == 5)
        #expect(found.ratio == 0.25)
        #expect(found.label == "x")
    }

    @Test("use defaults if there is no block", arguments: ["", "modules:\n  settings:\n    funnels:"])
    func defaults(yaml: String) throws {
        #expect(try settings(yaml) == RawSettings.empty.read { FunnelsSettings($0) })
        #expect(try settings(yaml).maximumSteps == 20)
    }

    @Test("all errors are reported together, with their line and the most similar key")
    func wrong() throws {
        let yaml = "modules:\n  settings:\n    funnels:\n      maximum_step: 5\n      ratio: 2\n      label: ''"
        let error = #expect(throws: ConfigurationErrors.self) { try settings(yaml) }
        #expect(
            error?.errors.map(\.description) == [
                "config/pulse.yaml:4: modules.settings.funnels.maximum_step: unknown key; did you mean 'maximum_steps'?",
                "config/pulse.yaml:5: modules.settings.funnels.ratio: must be a number from 0.0 to 1.0; got '2'",
                "config/pulse.yaml:6: modules.settings.funnels.label: must be a string of 1 to 10 characters; got ''",
            ]
        )
    }

    @Test("can be listed with their types, units and defaults")
    func describe() {
        let entries = RawSettings.describe { FunnelsSettings($0) }
        #expect(entries.map(\.key) == ["maximum_steps", "ratio", "label"])
        #expect(entries[0].accepts == "a whole number from 2 to 50")
        #expect(entries.map(\.standard) == ["20", "0.5", "null"])
        #expect(entries[0].unit == "steps")
        #expect(entries[0].summary == "How many steps a funnel may have.")
    }
}
