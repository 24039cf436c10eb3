import Core
@_spi(Host) @testable import Host
import Testing

@Suite("Words of the dashboard")
struct DashboardWordsTests {
    @Test("each reason to reject an event is explained in every language", arguments: DashboardFiles.languages)
    func reasons(language: String) throws {
        let texts = String(decoding: try #require(DashboardFiles([]).contents(of: "\(language).js")), as: UTF8.self)
        for reason in DropReason.allCases { #expect(texts.contains("'refused.\(reason.rawValue)': '"), "\(reason)") }
    }

    @Test("the reasons that the overview leaves out are those that no response reveals")
    func intended() throws {
        let script = String(decoding: try #require(DashboardFiles([]).contents(of: "ledger.js")), as: UTF8.self)
        let list = try #require(script.firstMatch(of: #/const intended = \[(.*)\];/#)).1
        #expect(
            list.split(separator: ", ").map { $0.filter { $0 != "'" } }.sorted()
                == DropReason.allCases.filter { !$0.isTold }.map(\.rawValue).sorted())
    }
}
