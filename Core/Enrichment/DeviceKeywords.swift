/// Words that tell the kind of machine, where the system alone does not.
enum DeviceKeywords {
    typealias Line = (text: String, sign: Sign)

    /// What a word speaks for. Several may be found; `UserAgentParser` says which one wins.
    struct Sign: OptionSet, Sendable {
        let rawValue: UInt16

        static let mobile = Sign(rawValue: 1 << 0)
        static let tablet = Sign(rawValue: 1 << 1)
        static let tv = Sign(rawValue: 1 << 2)
        static let wearable = Sign(rawValue: 1 << 3)
        static let iPad = Sign(rawValue: 1 << 4)
        /// A page is shown: this is a browser or an app with a browser inside.
        static let page = Sign(rawValue: 1 << 5)
        /// `AppleWebKit`: a browser's engine is at work, even if the browser has no name.
        static let webKit = Sign(rawValue: 1 << 6)
        /// `(compatible; ...`: Internet Explorer and Konqueror say so, and else only bots.
        static let compatible = Sign(rawValue: 1 << 8)
        /// A processor that only Macs have, among Apple's machines.
        static let intel = Sign(rawValue: 1 << 7)
    }

    static let lines: [Line] = [
        ("mozilla/", .page),
        ("applewebkit", .webKit),
        ("(compatible;", .compatible),
        ("(x86_64", .intel),
        ("(i386", .intel),

        ("|ipad", [.iPad, .tablet]),
        ("ipados", [.iPad, .tablet]),
        ("tablet", .tablet),
        ("kindle", .tablet),
        ("silk/", .tablet),
        ("playbook", .tablet),
        ("touchpad", .tablet),
        ("nexus 7", .tablet),
        ("nexus 9", .tablet),
        ("nexus 10", .tablet),
        ("pixel c|", .tablet),
        ("xoom", .tablet),
        ("|sm-t", .tablet),
        ("|sm-x", .tablet),
        ("|sm-p", .tablet),
        ("|gt-p", .tablet),
        ("mediapad", .tablet),
        ("matepad", .tablet),
        ("galaxy tab", .tablet),
        ("mi pad", .tablet),
        ("lenovo tab", .tablet),

        ("mobi", .mobile),
        ("iphone", .mobile),
        ("ipod", .mobile),
        ("phone", .mobile),
        ("midp", .mobile),
        ("j2me", .mobile),
        ("opera mini", .mobile),
        ("ucweb", .mobile),
        ("blackberry", .mobile),
        ("nokia", .mobile),
        ("symbian", .mobile),
        ("series60", .mobile),
        ("|wap|", .mobile),
        ("up.browser", .mobile),
        ("netfront", .mobile),
        ("cfnetwork/", .mobile),
        ("okhttp", .mobile),

        ("|tv|", .tv),
        ("smart-tv", .tv),
        ("smarttv", .tv),
        ("smart_tv", .tv),
        ("googletv", .tv),
        ("appletv", .tv),
        ("androidtv", .tv),
        ("android tv", .tv),
        ("hbbtv", .tv),
        ("ce-html", .tv),
        ("|tvos", .tv),
        ("bravia", .tv),
        ("; aft", .tv),
        ("crkey", .tv),
        ("chromecast", .tv),
        ("|roku", .tv),
        ("viera", .tv),
        ("netcast", .tv),
        ("nettv", .tv),
        ("inettvbrowser", .tv),
        ("dlnadoc", .tv),
        ("|dtv|", .tv),
        ("web0s", .tv),
        ("webos.tv", .tv),
        ("vidaa", .tv),
        ("maple ", .tv),
        ("maple20", .tv),
        ("mitv", .tv),
        ("mibox", .tv),
        ("shield android", .tv),
        ("philipstv", .tv),
        ("smarthub", .tv),

        ("apple watch", .wearable),
        ("watch os", .wearable),
        ("watchos", .wearable),
        ("|sm-r", .wearable),
        ("android wear", .wearable),
        ("wear os", .wearable),
        ("oculusbrowser", .wearable),
        ("picobrowser", .wearable),
    ]

    /// Systems that are consoles, whatever else the header says.
    static let consoles: Set<String> = ["Xbox", "PlayStation", "Nintendo"]
}
