import Enrichment
import Testing

@Suite("Referrer source")
struct ReferrerSourceTests {
    @Test(
        "reduces a referrer to a source",
        arguments: [
            ("https://google.com", "google.com"),
            ("https://www.google.com/", "google.com"),
            ("HTTPS://WWW.Google.COM/search?q=a", "google.com"),
            ("http://www.google.com.:80/", "google.com"),
            ("  https://google.com/ \n", "google.com"),
            ("https://www.google.de/url?q=x", "google.com"),
            ("https://www.google.co.uk/", "google.com"),
            ("https://images.google.com.br/", "google.com"),
            ("https://news.google.de/", "news.google.com"),
            ("https://news.google.com/", "news.google.com"),
            ("https://mail.google.com/mail/u/0/", "mail.google.com"),
            ("https://gemini.google.com/app", "gemini.google.com"),
            ("https://notgoogle.de/", "notgoogle.de"),
            ("https://google.com.evil.example/", "google.com.evil.example"),
            ("https://google.evil.de/", "google.evil.de"),
            ("https://google.dev/", "google.dev"),
            ("https://www.bing.com/", "bing.com"),
            ("https://cn.bing.com/search?q=a", "bing.com"),
            ("https://edgeservices.bing.com/", "copilot.microsoft.com"),
            ("https://copilot.microsoft.com/", "copilot.microsoft.com"),
            ("https://de.search.yahoo.com/", "search.yahoo.com"),
            ("https://duckduckgo.com/", "duckduckgo.com"),
            ("https://html.duckduckgo.com/html", "duckduckgo.com"),
            ("https://yandex.ru/", "yandex.ru"),
            ("https://search.brave.com/", "search.brave.com"),
            ("https://t.co/abc", "twitter.com"),
            ("https://twitter.com/a/status/1", "twitter.com"),
            ("https://mobile.twitter.com/", "twitter.com"),
            ("https://x.com/", "twitter.com"),
            ("https://l.facebook.com/l.php?u=a", "facebook.com"),
            ("https://lm.facebook.com/", "facebook.com"),
            ("https://m.facebook.com/", "facebook.com"),
            ("https://l.instagram.com/", "instagram.com"),
            ("https://l.threads.net/", "threads.com"),
            ("https://out.reddit.com/t3", "reddit.com"),
            ("https://old.reddit.com/r/swift", "reddit.com"),
            ("https://lnkd.in/abc", "linkedin.com"),
            ("https://de.linkedin.com/", "linkedin.com"),
            ("https://youtu.be/abc", "youtube.com"),
            ("https://m.youtube.com/watch?v=1", "youtube.com"),
            ("https://pin.it/a", "pinterest.com"),
            ("https://www.pinterest.de/", "pinterest.com"),
            ("https://de.pinterest.com/", "pinterest.com"),
            ("https://en.m.wikipedia.org/wiki/Pulse", "wikipedia.org"),
            ("https://away.vk.com/", "vk.com"),
            ("https://chat.openai.com/", "chatgpt.com"),
            ("https://chatgpt.com/", "chatgpt.com"),
            ("https://www.perplexity.ai/search", "perplexity.ai"),
            ("https://news.ycombinator.com/item?id=1", "news.ycombinator.com"),
            ("https://blog.other.org/2026/03/", "blog.other.org"),
            ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
            ("http://localhost:3000/", "localhost"),
            ("http://192.0.2.7:8080/a", "192.0.2.7"),
            ("http://[2001:DB8:0::1]:8080/a", "[2001:db8::1]"),
            ("http://google.com@evil.org/", "evil.org"),
            ("http://google.com:80@evil.org:81/", "evil.org"),
            ("http://user@google.com@evil.org/", "evil.org"),
            ("http://evil.org/@google.com", "evil.org"),
            ("http://evil.org\\@google.com/", "evil.org"),
            ("http://evil.org?@google.com/", "evil.org"),
            ("http://evil.org#@google.com/", "evil.org"),
            ("https://www.com/", "www.com"),
            ("https://www.de.example/", "de.example"),
            ("android-app://com.google.android.gm/", "mail.google.com"),
            ("android-app://com.google.android.googlequicksearchbox/https/www.google.com", "google.com"),
            ("android-app://com.Slack", "slack.com"),
            ("android-app://m.facebook.com/", "facebook.com"),
            ("android-app://org.telegram.messenger.web/", "telegram.org"),
            ("android-app://com.instagram.android.beta/", "instagram.com"),
            ("https://tieba.baidu.com/p/1", "tieba.baidu.com"),
            ("https://m.baidu.com/s?wd=a", "baidu.com"),
            ("https://zhidao.baidu.com/q", "zhidao.baidu.com"),
            ("https://www.paypal.com/checkoutnow", "(direct)"),
            ("https://checkout.stripe.com/c/pay", "(direct)"),
            ("https://stripe.com/docs", "stripe.com"),
            ("https://secure5.arcot.com/acspage", "(direct)"),
            ("android-app://org.example.reader/", "org.example.reader"),
        ])
    func source(referrer: String, source: String) {
        #expect(ReferrerSource.source(of: referrer, siteHost: "example.com") == source)
    }

    @Test(
        "an empty or invalid referrer and the site itself are direct",
        arguments: [
            "", " ", "google.com", "//google.com/", "/pricing", "about:blank", "javascript:alert(1)", "ftp://google.com/",
            "file:///etc/passwd", "data:text/html,x", "mailto:a@b.example", "https:", "https:/google.com", "https://", "https:///a",
            "http://.", "http://a..b/", "http://:80/", "http://google.com:port/", "http://google.com:0/", "http://google.com:65536/",
            "http://goo gle.com/", "http://%67oogle.com/", "http://[::1/", "http://[1.2.3.4]/",
            "http://[fe80::1%25eth0]/", "http://[::1]x/", "http://@/", "http://\0/", "🦆",
            "https://example.com", "https://example.com/a", "https://www.example.com/", "http://EXAMPLE.com:8080/",
            "https://blog.example.com/", "https://a.b.example.com./", "https://me@shop.example.com/",
        ])
    func direct(referrer: String) {
        #expect(ReferrerSource.source(of: referrer, siteHost: "example.com") == "(direct)")
    }

    @Test(
        "recognizes the site in every form in which its host may be configured",
        arguments: [
            "example.com", "www.example.com", "WWW.Example.COM", "example.com:8080", "example.com.", " example.com ",
        ])
    func siteHost(host: String) {
        #expect(ReferrerSource.source(of: "https://blog.example.com/", siteHost: host) == "(direct)")
        #expect(ReferrerSource.source(of: "https://notexample.com/", siteHost: host) == "notexample.com")
        #expect(ReferrerSource.source(of: "https://com/", siteHost: host) == "com")
    }

    @Test("a site doesn't include its parent domain, and an unknown site matches nothing")
    func otherSites() {
        #expect(ReferrerSource.source(of: "https://example.com/", siteHost: "blog.example.com") == "example.com")
        #expect(ReferrerSource.source(of: "https://example.com/", siteHost: "") == "example.com")
        #expect(ReferrerSource.source(of: "https://example.com/", siteHost: "::junk::") == "example.com")
        #expect(ReferrerSource.source(of: "http://[2001:db8::1]/", siteHost: "[2001:DB8::0:1]:80") == "(direct)")
        #expect(ReferrerSource.source(of: "https://www.google.com/", siteHost: "google.com") == "(direct)")
    }

    @Test(
        "removes what may not be stored from a referrer",
        arguments: [
            ("https://Google.com", "https://google.com"),
            ("HTTPS://www.Example.com/A/b?token=1#c", "https://www.example.com/A/b"),
            ("http://user:password@example.com:8080/a", "http://example.com:8080/a"),
            ("http://example.com.?q", "http://example.com"),
            ("http://example.com/a b", "http://example.com/a"),
            ("http://example.com/a\r\nb", "http://example.com/a"),
            ("http://example.com/ü", "http://example.com/ü"),
            ("http://evil.org\\@google.com/", "http://evil.org\\@google.com/"),
            ("http://[::FFFF:1]/a?b", "http://[::ffff:1]/a"),
            ("android-app://com.google.android.gm/", "android-app://com.google.android.gm/"),
            ("javascript:alert(1)", ""), ("", ""), ("google.com/a", ""), ("http://[::1%25lo]/", ""),
        ])
    func clean(referrer: String, cleaned: String) {
        #expect(ReferrerSource.clean(referrer) == cleaned)
    }

    @Test("cuts a long referrer between characters")
    func cut() {
        let ascii = ReferrerSource.clean("https://example.com/" + String(repeating: "a", count: 5000))
        #expect(ascii.utf8.count == 2048)
        let wide = ReferrerSource.clean("https://example.com/a" + String(repeating: "🦆", count: 2000))
        #expect((2045...2048).contains(wide.utf8.count))
        #expect(wide.hasSuffix("🦆"))
    }

    @Test("random text never crashes it, and cleaning is idempotent")
    func anything() {
        var noise = Noise(seed: 3)
        let pieces = [
            "http://", "https://", "android-app://", "www.", "google.", "com", "de", ".", ":", "80", "/", "?", "#", "@", "[", "]",
            "::1", "\\", "%", " ", "\0", "é", "🦆", "search.yahoo.com", "co.uk",
        ]
        for _ in 0..<5000 {
            for text in [noise.text(upTo: 60), noise.text(of: pieces, upTo: 12), "http://" + noise.text(upTo: 20)] {
                let source = ReferrerSource.source(of: text, siteHost: noise.text(of: pieces, upTo: 4))
                #expect(!source.isEmpty)
                #expect(source == source.lowercased())
                let cleaned = ReferrerSource.clean(text)
                #expect(cleaned.utf8.count <= 2048)
                #expect(ReferrerSource.clean(cleaned) == cleaned)
            }
        }
    }
}
