/// The software and device that a `User-Agent` header describes.
///
/// Every name comes from the tables of this target and never from the header, so the number of distinct values is bounded.
/// Versions are shortened on purpose: a browser's to its major number, a system's to `major.minor`. Reports need no more, and a full
/// version would help to identify a person.
public struct UserAgent: Sendable, Hashable {
    /// The kind of device. Reports show its raw value.
    public enum Device: String, Sendable, Hashable, CaseIterable {
        case unknown = ""
        case desktop = "Desktop"
        case mobile = "Mobile"
        case tablet = "Tablet"
        case tv = "TV"
        case console = "Console"
        /// A watch or a virtual reality headset.
        case wearable = "Wearable"
        /// The screen of a car.
        case car = "Car"
        case bot = "Bot"
    }

    /// The browser: `Chrome`, `Samsung Internet`, `Facebook`. For a known bot, the bot's name, such as `Googlebot`. "" if unknown.
    public var browser: String
    /// The browser's major version number only: `122`. "" if unknown.
    public var browserVersion: String
    /// The operating system: `Windows`, `macOS`, `iOS`, `iPadOS`, `Android`, `Ubuntu`. "" if unknown.
    public var os: String
    /// The system's version, at most `major.minor`: `10`, `17.4`. For consoles, the generation (`PlayStation` `5`). "" if unknown or
    /// frozen.
    public var osVersion: String
    /// The kind of device; `bot` for every bot.
    public var device: Device
    /// Whether the client is a crawler, monitor, link preview, feed reader, HTTP library or headless browser.
    public var isBot: Bool

    public init(
        browser: String = "",
        browserVersion: String = "",
        os: String = "",
        osVersion: String = "",
        device: Device = .unknown,
        isBot: Bool = false
    ) {
        self.browser = browser
        self.browserVersion = browserVersion
        self.os = os
        self.osVersion = osVersion
        self.device = device
        self.isBot = isBot
    }

    /// The result if nothing is known, as for an empty header. An empty header alone does not prove a bot, because privacy tools and some
    /// native clients send no header.
    public static let unknown = UserAgent()
}
