/// A visitor of the demo's site. Everything about a visitor is derived from the country and the visitor's number, so returning
/// visitors needn't be stored.
struct DemoVisitor: Sendable {
    let country: Int
    let number: Int
    let seed: UInt64

    /// The fields in every payload of the visitor: identity, address, device. About a third of the visitors send no id. Pulse
    /// recognizes such visitors only within a day, by address and browser.
    var fields: [UInt8] {
        let place = DemoCountry.all[country]
        var chance = DemoRandom(seed: DemoRandom.mix(seed ^ UInt64(country) << 48 ^ UInt64(number)))
        let id = chance.next()
        let address = place.firstAddress + UInt32(truncatingIfNeeded: chance.next() % UInt64(place.addresses))
        let device = DemoDevice.pick(&chance, mobile: place.mobile)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(320)
        if chance.chance(0.68) { bytes += JSONPiece.field("visitor_id", "v" + String(id, radix: 36)) }
        bytes += JSONPiece.field("ip", "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)")
        bytes += device.fields(&chance)
        bytes += JSONPiece.field("language", place.languages.pick(&chance))
        return bytes
    }
}

/// A kind of device, with its browsers and screens.
struct DemoDevice: Sendable {
    private let browsers: Weighted<[UInt8]>
    private let screens: Weighted<[UInt8]>

    private init(_ browsers: [(String, Double)], _ screens: [(String, Double)]) {
        self.browsers = Weighted(browsers.map { (JSONPiece.field("user_agent", $0.0), $0.1) })
        self.screens = Weighted(screens.map { (JSONPiece.field("screen", $0.0), $0.1) })
    }

    static func pick(_ chance: inout DemoRandom, mobile: Double) -> DemoDevice {
        if !chance.chance(mobile) { return desktop }
        return chance.chance(0.92) ? (chance.chance(0.52) ? android : iPhone) : tablet
    }

    func fields(_ chance: inout DemoRandom) -> [UInt8] { browsers.pick(&chance) + screens.pick(&chance) }

    private static let webKit = "AppleWebKit/537.36 (KHTML, like Gecko)"
    private static let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
    private static let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
    private static let linux = "Mozilla/5.0 (X11; Linux x86_64)"
    /// Browser versions with their weights. Most machines have the newest version.
    private static let versions: [(Int, Double)] = [(141, 52), (140, 28), (139, 10), (138, 6), (131, 4)]

    private static let desktop = DemoDevice(
        versions.flatMap { version, share -> [(String, Double)] in
            return [
                ("\(windows) \(webKit) Chrome/\(version).0.0.0 Safari/537.36", 42 * share),
                ("\(mac) \(webKit) Chrome/\(version).0.0.0 Safari/537.36", 20 * share),
                ("\(linux) \(webKit) Chrome/\(version).0.0.0 Safari/537.36", 5 * share),
                ("\(windows) \(webKit) Chrome/\(version).0.0.0 Safari/537.36 Edg/\(version).0.0.0", 10 * share),
                ("\(windows) \(webKit) Chrome/\(version).0.0.0 Safari/537.36 OPR/\(version - 16).0.0.0", 1.2 * share),
                ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:\(version + 2).0) Gecko/20100101 Firefox/\(version + 2).0", 5 * share),
                ("Mozilla/5.0 (X11; Linux x86_64; rv:\(version + 2).0) Gecko/20100101 Firefox/\(version + 2).0", 3 * share),
                ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:\(version + 2).0) Gecko/20100101 Firefox/\(version + 2).0", 2 * share),
            ]
        }
            + [("18.5", 500.0), ("17.6", 300), ("26.0", 400)].map { version, share -> (String, Double) in
                ("\(mac) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/\(version) Safari/605.1.15", share)
            },
        [
            ("1920x1080", 34), ("1536x864", 14), ("2560x1440", 13), ("1440x900", 9), ("1366x768", 9), ("1512x982", 8), ("1728x1117", 5),
            ("1680x1050", 4),
            ("3840x2160", 4),
        ])

    private static let android = DemoDevice(
        versions.flatMap { version, share -> [(String, Double)] in
            return [
                ("Mozilla/5.0 (Linux; Android 10; K) \(webKit) Chrome/\(version).0.0.0 Mobile Safari/537.36", 74 * share),
                (
                    "Mozilla/5.0 (Linux; Android 10; K) \(webKit) SamsungBrowser/28.0 Chrome/\(version - 11).0.0.0 Mobile Safari/537.36",
                    17 * share
                ),
                ("Mozilla/5.0 (Android 14; Mobile; rv:\(version + 2).0) Gecko/\(version + 2).0 Firefox/\(version + 2).0", 4 * share),
            ]
        },
        [("412x915", 30), ("360x800", 28), ("393x873", 16), ("384x832", 14), ("412x892", 12)])

    private static let iPhone = DemoDevice(
        [("18_5", "18.5", 40.0), ("17_6_1", "17.6", 16), ("26_0", "26.0", 32), ("16_7_10", "16.6", 6)].flatMap { system, version, share in
            let device = "Mozilla/5.0 (iPhone; CPU iPhone OS \(system) like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            return [
                ("\(device) Version/\(version) Mobile/15E148 Safari/604.1", 8 * share),
                ("\(device) CriOS/141.0.7390.26 Mobile/15E148 Safari/604.1", 1.4 * share),
                ("\(device) Mobile/15E148 [LinkedInApp]/9.31", 0.3 * share),
            ]
        },
        [("390x844", 34), ("393x852", 30), ("430x932", 18), ("375x667", 10), ("414x896", 8)])

    private static let tablet = DemoDevice(
        [
            (
                "Mozilla/5.0 (iPad; CPU OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
                70
            ),
            ("Mozilla/5.0 (Linux; Android 13; SM-X906B) \(webKit) Chrome/141.0.0.0 Safari/537.36", 30),
        ],
        [("820x1180", 40), ("810x1080", 26), ("1024x1366", 20), ("800x1280", 14)])
}
