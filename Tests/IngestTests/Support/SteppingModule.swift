import Core
import TestSupport

/// A module whose steps do one thing each, on events and pages that are named for it.
struct SteppingModule: AnalyticsModule {
    static let manifest = ModuleManifest(
        name: "stepping", category: .platform, summaries: ["en": "Tests steps.", "de": "Prüft Schritte."])

    static let testPage = DropReason("stepping_test_page", words: ["en": "sent by a test page", "de": "von einer Testseite gesendet"])
    static let noPlan = DropReason(
        "stepping_no_plan", words: ["en": "the plan is missing", "de": "der Tarif fehlt"], isTold: true)
    static let undeclared = DropReason("stepping_undeclared", words: ["en": "-", "de": "-"])

    private struct Broken: Error {}

    init(_ setup: ModuleSetup = ModuleSetup()) {}

    /// Listed in the opposite order of their positions.
    var ingestSteps: [IngestStep] {
        [
            IngestStep("mask", at: .mask) { event in
                if event.text("path") == "/unmaskable" { throw Broken() }
                var changes: [(name: String, value: JSON?)] = []
                for (name, value) in event.fields where value.string?.contains("@") == true { changes.append((name, JSON(text: "***"))) }
                if let data = event["data"], let mail = data["mail"]?.string, mail.contains("@") {
                    changes.append(("data", try data.setting("mail") { $0.append(string: "***") }))
                }
                return changes.isEmpty ? .keep : .change(changes)
            },
            IngestStep("schema", at: .check, dropping: [Self.noPlan]) { event in
                guard event.text("name") == "signup" else { return .keep }
                guard event["data"]?["plan"]?.string != nil else {
                    return .drop(Self.noPlan, field: "data.plan", sentence: "must be a string.")
                }
                // What a step puts into an event is masked by the next one.
                return .change([("title", nil), ("language", JSON(text: "de")), ("screen", JSON(text: "a@b"))])
            },
            IngestStep("pages", at: .filter, dropping: [Self.testPage]) { event in
                event.text("path").hasPrefix("/test/") ? .drop(Self.testPage) : .keep
            },
            IngestStep("mistakes", at: .filter) { event in
                switch event.text("path") {
                case "/throws": throw Broken()
                case "/undeclared": return .drop(Self.undeclared)
                case "/invalid": return .change([("path", nil)])
                case "/type": return .change([("type", JSON(text: "event"))])
                default: return .keep
                }
            },
        ]
    }
}
