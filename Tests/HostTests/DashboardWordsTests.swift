import Core
import Foundation
@_spi(Host) @testable import Host
import Testing

@Suite("Words of the dashboard")
struct DashboardWordsTests {
    @Test("each reason to reject an event is explained in every language", arguments: DashboardFiles.languages)
    func reasons(language: String) throws {
        let texts = String(decoding: try #require(DashboardFiles([]).contents(of: "\(language).js")), as: UTF8.self)
        for reason in DropReason.core { #expect(texts.contains("'refused.\(reason.name)': '"), "\(reason.name)") }
    }

    @Test("the API describes the reasons in the words of the dashboard")
    func described() throws {
        let texts = String(decoding: try #require(DashboardFiles([]).contents(of: "en.js")), as: UTF8.self)
        for reason in DropReason.core {
            let words = try #require(reason.words["en"])
            #expect(texts.contains("  'refused.\(reason.name)': '\(words)',\n"), "\(reason.name)")
        }
    }

    @Test("the reasons are documented")
    func documented() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/operations.md"), encoding: .utf8)
        for reason in DropReason.core { #expect(page.contains("`\(reason.name)`"), "\(reason.name)") }
    }

    @Test("the reasons that the overview leaves out are those that no response reveals, but for a fault")
    func intended() throws {
        let script = String(decoding: try #require(DashboardFiles([]).contents(of: "ledger.js")), as: UTF8.self)
        let list = try #require(script.firstMatch(of: #/const intended = \[(.*)\];/#)).1
        #expect(
            list.split(separator: ", ").map { $0.filter { $0 != "'" } }.sorted()
                == DropReason.core.filter { !$0.isTold && $0.name != "mask_failed" }.map(\.name).sorted())
    }
}
