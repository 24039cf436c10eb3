import Testing

@testable import Enrichment

@Suite("User agent")
struct UserAgentParserTests {
    struct Sample: CustomTestStringConvertible {
        let expected: UserAgent
        let header: String

        var testDescription: String { header }

        /// - Precondition: The line has the format described in `UserAgentSamples`.
        init(_ line: Substring) {
            let fields = line.split(separator: ";", maxSplits: 3, omittingEmptySubsequences: false).map(Self.trimmed)
            let browser = Self.nameAndVersion(fields[0])
            let os = Self.nameAndVersion(fields[1])
            header = fields[3]
            expected = UserAgent(
                browser: browser.name, browserVersion: browser.version, os: os.name, osVersion: os.version,
                device: UserAgent.Device(rawValue: fields[2])!, isBot: fields[2] == "Bot"
            )
        }

        private static func trimmed(_ text: Substring) -> String {
            String(text.drop { $0 == " " })
        }

        private static func nameAndVersion(_ text: String) -> (name: String, version: String) {
            let parts = text.split(separator: "/", maxSplits: 1)
            return (parts.first.map(String.init) ?? "", parts.count > 1 ? String(parts[1]) : "")
        }
    }

    static func samples(_ text: String) -> [Sample] { text.split(separator: "\n").map(Sample.init) }

    static let all = [UserAgentSamples.desktop, UserAgentSamples.phones, UserAgentSamples.others, UserAgentSamples.bots]

    @Test("recognizes desktop browsers", arguments: samples(UserAgentSamples.desktop))
    func desktop(sample: Sample) {
        #expect(UserAgentParser(cacheCapacity: 0).parse(sample.header) == sample.expected)
    }

    @Test("recognizes phone browsers and apps", arguments: samples(UserAgentSamples.phones))
    func phones(sample: Sample) {
        #expect(UserAgentParser(cacheCapacity: 0).parse(sample.header) == sample.expected)
    }

    @Test("recognizes tablets, televisions, consoles and wearables", arguments: samples(UserAgentSamples.others))
    func others(sample: Sample) {
        #expect(UserAgentParser(cacheCapacity: 0).parse(sample.header) == sample.expected)
    }

    @Test("recognizes bots", arguments: samples(UserAgentSamples.bots))
    func bots(sample: Sample) {
        #expect(UserAgentParser(cacheCapacity: 0).parse(sample.header) == sample.expected)
    }

    @Test("an empty header is unknown, and not a bot")
    func empty() {
        #expect(UserAgentParser().parse("") == UserAgent.unknown)
    }

    @Test("long numbers and unknown names are dropped, which bounds the number of values")
    func bounded() {
        let parser = UserAgentParser(cacheCapacity: 0)
        #expect(parser.parse("Mozilla/5.0 (Android 14; Mobile) Firefox/12345.6").browserVersion == "")
        #expect(parser.parse("Mozilla/5.0 (Linux; Android 14.12345; K) Chrome/1.2 Mobile").osVersion == "14")
        #expect(parser.parse("EvilNameBot/1.0").browser == "")
    }

    @Test("is case-insensitive")
    func caseInsensitive() {
        let parser = UserAgentParser(cacheCapacity: 0)
        for sample in Self.samples(UserAgentSamples.desktop) {
            #expect(parser.parse(sample.header.uppercased()) == sample.expected)
        }
    }

    @Test("cached results equal fresh ones, even if the cache overflows")
    func remembered() {
        let samples = Self.all.flatMap(Self.samples)
        for capacity in [1, 8192] {
            let parser = UserAgentParser(cacheCapacity: capacity)
            for _ in 0..<3 {
                for sample in samples { #expect(parser.parse(sample.header) == sample.expected) }
            }
        }
        let parser = UserAgentParser(cacheCapacity: 64)
        for number in 0..<5000 {
            let version = "\(number % 1000)"
            #expect(parser.parse("Mozilla/5.0 (X11; Linux) Firefox/\(version).\(number)").browserVersion == version)
        }
    }

    @Test("can be used concurrently")
    func concurrent() async {
        let parser = UserAgentParser(cacheCapacity: 32)
        let samples = Self.all.flatMap(Self.samples)
        let wrong = await withTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    (0..<2000).count { index in
                        let sample = samples[(index * 7 + task * 13) % samples.count]
                        return parser.parse(sample.header) != sample.expected
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }

    @Test("random text never crashes it")
    func anything() {
        var noise = Noise(seed: 1)
        let parser = UserAgentParser()
        let pieces =
            BrowserKeywords.lines.map(\.text) + SystemKeywords.lines.map(\.text) + BotKeywords.lines.map(\.text)
            + DeviceKeywords.lines.map(\.text) + ["Version/", "rv:", "FBAV/", "@", "_", ".", "1", "99999", " ", "🦆", "é", "\0", "("]
        for _ in 0..<3000 {
            let text = noise.text(upTo: 300)
            #expect(parser.parse(text) == UserAgentParser.read(text))
            let known = noise.text(of: pieces, upTo: 30)
            let agent = parser.parse(known)
            #expect(agent == UserAgentParser.read(known))
            #expect(agent.isBot == (agent.device == .bot))
            #expect(agent.browserVersion.utf8.count <= 4 && agent.osVersion.utf8.count <= 8)
        }
        for long in [String(repeating: "Chrome/1 bot(", count: 10_000), String(repeating: "🦆\u{FFFD}", count: 5_000)] {
            _ = parser.parse(long)
        }
    }
}
