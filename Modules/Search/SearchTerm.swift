import Core
import Foundation

/// Normalizes search terms for storage. Equal searches get the same term, and e-mail addresses and card numbers are masked.
enum SearchTerm {
    static let maximumLength = 200

    /// Returns the term in its stored form: compatibility forms are unified (NFKC, such as full-width letters), letters are in lower case,
    /// and white space is collapsed. E-mail addresses become `[email]`, payment card numbers `[card]`. Normalizing the result again changes
    /// nothing. "" if the text is only white space.
    static func normalized(_ text: String) -> String {
        let words = text.precomposedStringWithCompatibilityMapping.lowercased().split(whereSeparator: isSpace)
            .map { looksLikeAddress($0) ? "[email]" : String($0) }
        // Mask before cutting. Otherwise a card number at the cut would not be recognized, and part of it would be stored.
        return maskingCards(words.joined(separator: " ")).prefix(scalars: maximumLength).trimmingCharacters(in: .whitespaces)
    }

    // exact: terms are normalized first
    private static func isSpace(_ character: Character) -> Bool {
        character.isWhitespace || character.unicodeScalars.allSatisfy { $0.properties.generalCategory == .control }
    }

    /// Whether there is text on both sides of an at sign. A dot isn't required, because sites that search while visitors type send
    /// incomplete addresses.
    private static func looksLikeAddress(_ word: Substring) -> Bool {
        let parts = word.replacingOccurrences(of: "%40", with: "@").split(separator: "@", omittingEmptySubsequences: false)
        return zip(parts, parts.dropFirst()).contains { !$0.isEmpty && !$1.isEmpty }
    }

    // MARK: Card numbers

    /// A run of digits and its position in the text.
    private struct Group {
        var digits: [Int]
        var range: Range<Int>
    }

    /// The maximum number of characters between two groups of digits in one card number, as in ` - `.
    private static let longestSeparator = 3

    private static func maskingCards(_ text: String) -> String {
        let characters = Array(text)
        let groups = self.groups(in: characters)
        var result = "", copied = 0, first = 0
        while first < groups.count {
            if let last = endOfCard(groups, from: first) {
                result += String(characters[copied..<groups[first].range.lowerBound]) + "[card]"
                copied = groups[last].range.upperBound
                first = last + 1
            } else {
                first += 1
            }
        }
        return result + String(characters[copied...])
    }

    // exact: terms are normalized first
    private static func groups(in characters: [Character]) -> [Group] {
        var groups: [Group] = []
        for (index, character) in characters.enumerated() {
            guard let digit = digit(character) else { continue }
            if let last = groups.last, last.range.upperBound == index {
                groups[groups.count - 1].digits.append(digit)
                groups[groups.count - 1].range = last.range.lowerBound..<index + 1
            } else {
                groups.append(Group(digits: [digit], range: index..<index + 1))
            }
        }
        return groups
    }

    /// Returns the value of a decimal digit of any script; nil for other characters.
    // exact: terms are normalized first
    private static func digit(_ character: Character) -> Int? {
        guard let scalar = character.unicodeScalars.first, scalar.properties.numericType == .decimal else { return nil }
        return character.wholeNumberValue
    }

    /// Returns the index of the last group of the longest card number that begins with the group `first`; nil if none begins there.
    private static func endOfCard(_ groups: [Group], from first: Int) -> Int? {
        var digits: [Int] = [], last: Int?
        for index in first..<groups.count {
            if index > first, groups[index].range.lowerBound - groups[index - 1].range.upperBound > longestSeparator { break }
            digits += groups[index].digits
            if digits.count > 19 { break }
            if isCard(digits) { last = index }
        }
        return last
    }

    /// Whether the digits are a card number: 13 to 19 digits with a valid Luhn check digit, but not an ISBN. One ISBN in ten has a valid
    /// Luhn check digit by chance.
    ///
    /// - Source: ISO/IEC 7812-1, annex B; ISO 2108 for the prefixes of an ISBN.
    static func isCard(_ digits: [Int]) -> Bool {
        guard (13...19).contains(digits.count) else { return false }
        if digits.count == 13, [[9, 7, 8], [9, 7, 9]].contains(Array(digits[..<3])) { return false }
        let sum = digits.reversed().enumerated().reduce(0) { sum, place in
            let (index, digit) = place
            let weighed = index % 2 == 0 ? digit : digit * 2
            return sum + (weighed > 9 ? weighed - 9 : weighed)
        }
        return sum % 10 == 0
    }
}
