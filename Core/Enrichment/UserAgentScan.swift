/// The result of scanning a header once: the best match in each table, and where that match is.
struct UserAgentScan {
    /// A matching line of a table, and the position just after its keyword.
    struct Hit {
        /// The line's number. If several lines match, the lowest number wins.
        var line = UInt16.max
        var end: UInt16 = 0

        var isFound: Bool { line != UInt16.max }

        @inline(__always)
        mutating func offer(_ line: UInt16, _ end: Int) {
            if line < self.line {
                self.line = line
                self.end = UInt16(truncatingIfNeeded: end)
            }
        }
    }

    var browser = Hit()
    var system = Hit()
    var bot = Hit()
    var signs = DeviceKeywords.Sign()
    /// Positions just after `Version/`, `Chrome/` and other tokens, by `Place`; 0 if the token is absent.
    var places = SIMD8<UInt16>.zero

    /// Tokens whose version may also be needed by lines for other browsers.
    enum Place: Int {
        case version, chrome, opera, facebook, android
    }

    static let places: [(text: String, place: Place)] = [
        ("version/", .version), ("chrome/", .chrome), ("|opr/", .opera), ("fbav/", .facebook), ("android", .android),
    ]

    /// - Precondition: `text` has fewer than 65,536 bytes.
    init(_ text: UnsafeBufferPointer<UInt8>) {
        let keywords = UserAgentKeywords.shared
        keywords.meanings.withUnsafeBufferPointer { meanings in
            keywords.scanner.scan(text) { number, end in
                switch meanings[number] {
                case .browser(let line): browser.offer(line, end)
                case .system(let line): system.offer(line, end)
                case .bot(let line):
                    if line < bot.line, line < UInt16(BotKeywords.firstUncertain) || !isInDevice(text, end) { bot.offer(line, end) }
                case .device(let sign): signs.formUnion(sign)
                case .place(let place): if places[place.rawValue] == 0 { places[place.rawValue] = UInt16(end) }
                case .mail: if Self.isMailAddress(text, after: end) { bot.offer(UserAgentKeywords.nameless, end) }
                case .nothing: break
                }
            }
        }
    }

    func place(_ place: Place) -> Int { Int(places[place.rawValue]) }

    /// Whether the keyword is part of an Android device's name, as in the phone `Spider 8` in `(Linux; Android 13; Spider 8)`. A keyword
    /// that is followed by a version is the name of a program instead.
    private func isInDevice(_ text: UnsafeBufferPointer<UInt8>, _ end: Int) -> Bool {
        let start = place(.android)
        guard start > 0, end == text.count || text[end] != UInt8(ascii: "/") else { return false }
        return !text[start..<end].contains { $0 == UInt8(ascii: ")") || $0 == UInt8(ascii: "(") }
    }

    /// Whether this is an e-mail address such as `someone@example.com`. In a header, it belongs to the operator of a crawler. Headers also
    /// contain an `@` in `Ecosia ios@9.1`, `en_IR@calendar=gregorian` and `600000@taobao_android`, which are not addresses.
    private static func isMailAddress(_ text: UnsafeBufferPointer<UInt8>, after end: Int) -> Bool {
        guard end < text.count, text[end].isLetter, end > 1, text[end - 2].isWord else { return false }
        var index = end, dot: Int?
        while index < text.count, text[index].isWord || text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: ".") {
            if text[index] == UInt8(ascii: ".") { dot = index }
            index += 1
        }
        if let last = dot, last + 1 == index { return index - end > 4 && text[end..<last].contains(UInt8(ascii: ".")) }
        guard let dot, index - dot > 2, text[dot + 1].isLetter, text[dot + 2].isLetter else { return false }
        return index == text.count || text[index] != UInt8(ascii: "_") && text[index] != UInt8(ascii: "=")
    }
}

/// A scanner for the keywords of all tables, built only once.
struct UserAgentKeywords: Sendable {
    enum Meaning: Sendable {
        case browser(UInt16)
        case system(UInt16)
        case bot(UInt16)
        case device(DeviceKeywords.Sign)
        case place(UserAgentScan.Place)
        /// The character `@`.
        case mail
        case nothing
    }

    static let shared = UserAgentKeywords()

    /// A line of `BotKeywords` that has no name.
    static let nameless = UInt16(BotKeywords.lines.count - 1)

    let scanner: KeywordScanner
    /// What each keyword means, by its number.
    let meanings: [Meaning]

    private init() {
        var keywords: [KeywordScanner.Keyword] = []
        var meanings: [Meaning] = []
        func add(_ text: String, _ meaning: Meaning, hides: Bool = false) {
            keywords.append(KeywordScanner.Keyword(text: text, hides: hides))
            meanings.append(meaning)
        }
        for (line, entry) in BrowserKeywords.lines.enumerated() { add(entry.text, .browser(UInt16(line))) }
        for (line, entry) in SystemKeywords.lines.enumerated() { add(entry.text, .system(UInt16(line))) }
        for (line, entry) in BotKeywords.lines.enumerated() { add(entry.text, .bot(UInt16(line))) }
        for entry in DeviceKeywords.lines { add(entry.text, .device(entry.sign)) }
        for entry in UserAgentScan.places { add(entry.text, .place(entry.place)) }
        for text in BotKeywords.harmless + SystemKeywords.denied { add(text, .nothing, hides: true) }
        add("@", .mail)
        scanner = KeywordScanner(keywords)
        self.meanings = meanings
    }
}
