/// Parses `User-Agent` headers, and caches the results of recent ones.
///
/// ```swift
/// let agents = UserAgentParser()
/// agents.parse("Mozilla/5.0 (Windows NT 10.0; Win64; x64) ... Chrome/122.0.0.0 Safari/537.36").browser  // "Chrome"
/// ```
///
/// Share one parser; copies of it share its cache. Any text is accepted. Only the first 2,048 bytes are parsed, parsing takes linear time,
/// and unknown parts of the result are "".
public struct UserAgentParser: Sendable {
    /// Longer headers are truncated. Real ones have 100 to 500 bytes.
    static let lengthLimit = 2048

    private let cache: UserAgentCache?

    /// - Parameter cacheCapacity: How many headers to cache; 0 for none. A cache of 8,192 headers usually takes 3 MB, and at most 10 MB.
    public init(cacheCapacity: Int = 8192) {
        cache = cacheCapacity > 0 ? UserAgentCache(capacity: cacheCapacity) : nil
    }

    /// Parses `header`. An empty header gives `UserAgent.unknown`.
    public func parse(_ header: String) -> UserAgent {
        guard let cache else { return Self.read(header) }
        return cache.answer(to: header, orElse: Self.read)
    }

    /// Like `parse`, but bypasses the cache.
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
        agent.isBot = scan.bot.isFound || isNamelessCompatible(scan)
        if agent.isBot {
            agent.device = .bot
        } else {
            readBrowser(scan, text, &agent)
            agent.device = device(scan, text, agent.os)
        }
        return agent
    }

    /// Whether the header looks like `Mozilla/5.0 (compatible; Something/1.0)`. Apart from bots, only some TVs and old browsers send such
    /// headers, and all of these browsers are in the table.
    private static func isNamelessCompatible(_ scan: UserAgentScan) -> Bool {
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
            // An iPad presents itself to sites as a Mac, and sends the version of a Mac.
            agent.os = "iPadOS"
            agent.osVersion = ""
        }
        if isFrozen(agent, text, scan) { agent.osVersion = "" }
        guard agent.os == "iOS" else { return }
        // Since version 26, Safari reports version 18 of the system. Safari's own version equals the real version of the system.
        let safari = text.version(at: scan.place(.version), parts: 2)
        if let reported = number(agent.osVersion), let real = number(safari), reported >= 18, real > reported { agent.osVersion = safari }
        if scan.signs.contains(.iPad), isTabletSystem(agent.osVersion) { agent.os = "iPadOS" }
        if !scan.signs.contains(.page), scan.signs.contains(.intel) { agent.os = "macOS" }
    }

    /// Whether this is a version that browsers send regardless of the real version: `Mac OS X 10_15_7` since 2020, and `Android 10; K`
    /// since 2023.
    private static func isFrozen(_ agent: UserAgent, _ text: UnsafeBufferPointer<UInt8>, _ scan: UserAgentScan) -> Bool {
        guard scan.signs.contains(.page) else { return false }
        if agent.os == "macOS" { return agent.osVersion == "10.15" }
        guard agent.os == "Android", agent.osVersion == "10" else { return false }
        return text.equals("; k)", in: AndroidModel.behindVersion(text, scan.place(.android)))
    }

    /// Whether an iPad with this version runs iPadOS, which has existed since version 13.
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
            // The number after `Version/` is always `4.0` here.
            agent.browserVersion = ""
        }
        // Chrome itself sends no `Version/`, but apps that embed Chrome's engine do.
        if line.name == "Chrome", scan.place(.version) > 0 { agent.browser = BrowserKeywords.androidWebView }
    }

    /// The position of the browser's version in the header; 0 if there is none.
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
        // This includes iPads that present themselves as a Mac.
        if os == "iPadOS" { return .tablet }
        // Internet Explorer sends "Tablet PC" on any Windows computer that could be a tablet.
        if signs.contains(.tablet), os != "Windows" { return .tablet }
        if os == "Windows" || os == "macOS" { return .desktop }
        if signs.contains(.mobile) { return .mobile }
        // A browser sends "Mobile" on a phone but not on a tablet. Apps never send it.
        if os == "Android" { return signs.contains(.page) ? .tablet : .mobile }
        if os == "iOS" { return .mobile }
        return SystemKeywords.desktopNames.contains(os) ? .desktop : .unknown
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// The version that begins at `position`, or after one separator there. With two parts, `17_4_1` gives `17.4`. "" if there is no
    /// number, or if a number has more than four digits, because it is then a date or build number.
    func version(at position: Int, parts: Int) -> String {
        guard position > 0, position < count else { return "" }
        var start = position
        if !self[start].isDigit {
            guard " /-_:.v(".utf8.contains(self[start]) else { return "" }
            start += 1
        }
        let major = digits(from: start)
        guard (1...4).contains(major.count) else { return "" }
        guard parts > 1, major.upperBound < count,
            self[major.upperBound] == UInt8(ascii: ".")
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
