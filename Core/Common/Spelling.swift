/// Suggests the word that the caller probably meant.
public enum Spelling {
    /// The word closest to `word`; if several are equally close, the first. Nil if none is close enough for `word` to be a typo.
    public static func nearest(to word: String, among words: [String]) -> String? {
        let wanted = normal(word)
        // Allows one typo per three letters. No name in Pulse is longer than 64 characters.
        guard (1...64).contains(wanted.count) else { return nil }
        let limit = max(1, wanted.count / 3)
        let ranked = words.map { (word: $0, distance: distance(wanted, normal($0))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= limit else { return nil }
        return best.word
    }

    /// The suggestion, such as `; did you mean 'funnels'?`; "" if no word is close.
    public static func suggestion(for word: String, among words: [String]) -> String {
        nearest(to: word, among: words).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// The word in lower case with underscores instead of hyphens, so differences in these don't count as typos.
    private static func normal(_ word: String) -> [Character] { word.lowercased().map { $0 == "-" ? "_" : $0 } }

    /// The smallest number of insertions, deletions, replacements and swaps of adjacent characters that turns `left` into `right`.
    /// - Source: Damerau-Levenshtein distance in its restricted form (optimal string alignment).
    public static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var beforeLast: [Int] = [], last = Array(0...right.count)
        for i in 0..<left.count {
            var row = [i + 1]
            for j in 0..<right.count {
                let replaced = last[j] + (left[i] == right[j] ? 0 : 1)
                var best = min(replaced, last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { best = min(best, beforeLast[j - 1] + 1) }
                row.append(best)
            }
            (beforeLast, last) = (last, row)
        }
        return last[right.count]
    }
}
