/// Keywords of operating systems. The first matching line wins. Consoles, TVs and phones come first, because they also name the system that
/// they are based on or pose as (`Windows Phone ... Android ... like iPhone OS ... Mac OS X`).
enum SystemKeywords {
    enum Version: Sendable {
        /// The version is `major.minor` right after the keyword.
        case here
        /// The keyword implies the version.
        case fixed(String)
        case none
    }

    typealias Line = (text: String, name: String, version: Version)

    static let lines: [Line] = consoles + phones + desktops + leftovers

    private static let consoles: [Line] = [
        ("xbox series x", "Xbox", .fixed("Series X")),
        ("xbox_series_x", "Xbox", .fixed("Series X")),
        ("xbox one", "Xbox", .fixed("One")),
        ("xbox_one", "Xbox", .fixed("One")),
        ("xbox 360", "Xbox", .fixed("360")),
        ("|xbox|", "Xbox", .none),
        ("playstation vita", "PlayStation", .fixed("Vita")),
        ("playstation portable", "PlayStation", .fixed("Portable")),
        ("playstation 5", "PlayStation", .fixed("5")),
        ("playstation 4", "PlayStation", .fixed("4")),
        ("playstation 3", "PlayStation", .fixed("3")),
        ("playstation", "PlayStation", .none),
        ("nintendo switch", "Nintendo", .fixed("Switch")),
        ("nintendo 3ds", "Nintendo", .fixed("3DS")),
        ("nintendo dsi", "Nintendo", .fixed("DSi")),
        ("nintendo wiiu", "Nintendo", .fixed("Wii U")),
        ("nintendo wii", "Nintendo", .fixed("Wii")),
        ("nintendo", "Nintendo", .none),
    ]

    private static let phones: [Line] = [
        ("kaios/", "KaiOS", .here),
        ("kaios", "KaiOS", .none),
        ("tizen", "Tizen", .here),
        ("web0s", "webOS", .none),
        ("webos.tv", "webOS", .none),
        ("webos", "webOS", .here),
        ("hpwos/", "webOS", .here),
        ("|roku", "Roku OS", .none),
        ("openharmony", "OpenHarmony", .here),
        ("harmonyos", "HarmonyOS", .here),
        ("windows phone os ", "Windows Phone", .here),
        ("windows phone", "Windows Phone", .here),
        ("windows mobile", "Windows Phone", .here),
        ("windows ce", "Windows CE", .none),
        ("watch os", "watchOS", .here),
        ("watchos", "watchOS", .here),
        ("apple tv", "tvOS", .none),
        ("appletv", "tvOS", .none),
        ("|tvos", "tvOS", .here),
        ("cpu iphone os ", "iOS", .here),
        ("iphone os ", "iOS", .here),
        ("cpu os ", "iOS", .here),
        ("ipados ", "iOS", .here),
        ("ipados/", "iOS", .here),
        ("|ios|", "iOS", .here),
        ("iphone", "iOS", .none),
        ("|ipad", "iOS", .none),
        ("ipod", "iOS", .none),
        ("android", "Android", .here),
        ("|adr ", "Android", .here),
        ("bb10", "BlackBerry OS", .fixed("10")),
        ("blackberry", "BlackBerry OS", .none),
        ("playbook", "BlackBerry OS", .none),
        ("symbian", "Symbian", .none),
        ("series60", "Symbian", .none),
        ("|bada", "Bada", .here),
        ("|meego", "MeeGo", .none),
        ("|sailfish|", "Sailfish OS", .none),
    ]

    private static let desktops: [Line] = [
        // Browsers freeze the build number that follows, so it means nothing.
        ("cros ", "ChromeOS", .none),
        // Windows 11 also reports 10.0. Only client hints distinguish the two.
        ("windows nt 10", "Windows", .fixed("10")),
        ("windows nt 6.4", "Windows", .fixed("10")),
        ("windows nt 6.3", "Windows", .fixed("8.1")),
        ("windows nt 6.2", "Windows", .fixed("8")),
        ("windows nt 6.1", "Windows", .fixed("7")),
        ("windows nt 6.0", "Windows", .fixed("Vista")),
        ("windows nt 5.2", "Windows", .fixed("XP")),
        ("windows nt 5.1", "Windows", .fixed("XP")),
        ("windows xp", "Windows", .fixed("XP")),
        ("windows nt 5.0", "Windows", .fixed("2000")),
        ("windows 2000", "Windows", .fixed("2000")),
        ("windows nt 4", "Windows", .fixed("NT 4.0")),
        ("win 9x 4.90", "Windows", .fixed("ME")),
        ("windows 98", "Windows", .fixed("98")),
        ("win98", "Windows", .fixed("98")),
        ("windows 95", "Windows", .fixed("95")),
        ("windows ", "Windows", .here),
        ("windows", "Windows", .none),
        ("|winnt|", "Windows", .none),
        ("|win64", "Windows", .none),
        ("mac os x", "macOS", .here),
        ("macos", "macOS", .here),
        ("mac os/", "macOS", .here),
        ("mac os ", "macOS", .here),
        ("mac_powerpc", "macOS", .none),
        ("macintosh", "macOS", .none),
    ]

    private static let leftovers: [Line] = [
        ("cfnetwork/", "iOS", .none),
        ("okhttp", "Android", .none),
        ("kubuntu", "Ubuntu", .here),
        ("ubuntu", "Ubuntu", .here),
        // The number after these keywords is the version of a package (`Fedora/3.6.13-1.fc14 Firefox/3.6.13`).
        ("fedora", "Fedora", .none),
        ("debian", "Debian", .none),
        ("linux mint", "Linux Mint", .here),
        ("red hat", "Red Hat", .none),
        ("centos", "CentOS", .none),
        ("opensuse", "SUSE", .none),
        ("|suse", "SUSE", .none),
        ("gentoo", "Gentoo", .none),
        ("arch linux", "Arch Linux", .none),
        ("raspbian", "Raspbian", .none),
        ("freebsd", "FreeBSD", .none),
        ("openbsd", "OpenBSD", .none),
        ("netbsd", "NetBSD", .none),
        ("sunos", "Solaris", .none),
        ("|linux", "Linux", .none),
        ("x11", "Linux", .none),
    ]

    /// Phrases in which the name of a system does not count. For example, a Kindle reports `Linux armv7l like Android`.
    static let denied = ["like android"]

    /// Operating systems of desktops and laptops.
    static let desktopNames: Set<String> = [
        "ChromeOS", "Windows", "macOS", "Ubuntu", "Fedora", "Debian", "Linux Mint", "Red Hat", "CentOS", "SUSE", "Gentoo",
        "Arch Linux", "Raspbian", "Linux", "FreeBSD", "OpenBSD", "NetBSD", "Solaris",
    ]
}
