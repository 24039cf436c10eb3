@_spi(Host) import Enrichment
import Testing

@Suite("Language")
struct LanguageTests {
    @Test(
        "takes the first tag in its canonical form",
        arguments: [
            ("en-US", "en-US"), ("en-US,en;q=0.9", "en-US"), ("de;q=0.8, en", "de"), (" fr , en", "fr"),
            ("EN-us", "en-US"), ("en_US", "en-US"), ("pt-br", "pt-BR"), ("es-419", "es-419"),
            ("zh-hant-tw", "zh-Hant-TW"), ("ZH-HANS", "zh-Hans"), ("sr-Latn-RS", "sr-Latn-RS"),
            ("haw", "haw"), ("fil-PH", "fil-PH"),
            ("de-DE-1996", "de-DE"), ("en-GB-oxendict", "en-GB"), ("ca-valencia", "ca"), ("zh-yue-HK", "zh"),
            ("de-u-co-phonebk", "de"), ("en-US-u-hc-h23", "en-US"),
            ("iw-IL", "he-IL"), ("in", "id"), ("ji", "yi"),
        ])
    func tag(text: String, tag: String) {
        #expect(Language.tag(of: text) == tag)
        #expect(Language.tag(of: tag) == tag)
    }

    @Test(
        "text that isn't a language gives an empty tag",
        arguments: [
            "", " ", "*", "e", "english", "12", "e1", "-", "en-", "-US", "en--US", "en US", "en-US.UTF-8", "en-verylongpart", "x-klingon",
            "i-klingon", ",en", ";q=1", "日本語", "en\0US", "🦆", "C", "en/US",
        ])
    func nothing(text: String) {
        #expect(Language.tag(of: text) == "")
    }

    @Test("random text never crashes it")
    func anything() {
        var noise = Noise(seed: 6)
        for _ in 0..<5000 {
            #expect(Language.tag(of: noise.text(upTo: 200)).utf8.count <= 14)
            let tag = Language.tag(of: noise.text(of: ["en", "US", "Latn", "-", "_", ",", "1", "419", "é"], upTo: 8))
            #expect(tag.utf8.count <= 14)
            #expect(Language.tag(of: tag) == tag)
        }
    }
}
