import Testing

@testable import Enrichment

/// Samples that were misread according to public lists: apps taken for bots, bots with full browser user agents, and unknown devices.
@Suite("User agents by kind")
struct UserAgentKindTests {
    private static func read(_ header: String) -> UserAgent { UserAgentParser(cacheCapacity: 0).parse(header) }
    private static let android = "Mozilla/5.0 (Linux; Android 13; "
    private static let webKit = ") AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/108.0.5359.128 "

    @Test(
        "apps and devices whose names contain bot keywords are not bots",
        arguments: [
            (
                "TikTok",
                android + "moto g(7); wv" + webKit + "Mobile Safari/537.36 musical_ly_2022704050 ByteLocale/en BytedanceWebview/d8a21c6"
            ),
            (
                "TikTok",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) BytedanceWebview/d8a21c6 trill_34.9.0"
            ),
            ("Douyin", android + "HD1900; wv" + webKit + "Mobile Safari/537.36 aweme_230400 ByteLocale/zh-CN BytedanceWebview/d8a21c6"),
            (
                "Taobao",
                android + "R11st" + webKit
                    + "UCBrowser/11.9.4.974 Mobile Safari/537.36 AliApp(TB/7.8.3) TTID/600000@taobao_android_7.8.3 WindVane/8.3.0"
            ),
            (
                "Lazada",
                android + "M2006C3LG" + webKit + "Mobile Safari/537.36 AliApp(LA/7.12.0) TTID/600000@lazada_android_7.12.0 WindVane/8.5.0"
            ),
            (
                "Instagram",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21F79 "
                    + "Instagram 330.0.3.29.91 (iPhone14,3; iOS 17_5; en_IR@calendar=gregorian; en; scale=3.00; 1125x2436)"
            ),
            ("CamScanner", android + "SM-A530F; wv" + webKit + "Mobile Safari/537.36 CamScanner/6.27.0.2210170000"),
            (
                "Chrome",
                "Mozilla/5.0 (Linux; Android 13; Spider 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36"
            ),
            (
                "Chrome",
                "Mozilla/5.0 (Linux; Android 13; Monitor One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36"
            ),
            (
                "Electron",
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Notion/2.0.23 Chrome/91.0.4472.164 Electron/13.6.9"
            ),
            (
                "Internet Explorer",
                "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1; Embedded Web Browser from: http://bsalsa.com/; .NET CLR 2.0.50727)"
            ),
            ("iCab", "Mozilla/4.5 (compatible; iCab 2.9.9; Macintosh; U; PPC)"),
        ])
    func people(browser: String, header: String) {
        let agent = Self.read(header)
        #expect(!agent.isBot)
        #expect(agent.browser == browser)
    }

    @Test(
        "finds bots inside a full browser agent",
        arguments: [
            ("Devin", "Chrome/137.0.0.0 Safari/537.36; Devin/1.0; +devin.ai"),
            ("Google Search Console", "(KHTML, like Gecko; Google Search Console) Chrome/41.0.2272.118 Safari/537.36"),
            ("Google-BusinessLinkVerification", "(KHTML, like Gecko; Google-BusinessLinkVerification) Chrome/143.0.7499.192 Safari/537.36"),
            ("DuplexWeb-Google", "(X11; DuplexWeb-Google/1.0) Chrome/74.0.3729.131 Mobile Safari/537.36"),
            ("Dotcom-Monitor", "Chrome/77.0.3865.56 Safari/537.36 DMBrowser/2.1 (UV)"),
            ("Rigor", "(X11; Linux x86_64; Rigor) Chrome/80.0.3987.106 Safari/537.36"),
            ("Splash", "splash Version/10.0 Chrome/98.0.4758.80 Safari/537.36"),
            ("Functionize", "Chrome/123.0.0.0 Safari/537.36 Functionize"),
            ("SecurityHeaders", "Chrome/132.0.0.0 Safari/537.36 SecurityHeaders"),
            ("Datanyze", "(X11; Datanyze; Linux x86_64) Chrome/65.0.3325.181 Safari/537.36"),
            ("MarketGoo", "Version/17.5 Safari/605.1.15 MarketGoo/2.1"),
            ("ArchiveBox", "Chrome/90.0.4430.61 Safari/537.36 ArchiveBox/0.6.2"),
            ("Scope3", "Chrome/133.0.0.0 Safari/537.36 Scope3/2.0 (scope3.com)"),
            ("OneTrust", "Chrome/120.0.6099.199 Safari/537.36; OneTrust;"),
            // Only in the public list.
            ("LinkTiger", "Chrome/76.0.3809.87 Safari/537.36 LinkTiger"),
            ("CookieHubScan", "Chrome/131.0.0.0 Safari/537.36 CookieHubScan/3.0"),
            ("SQWatcher", "Chrome/118.0.0.0 Safari/537.36 SQWatcher/202312"),
            ("watchTowr", "(watchTowr; Windows NT 10.0; rv:84.0) Gecko/20100101 Firefox/84.0"),
            // No name, only the operator's address.
            ("", "Chrome/118.0.0.0 Safari/537.36 someone@crawling.example.com"),
        ])
    func bots(name: String, ending: String) {
        let agent = Self.read("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 " + ending)
        #expect(agent.isBot)
        #expect(agent.browser == name)
        #expect(agent.device == .bot)
    }

    @Test(
        "recognizes televisions, consoles, watches and cars",
        arguments: [
            (UserAgent.Device.tv, android + "55U7HQ Build/TP1A.220905.004.A2; wv" + webKit + "Safari/537.36"),
            (.tv, android + "43LEX-7127/UTS2C" + webKit + "Mobile Safari/537.36"),
            (.tv, android + "DEXP Shell PT320AT01-5 Build/OPR5; wv" + webKit + "Safari/537.36"),
            (.tv, "Mozilla/5.0 (Linux; U; Android 4.4.2; fr-fr; 32HR50GU Build/JDQ39) AppleWebKit/534.30 Safari/534.30"),
            (.tv, android + "YOU-BOX" + webKit + "Safari/537.36"),
            (.tv, android + "SW-LED50UG400 Build/PPR2; wv" + webKit + "Mobile Safari/537.36"),
            (.tv, "VIZIO V505M-K09 ViziOS/1.4.512.847.1 WatchFree/24.06.13.2"),
            (.tv, "BrightSign/8.2.35.4 (XT1144) Mozilla/5.0 (X11; Linux aarch64) Chrome/69.0.3497.128"),
            (.console, android + "Retroid Pocket 5" + webKit + "Mobile Safari/537.36"),
            (.console, android + "SHIELD Build/LMY47N; wv" + webKit + "Safari/537.36"),
            (
                .console,
                "Mozilla/5.0 (X11; Linux x86_64; Valve Steam Client/Steam Deck [Steam Deck Beta]/default/0) AppleWebKit/537.36 Chrome/85.0.4183.121"
            ),
            (.wearable, android + "TicWatch Pro 5" + webKit + "Mobile Safari/537.36"),
            (.wearable, "Mozilla/5.0 (Android 12; Mobile VR; rv:81.0) Gecko/81.0 Firefox/81.0"),
            (.wearable, android + "Google Pixel Watch 2 Build/TWD9; wv" + webKit + "Mobile Safari/537.36"),
            (
                .car,
                "Mozilla/5.0 (X11; GNU/Linux) AppleWebKit/537.36 (KHTML, like Gecko) Chromium/79.0.3945.130 Chrome/79.0.3945.130 Safari/537.36 Tesla/2020.36.16"
            ),
            (.car, android + "QUAD-CORE T3 p3" + webKit + "Safari/537.36"),
            (.car, android + "Polestar Build/QA1A" + webKit + "Safari/537.36"),
            // Phones and tablets that look like one of them.
            (.mobile, android + "2201116SI" + webKit + "Mobile Safari/537.36"),
            (.mobile, android + "5048U" + webKit + "Mobile Safari/537.36"),
            (.mobile, android + "RIVIERA F23" + webKit + "Mobile Safari/537.36"),
            (.mobile, android + "SGH-T959V" + webKit + "Mobile Safari/537.36"),
            (.tablet, android + "TB-X606F" + webKit + "Safari/537.36"),
        ])
    func devices(device: UserAgent.Device, header: String) {
        #expect(Self.read(header).device == device)
    }

    @Test("an iPad that claims to be a Mac is an iPad")
    func iPads() {
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        let iPad = UserAgent(browser: "Chrome", browserVersion: "125", os: "iPadOS", osVersion: "", device: .tablet)
        #expect(Self.read(mac + "CriOS/125 Version/11.1.1 Safari/605.1.15") == iPad)
        #expect(Self.read(mac + "Mobile/15E148").os == "iPadOS")
        #expect(Self.read(mac + "FxiOS/120.0 Safari/605.1.15").device == .tablet)
        #expect(Self.read(mac + "Version/17.3.1 Safari/605.1.15").os == "macOS")
    }

    @Test("Brave on iOS has no version, because it sends none")
    func brave() {
        let header =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1 Brave"
        #expect(Self.read(header) == UserAgent(browser: "Brave", os: "iOS", osVersion: "17.4", device: .mobile))
    }

    @Test(
        "frozen version numbers are ignored; older and real ones are kept",
        arguments: [
            ("", "(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.3.1 Safari/605.1.15"),
            ("10.14", "(Macintosh; Intel Mac OS X 10_14_6) AppleWebKit/605.1.15 Version/13.1 Safari/605.1.15"),
            ("", "(Linux; Android 10; K) AppleWebKit/537.36 Chrome/122.0.0.0 Mobile Safari/537.36"),
            ("10", "(Linux; Android 10; SM-G973F) AppleWebKit/537.36 Chrome/102.0.0.0 Mobile Safari/537.36"),
            ("14", "(Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/122.0.0.0 Mobile Safari/537.36"),
            ("26.0", "(iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Mobile/15E148 Safari/604.1"),
            ("18.5", "(iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1"),
        ])
    func versions(version: String, rest: String) {
        #expect(Self.read("Mozilla/5.0 " + rest).osVersion == version)
    }

    @Test("every named line of the public list is a keyword that is found")
    func list() {
        let lines = BotKeywords.lines.dropFirst(BotKeywords.firstUncertain).filter { !$0.name.isEmpty }
        #expect(lines.count > 1_000)
        for line in lines {
            #expect(line.text.utf8.filter(\.isWord).count >= 2, "\(line)")
            #expect(
                Self.read("Mozilla/5.0 (X11; Linux) " + line.text.filter { $0 != "|" && $0 != "^" }).isBot || line.text.hasPrefix("^"),
                "\(line)")
        }
    }
}
