/// Reads `User-Agent` headers, and remembers the answers for the ones that were seen last.
///
/// ```swift
/// let agents = UserAgentParser()
/// agents.parse("Mozilla/5.0 (Windows NT 10.0; Win64; x64) ... Chrome/122.0.0.0 Safari/537.36").browser  // "Chrome"
/// ```
///
/// Share one parser, since copies share their memory. Any text is an acceptable header: the time is linear in its
/// length, of which the first 2,048 bytes count, and what is not understood is "".
public struct UserAgentParser: Sendable {
    /// Longer headers are cut; real ones have 100 to 500 bytes.
    static let lengthLimit = 2048

    private let cache: UserAgentCache?

    /// - Parameter cacheCapacity: Headers to remember, 0 for none; 8,192 of them occupy 3 MB, at most 10 MB.
    public init(cacheCapacity: Int = 8192) {
        cache = cacheCapacity > 0 ? UserAgentCache(capacity: cacheCapacity) : nil
    }

    /// What `header` says. An empty header gives `UserAgent.unknown`.
    public func parse(_ header: String) -> UserAgent {
        guard let cache else { return Self.read(header) }
        return cache.answer(to: header, orElse: Self.read)
    }

    /// The same without the memory.
    static func read(_ header: String) -> UserAgent {
        header.withBytes { bytes in
            bytes.isEmpty ? .unknown : read(UnsafeBufferPointer(rebasing: bytes.prefix(lengthLimit)))
        }
    }

    private static func read(_ text: UnsafeBufferPointer<UInt8>) -> UserAgent {
        let scan = UserAgentScan(text)
        var agent = UserAgent()
        readSystem(scan, text, &agent)
        if scan.bot.isFound {
            agent.browser = BotKeywords.lines[Int(scan.bot.line)].name
            if !agent.browser.isEmpty { agent.browserVersion = text.version(at: Int(scan.bot.end), parts: 1) }
        }
        agent.isBot = scan.bot.isFound || isCompatibleWithNothing(scan)
        if agent.isBot {
            agent.device = .bot
        } else {
            readBrowser(scan, text, &agent)
            agent.device = device(scan, text, agent.os)
        }
        return agent
    }

    /// `Mozilla/5.0 (compatible; Something/1.0)`: the old browsers that said so are known, and some televisions.
    private static func isCompatibleWithNothing(_ scan: UserAgentScan) -> Bool {
        scan.signs.contains(.compatible) && !scan.browser.isFound && !scan.signs.contains(.tv)
    }

    private static func readSystem(
        _ scan: UserAgentScan, _ text: UnsafeBufferPointer<UInt8>, _ agent: inout UserAgent
    ) {
        guard scan.system.isFound else { return }
        let line = SystemKeywords.lines[Int(scan.system.line)]
        agent.os = line.name
        switch line.version {
        case .here: agent.osVersion = text.version(at: Int(scan.system.end), parts: 2)
        case .fixed(let version): agent.osVersion = version
        case .none: break
        }
        if agent.os == "macOS", scan.signs.contains(.iosOnly) {
            // An iPad shows itself to sites as a Mac, with the number that Macs have.
            agent.os = "iPadOS"
            agent.osVersion = ""
        }
        if isFrozen(agent, text, scan) { agent.osVersion = "" }
        guard agent.os == "iOS" else { return }
        // From 26 on Safari says 18 for the system and its own number, which is the system's.
        let safari = text.version(at: scan.place(.version), parts: 2)
        if let own = number(agent.osVersion), let real = number(safari), own >= 18, real > own { agent.osVersion = safari }
        if scan.signs.contains(.iPad), isTabletSystem(agent.osVersion) { agent.os = "iPadOS" }
        if !scan.signs.contains(.page), scan.signs.contains(.intel) { agent.os = "macOS" }
    }

    /// Numbers that browsers send whatever the system's is: `Mac OS X 10_15_7` since 2020, and `Android 10; K` since 2023.
    private static func isFrozen(_ agent: UserAgent, _ text: UnsafeBufferPointer<UInt8>, _ scan: UserAgentScan) -> Bool {
        guard scan.signs.contains(.page) else { return false }
        if agent.os == "macOS" { return agent.osVersion == "10.15" }
        guard agent.os == "Android", agent.osVersion == "10" else { return false }
        return text.equals("; k)", in: AndroidModel.behindVersion(text, scan.place(.android)))
    }

    /// Since 13 the system of iPads has a name of its own.
    private static func isTabletSystem(_ version: String) -> Bool {
        guard let major = number(version) else { return true }
        return major >= 13
    }

    private static func number(_ version: String) -> Int? { Int(version.prefix { $0 != "." }) }

    private static func readBrowser(
        _ scan: UserAgentScan, _ text: UnsafeBufferPointer<UInt8>, _ agent: inout UserAgent
    ) {
        guard scan.browser.isFound else {
            if agent.os == "iOS" || agent.os == "iPadOS", scan.signs.contains(.webKit) {
                agent.browser = BrowserKeywords.iosWebView
            } else if agent.os == "Android", scan.signs.contains(.webKit) {
                agent.browser = BrowserKeywords.androidBrowser
            }
            return
        }
        let line = BrowserKeywords.lines[Int(scan.browser.line)]
        agent.browser = line.name
        agent.browserVersion = text.version(at: position(line.version, scan), parts: 1)
        if line.version == .trident, let number = Int(agent.browserVersion) { agent.browserVersion = "\(number + 4)" }
        if line.version == .versionOrHere, agent.browserVersion.isEmpty {
            agent.browserVersion = text.version(at: Int(scan.browser.end), parts: 1)
        }
        guard agent.os == "Android" else { return }
        if line.name == "Safari" {
            agent.browser = BrowserKeywords.androidBrowser
            // `Version/4.0`, for all of them.
            agent.browserVersion = ""
        }
        // Chrome itself has no `Version/`; apps that show a page by Chrome's engine do.
        if line.name == "Chrome", scan.place(.version) > 0 { agent.browser = BrowserKeywords.androidWebView }
    }

    /// Where the browser's number begins, 0 when there is none.
    private static func position(_ version: UserAgentVersion, _ scan: UserAgentScan) -> Int {
        switch version {
        case .here, .trident: Int(scan.browser.end)
        case .version, .versionOrHere: scan.place(.version)
        case .facebook: scan.place(.facebook)
        case .opera: scan.place(.opera)
        case .chrome: scan.place(.chrome)
        case .none: 0
        }
    }

    private static func device(_ scan: UserAgentScan, _ text: UnsafeBufferPointer<UInt8>, _ os: String) -> UserAgent.Device {
        let signs = scan.signs
        if DeviceKeywords.consoles.contains(os) || signs.contains(.console) { return .console }
        if signs.contains(.car) { return .car }
        if signs.contains(.tv) { return .tv }
        if signs.contains(.wearable) { return .wearable }
        if os == "Android", AndroidModel.namesScreenSize(text, scan.place(.android)) { return .tv }
        // An iPad that shows itself as a Mac.
        if os == "iPadOS" { return .tablet }
        // Internet Explorer says "Tablet PC" on any Windows that could be one.
        if signs.contains(.tablet), os != "Windows" { return .tablet }
        if os == "Windows" || os == "macOS" { return .desktop }
        if signs.contains(.mobile) { return .mobile }
        // A browser on a telephone says "Mobile", one on a tablet does not; apps say neither.
        if os == "Android" { return signs.contains(.page) ? .tablet : .mobile }
        if os == "iOS" { return .mobile }
        return SystemKeywords.desktopNames.contains(os) ? .desktop : .unknown
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// The number at `position`, or behind one separator there: `17_4_1` with two parts gives `17.4`. "" where no
    /// number is, or one of more than four digits, which is no version but a date or a build.
    func version(at position: Int, parts: Int) -> String {
        guard position > 0, position < count else { return "" }
        var start = position
        if !self[start].isDigit {
            guard " /-_:.v(".utf8.contains(self[start]) else { return "" }
            start += 1
        }
        let major = digits(from: start)
        guard (1...4).contains(major.count) else { return "" }
        guard parts > 1, major.upperBound < count, self[major.upperBound] == UInt8(ascii: ".")
            || self[major.upperBound] == UInt8(ascii: "_")
        else { return text(major) }
        let minor = digits(from: major.upperBound + 1)
        guard (1...3).contains(minor.count) else { return text(major) }
        return text(major) + "." + text(minor)
    }

    private func digits(from start: Int) -> Range<Int> {
        var end = start
        while end < count, self[end].isDigit, end - start < 5 { end += 1 }
        return start..<Swift.max(start, end)
    }
}
