import Enrichment
import Testing

/// Hosts in non-Latin scripts become what a browser would have sent.
@Suite("Internationalized hosts")
struct InternationalHostTests {
    /// - Source: RFC 3492, section 7.1, for labels in several scripts.
    @Test(
        "are stored in Punycode",
        arguments: [
            ("https://münchen.de/a?b", "xn--mnchen-3ya.de", "https://xn--mnchen-3ya.de/a"),
            ("https://www.MÜNCHEN.de:8443", "xn--mnchen-3ya.de", "https://www.xn--mnchen-3ya.de:8443"),
            ("http://mu\u{308}nchen.de/", "xn--mnchen-3ya.de", "http://xn--mnchen-3ya.de/"),
            ("https://ada:x@bücher.example/", "xn--bcher-kva.example", "https://xn--bcher-kva.example/"),
            ("https://他们为什么不说中文。例え/", "xn--ihqwcrb4cv8a8dqg056pqjye.xn--r8jz45g", "https://xn--ihqwcrb4cv8a8dqg056pqjye.xn--r8jz45g/"),
            (
                "https://почемужеонинеговорятпорусски.рф", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l.xn--p1ai",
                "https://xn--b1abfaaepdrnnbgefbadotcwatmq2g4l.xn--p1ai"
            ),
            (
                "https://למההםפשוטלאמדבריםעברית.test", "xn--4dbcagdahymbxekheh6e0a7fei0b.test",
                "https://xn--4dbcagdahymbxekheh6e0a7fei0b.test"
            ),
            ("https://3年b組金八先生.jp/é", "xn--3b-ww4c5e180e575a65lsy2b.jp", "https://xn--3b-ww4c5e180e575a65lsy2b.jp/é"),
        ])
    func punycode(url: String, source: String, kept: String) {
        #expect(ReferrerSource.source(of: url, siteHost: "example.com") == source)
        #expect(ReferrerSource.clean(url) == kept)
    }

    @Test("match the site's own host in either form", arguments: ["münchen.de", "xn--mnchen-3ya.de", "www.München.de"])
    func own(site: String) {
        for url in ["https://münchen.de/", "https://blog.xn--mnchen-3ya.de/"] {
            #expect(ReferrerSource.source(of: url, siteHost: site) == ReferrerSource.direct, "\(url)")
        }
        #expect(ReferrerSource.source(of: "https://munchen.de/", siteHost: site) == "munchen.de")
    }

    @Test(
        "that are invalid count as no referrer",
        arguments: [
            "https://mün chen.de/", "https://℀b.de/", "https://ü..de/", "https://\(String(repeating: "ü", count: 64)).de/", "münchen.de",
            "https://é%.de",
        ])
    func none(url: String) {
        #expect(ReferrerSource.source(of: url, siteHost: "example.com") == ReferrerSource.direct)
        #expect(ReferrerSource.clean(url) == "")
    }
}
