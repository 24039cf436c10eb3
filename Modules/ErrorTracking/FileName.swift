/// The name of a script or another build file. Bundlers add a hash of the content to it, so the name differs in each release.
enum FileName {
    private static let extensions: Set<String> = ["js", "mjs", "cjs", "jsx", "ts", "tsx", "css", "wasm", "json", "map"]
    /// Parts that may follow the hash, before the extension.
    private static let kinds: Set<String> = [
        "js", "css", "chunk", "min", "bundle", "module", "modern", "legacy", "esm", "umd", "prod", "production", "worker",
    ]

    /// Whether `name` ends in one of the known extensions.
    static func isOne(_ name: Bytes) -> Bool {
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else { return false }
        return (2...4).contains(name.endIndex - dot - 1) && extensions.contains(name[(dot + 1)...].text)
    }

    /// Returns the hash in a name; nil if the last part of the name consists of words. Recognizes hashes that mix letters and digits
    /// freely, as Vite and Rollup (`panels-CqWErTyu.js`, `BxY2_k9a.js`) and esbuild (`chunk-5JQ3RZ2K.js`) write them. Hexadecimal hashes
    /// (webpack, Parcel, Next.js) are recognized by `Fingerprint`.
    static func hash(in name: Bytes) -> Range<Int>? {
        var stem = name
        if let dot = name.lastIndex(of: UInt8(ascii: ".")) { stem = name[..<dot] }
        while let dot = stem.lastIndex(where: { $0.isOne(of: ".-") }), kinds.contains(stem[(dot + 1)...].text) { stem = stem[..<dot] }
        // Eight characters of base64url. Its alphabet contains - and _, which join words too.
        if stem.count >= 8 {
            let last = stem.suffix(8), isWhole = last.startIndex == stem.startIndex
            if isWhole || stem[last.startIndex - 1].isOne(of: "-._~"), isRandom(last, isWhole: isWhole) { return last.indices }
        }
        guard let joint = stem.lastIndex(where: { $0.isOne(of: "-._~") }) else { return nil }
        let last = stem[(joint + 1)...]
        return last.count > 8 && last.contains(where: \.isLower) && last.count(where: \.isUpper) >= 2 && isRandom(last, isWhole: false)
            ? last.indices : nil
    }

    private static func isRandom(_ text: Bytes, isWhole: Bool) -> Bool {
        let parts = text.split { $0.isOne(of: "-_") }
        guard parts.joined().allSatisfy({ $0.isDigit || $0.isUpper || $0.isLower }) else { return false }
        // A part in capitals is either an abbreviation or a hash from esbuild.
        return parts.contains { $0.allSatisfy(\.isUpper) ? !isWhole && !(2...4).contains($0.count) : !isWord($0) }
    }

    /// Whether the text consists of words, each possibly capitalized, and possibly one or two digits at the end: `settings`, `UserList`,
    /// `useAPI`, `i18n`, `v2`.
    private static func isWord(_ text: Bytes) -> Bool {
        // Other rules recognize ids that consist of lower-case letters and digits.
        guard text.contains(where: \.isUpper) else { return true }
        var rest = text
        while rest.last?.isDigit == true { rest = rest.dropLast() }
        if text.count - rest.count > 2 { return false }
        while let first = rest.first {
            let capitals = rest.prefix(while: \.isUpper)
            // The last of several capitals begins the next word, unless nothing follows.
            let start = capitals.count < 2 || capitals.count == rest.count ? rest : rest[(capitals.endIndex - 1)...]
            if capitals.count == rest.count { return capitals.count <= 4 }
            guard capitals.count < 2 || (3...5).contains(capitals.count), !first.isDigit else { return false }
            let word = start.first!.isUpper ? start.prefix(1) + start.dropFirst().prefix(while: \.isLower) : start.prefix(while: \.isLower)
            guard word.count >= 2 || first.isLower, canBeSpoken(word) else { return false }
            rest = rest[(start.startIndex + word.count)...]
        }
        return true
    }

    /// Whether every pair of adjacent letters occurs in English words.
    private static func canBeSpoken(_ word: Bytes) -> Bool {
        zip(word, word.dropFirst()).allSatisfy { letter, next in
            followers[Int(letter | 0x20) - 97].contains(next | 0x20)
        }
    }

    /// The letters that follow `a`, `b`, `c` ... in English words. About half of all random pairs of letters are missing here.
    private static let followers: [[UInt8]] = [
        "bcdefghiklmnpqrstuvwxyz", "abeijlorsuy", "acehiklorstuy", "adegijlmnorsuvwy", "abcdefghijklmnopqrstuvwxyz", "aefilortuy",
        "aeghilnorsuy",
        "aeimnorstuwy", "abcdefgklmnopqrstvxz", "aeiosu", "aeiklnosy", "abdefiklmnopstuvy", "abeimnopsuy", "acdefgijklnorstuvy",
        "abcdefghiklmnoprstuvwxyz", "aehilnoprstuy", "u", "abcdefgiklmnoprstuvy", "acehiklmnopqrstuwy", "aehilmorstuwy",
        "abcdefgiklmnopqrstvxyz",
        "aeiouy", "aehilnorsy", "acehiopty", "abcdeilmnoprst", "aeiloyz",
    ].map { Array($0.utf8) }
}

extension UInt8 {
    fileprivate var isUpper: Bool { (65...90).contains(self) }
    fileprivate var isLower: Bool { (97...122).contains(self) }
}
