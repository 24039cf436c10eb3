import Core
import Foundation

/// How a search term is stored: so that equal searches are equal, and without what is nobody's business.
enum SearchTerm {
    static let maximumLength = 200

    /// Compatibility forms are unified (NFKC, as full-width letters), letters lowered, white space collapsed; e-mail addresses
    /// become `[email]`, payment card numbers `[card]`. The same again for what it made. "" for nothing but spaces.
    static func normalized(_ text: String) -> String {
        let words = text.precomposedStringWithCompatibilityMapping.lowercased().split(whereSeparator: isSpace)
            .map { looksLikeAddress($0) ? "[email]" : String($0) }
        // Masked before it is cut: half a number is no card number any more, and would stay.
        return maskingCards(words.joined(separator: " ")).prefix(scalars: maximumLength).trimmingCharacters(in: .whitespaces)
    }

    // exact: terms are brought into one form first
    private static func isSpace(_ character: Character) -> Bool {
        character.isWhitespace || character.unicodeScalars.allSatisfy { $0.properties.generalCategory == .control }
    }

    /// Whether something stands on both sides of an at sign, whatever it is: whoever types has not got to the dot yet.
    private static func looksLikeAddress(_ word: Substring) -> Bool {
        let parts = word.replacingOccurrences(of: "%40", with: "@").split(separator: "@", omittingEmptySubsequences: false)
        return zip(parts, parts.dropFirst()).contains { !$0.isEmpty && !$1.isEmpty }
    }

    // MARK: Card numbers

    /// Digits in a row, and where they stand.
    private struct Group {
        var digits: [Int]
        var range: Range<Int>
    }

    /// Most characters between groups of one number: ` - `.
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

    // exact: terms are brought into one form first
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

    /// Decimal digits of any script.
    // exact: terms are brought into one form first
    private static func digit(_ character: Character) -> Int? {
        guard let scalar = character.unicodeScalars.first, scalar.properties.numericType == .decimal else { return nil }
        return character.wholeNumberValue
    }

    /// The last of the groups, from `first` on, that together are a card number; the longest such number.
    private static func endOfCard(_ groups: [Group], from first: Int) -> Int? {
        var digits: [Int] = [], found: Int?
        for index in first..<groups.count {
            if index > first, groups[index].range.lowerBound - groups[index - 1].range.upperBound > longestSeparator { break }
            digits += groups[index].digits
            if digits.count > 19 { break }
            if isCard(digits) { found = index }
        }
        return found
    }

    /// 13 to 19 digits whose last one is right by Luhn's formula. An ISBN, which passes by chance one time in ten, is none.
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
