/// What a `User-Agent` header says about the software and the machine that sent it.
///
/// Every name comes from the tables of this target and never from the header, so the number of distinct values is
/// bounded whatever is sent. Versions are cut on purpose: the browser's to its major number, the system's to
/// `major.minor`. Reports need no more, distinct values stay few, and the rest would help to recognise one person.
public struct UserAgent: Sendable, Hashable {
    /// The kind of machine. The raw value is what reports show.
    public enum Device: String, Sendable, Hashable, CaseIterable {
        case unknown = ""
        case desktop = "Desktop"
        case mobile = "Mobile"
        case tablet = "Tablet"
        case tv = "TV"
        case console = "Console"
        /// Watches, and headsets for virtual reality.
        case wearable = "Wearable"
        /// The screen of a car.
        case car = "Car"
        case bot = "Bot"
    }

    /// `Chrome`, `Samsung Internet`, `Facebook`; for a known bot its name, such as `Googlebot`. "" when unknown.
    public var browser: String
    /// Major number only: `122`. "" when unknown.
    public var browserVersion: String
    /// `Windows`, `macOS`, `iOS`, `iPadOS`, `Android`, `Ubuntu`. "" when unknown.
    public var os: String
    /// At most `major.minor`: `10`, `17.4`; the generation for consoles (`PlayStation` `5`). "" when unknown or frozen.
    public var osVersion: String
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

    /// Nothing is known: the answer to an empty header, which by itself is no proof of a bot (privacy tools and some
    /// native clients send none).
    public static let unknown = UserAgent()
}
