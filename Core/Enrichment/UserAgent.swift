/// The software and device that a `User-Agent` header describes.
///
/// Every name comes from the tables of this target and never from the header, so the number of distinct values is
/// bounded whatever clients send. Versions are shortened on purpose: the browser's to its major number, the system's to
/// `major.minor`. Reports need no more, and the rest would help to identify a person.
public struct UserAgent: Sendable, Hashable {
    /// The kind of device. Reports show the raw value.
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

    /// `Chrome`, `Samsung Internet`, `Facebook`; for a known bot its name, such as `Googlebot`. "" if unknown.
    public var browser: String
    /// Major number only: `122`. "" if unknown.
    public var browserVersion: String
    /// `Windows`, `macOS`, `iOS`, `iPadOS`, `Android`, `Ubuntu`. "" if unknown.
    public var os: String
    /// At most `major.minor`: `10`, `17.4`; the generation for consoles (`PlayStation` `5`). "" if unknown or frozen.
    public var osVersion: String
    /// The kind of device; `bot` for every bot.
    public var device: Device
    /// True for crawlers, monitors, link previews, feed readers, HTTP libraries and headless browsers.
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

    /// Nothing is known, as for an empty header. That alone does not prove a bot: privacy tools and some native clients
    /// send no header.
    public static let unknown = UserAgent()
}
