import Foundation
@_spi(Host) @testable import Host
import Testing

/// `pulse module new`, and the example module that it copies.
@Suite("New modules")
struct ModuleCommandTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static func read(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test("docs/writing-a-module.md shows the example module as it is compiled and tested")
    func page() throws {
        let page = try Self.read(Self.root + "/docs/writing-a-module.md")
        let files = [
            "Guestbook/GuestbookModule.swift", "Guestbook/PageEntries.swift", "Guestbook/Web/page.js", "Guestbook/Web/en.js",
            "GuestbookModuleTests/GuestbookTests.swift",
        ]
        for file in files {
            let source = try Self.read("\(Self.root)/Tests/\(file)"), language = file.hasSuffix(".js") ? "js" : "swift"
            #expect(page.contains("```\(language)\n\(source)```"), "\(file)")
        }
    }

    @Test("a new module is the example under the new name, and doesn't mention the example's name")
    func create() throws {
        let scratch = try Scratch()
        let root = scratch.path + "/clone"
        for folder in ["Modules", "Tests"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        }
        for folder in ["Guestbook", "GuestbookModuleTests"] {
            try FileManager.default.copyItem(atPath: "\(Self.root)/Tests/\(folder)", toPath: "\(root)/Tests/\(folder)")
        }
        let files = try ModuleTemplate(name: "loyalty_points", root: root).write()
        #expect(
            files == [
                "Modules/LoyaltyPoints/LoyaltyPointsModule.swift", "Modules/LoyaltyPoints/PageEntries.swift",
                "Modules/LoyaltyPoints/Web/de.js",
                "Modules/LoyaltyPoints/Web/en.js", "Modules/LoyaltyPoints/Web/page.js",
                "Tests/LoyaltyPointsModuleTests/LoyaltyPointsTests.swift",
            ])
        for file in files {
            let text = try Self.read("\(root)/\(file)")
            #expect(text.range(of: "guest ?book|gästebuch", options: [.regularExpression, .caseInsensitive]) == nil, "\(file)")
        }
        let module = try Self.read(root + "/" + files[0])
        #expect(module.contains("public struct LoyaltyPointsModule: AnalyticsModule {"))
        #expect(
            module.contains(
                #"summaries: ["en": "Entries in “Loyalty points”, by page.", "de": "Einträge in „Loyalty points“, nach Seite."])"#))
        #expect(module.contains(#"FactTable("loyalty_points_entries""#))
        #expect(throws: CommandError.self) { try ModuleTemplate(name: "loyalty_points", root: root).write() }
        #expect(throws: CommandError.self) { try ModuleTemplate(name: "other", root: scratch.path).write() }
    }
}
