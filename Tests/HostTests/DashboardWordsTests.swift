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
}
