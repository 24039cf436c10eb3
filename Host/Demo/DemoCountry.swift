/// A country that the demo's visitors come from: its share of visits, when its people are awake, and what their browsers send.
struct DemoCountry: Sendable {
    /// The country's share of visits, relative to the other countries' shares.
    let share: Double
    /// Hours ahead of UTC, without daylight saving time.
    let offset: Int
    let languages: Weighted<String>
    /// The share of visits from mobile devices, 0...1.
    let mobile: Double
    /// The first address of a large range that belongs to the country's internet providers, and the number of addresses in that
    /// range. They let a GeoIP database locate the visitors.
    let firstAddress: UInt32
    let addresses: UInt32

    private init(_ share: Double, _ offset: Int, _ languages: [(String, Double)], mobile: Double, _ a: UInt32, _ b: UInt32, bits: UInt32) {
        self.share = share
        self.offset = offset
        self.languages = Weighted(languages)
        self.mobile = mobile
        firstAddress = a << 24 | b << 16
        addresses = 1 << (32 - bits)
    }

    static let all: [DemoCountry] = [
        DemoCountry(15, -5, [("en-US", 95), ("es-US", 5)], mobile: 0.34, 71, 160, bits: 11),  // United States, east
        DemoCountry(11, -8, [("en-US", 92), ("es-US", 5), ("zh-CN", 3)], mobile: 0.32, 73, 0, bits: 10),  // United States, west
        DemoCountry(11, 1, [("de-DE", 82), ("en-US", 14), ("de", 4)], mobile: 0.3, 84, 128, bits: 10),  // Germany
        DemoCountry(8, 0, [("en-GB", 90), ("en-US", 10)], mobile: 0.38, 86, 128, bits: 10),  // United Kingdom
        DemoCountry(9, 5, [("en-IN", 55), ("en-US", 25), ("en-GB", 15), ("hi-IN", 5)], mobile: 0.58, 49, 32, bits: 11),  // India
        DemoCountry(6, 1, [("fr-FR", 88), ("en-US", 8), ("fr", 4)], mobile: 0.36, 82, 64, bits: 14),  // France
        DemoCountry(4.5, -5, [("en-CA", 68), ("en-US", 18), ("fr-CA", 14)], mobile: 0.35, 70, 24, bits: 13),  // Canada
        DemoCountry(4, -3, [("pt-BR", 94), ("en-US", 6)], mobile: 0.5, 177, 32, bits: 12),  // Brazil
        DemoCountry(4, 1, [("nl-NL", 70), ("en-US", 22), ("nl", 8)], mobile: 0.33, 77, 160, bits: 11),  // Netherlands
        DemoCountry(3, 10, [("en-AU", 88), ("en-US", 12)], mobile: 0.37, 58, 160, bits: 12),  // Australia
        DemoCountry(3, 9, [("ja-JP", 84), ("ja", 12), ("en-US", 4)], mobile: 0.4, 126, 0, bits: 8),  // Japan
        DemoCountry(2.6, 1, [("es-ES", 86), ("en-US", 8), ("ca-ES", 6)], mobile: 0.42, 83, 32, bits: 11),  // Spain
        DemoCountry(2.5, 1, [("it-IT", 92), ("en-US", 8)], mobile: 0.44, 79, 0, bits: 10),  // Italy
        DemoCountry(2.2, 1, [("pl-PL", 86), ("en-US", 14)], mobile: 0.38, 83, 0, bits: 11),  // Poland
        DemoCountry(2, 1, [("sv-SE", 74), ("en-US", 26)], mobile: 0.34, 90, 224, bits: 12),  // Sweden
        DemoCountry(1.6, 1, [("de-CH", 62), ("fr-CH", 22), ("en-US", 16)], mobile: 0.3, 85, 0, bits: 13),  // Switzerland
        DemoCountry(1.4, 1, [("de-AT", 84), ("en-US", 16)], mobile: 0.33, 91, 112, bits: 14),  // Austria
        DemoCountry(1.3, -6, [("es-MX", 88), ("en-US", 12)], mobile: 0.54, 187, 128, bits: 12),  // Mexico
        DemoCountry(1.2, 9, [("ko-KR", 92), ("en-US", 8)], mobile: 0.42, 175, 192, bits: 10),  // South Korea
        DemoCountry(1.1, 8, [("en-SG", 60), ("en-US", 22), ("zh-SG", 18)], mobile: 0.42, 116, 86, bits: 15),  // Singapore
        DemoCountry(1, 1, [("da-DK", 76), ("en-US", 24)], mobile: 0.34, 80, 160, bits: 13),  // Denmark
        DemoCountry(0.9, 2, [("fi-FI", 74), ("en-US", 26)], mobile: 0.36, 91, 152, bits: 13),  // Finland
        DemoCountry(0.9, 0, [("pt-PT", 82), ("en-US", 18)], mobile: 0.44, 85, 240, bits: 13),  // Portugal
        DemoCountry(1, 3, [("tr-TR", 92), ("en-US", 8)], mobile: 0.52, 88, 224, bits: 11),  // Turkey
        DemoCountry(0.8, 2, [("en-ZA", 84), ("en-GB", 16)], mobile: 0.5, 105, 224, bits: 12),  // South Africa
        DemoCountry(0.8, -3, [("es-AR", 92), ("en-US", 8)], mobile: 0.5, 181, 0, bits: 12),  // Argentina
        DemoCountry(0.6, 1, [("en-NG", 66), ("en-GB", 34)], mobile: 0.66, 105, 112, bits: 12),  // Nigeria
    ]

    /// How busy each hour of the day is in local time, starting at midnight.
    private static let hours: [Double] = [
        0.20, 0.12, 0.08, 0.06, 0.06, 0.10, 0.22, 0.46, 0.82, 1.12, 1.28, 1.26, 1.04, 1.10, 1.26, 1.26, 1.16, 1.00, 0.86, 0.80, 0.78, 0.68,
        0.52, 0.34,
    ]
    /// How busy each day of the week is. The list starts with Thursday, because the first day of 1970 was a Thursday.
    private static let weekdays: [Double] = [1.10, 0.94, 0.50, 0.54, 1.04, 1.14, 1.14]

    /// This country's relative traffic in the hour `hour` (in hours since 1970).
    func activity(atHour hour: Int64) -> Double {
        let local = hour + Int64(offset)
        return share * Self.hours[Int(local % 24)] * Self.weekdays[Int(local / 24 % 7)]
    }
}
