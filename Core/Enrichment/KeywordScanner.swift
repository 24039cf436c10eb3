/// Finds any number of keywords in a text in one pass, reading each byte once.
///
/// Keywords are lower case. They match ASCII letters in either case. Special characters:
/// - `|` at the start or end: a word must begin or end there. `|line/` matches in `Safari Line/13`, but not in `Online/13`.
/// - `^` at the start: the keyword matches only at the start of the text.
///
/// A keyword marked as hiding suppresses shorter keywords that end at the same byte. For example, `|cubot|`, a phone brand, hides `bot|`.
///
/// - Source: A. Aho, M. Corasick: Efficient string matching, CACM 18(6), 1975. All failure links are resolved in advance, so each byte
///   costs one table lookup.
struct KeywordScanner: Sendable {
    struct Keyword: Sendable {
        var text: String
        var hides = false
    }

    private struct Pattern: Sendable {
        var length: Int
        var startsText: Bool
        var startsWord: Bool
        var endsWord: Bool
        var hides: Bool
    }

    /// The bit in a transition that says that its target state completes at least one keyword.
    private static let complete: UInt16 = 0x8000
    private static let none = UInt16.max

    /// The column of each byte value. Bytes that occur in no keyword have column 0.
    private let columns: [UInt8]
    /// The transitions of all states, 64 per state.
    private let transitions: [UInt16]
    /// For each state, where its list in `completed` starts.
    private let lists: [UInt16]
    /// Lists of keyword numbers, with the longest keyword first. `none` ends each list.
    private let completed: [UInt16]
    private let patterns: [Pattern]

    /// - Precondition: the keywords are ASCII, use at most 63 different bytes, and need fewer than 32,768 states. All keywords are
    ///   constants of this target, so a test is enough to ensure this.
    init(_ keywords: [Keyword]) {
        var columns = [UInt8](repeating: 0, count: 256)
        var columnCount: UInt8 = 1
        var patterns: [Pattern] = []
        var texts: [[UInt8]] = []
        for keyword in keywords {
            var bytes = Array(keyword.text.utf8)
            let startsText = bytes.first == UInt8(ascii: "^")
            let startsWord = bytes.first == UInt8(ascii: "|")
            if startsText || startsWord { bytes.removeFirst() }
            let endsWord = bytes.last == UInt8(ascii: "|")
            if endsWord { bytes.removeLast() }
            precondition(!bytes.isEmpty && bytes.allSatisfy { $0 < 0x80 && $0 == $0.lowercased })
            for byte in bytes where columns[Int(byte)] == 0 {
                precondition(columnCount < 64)
                columns[Int(byte)] = columnCount
                columnCount += 1
            }
            patterns.append(
                Pattern(
                    length: bytes.count, startsText: startsText, startsWord: startsWord, endsWord: endsWord,
                    hides: keyword.hides
                )
            )
            texts.append(bytes)
        }
        for letter in UInt8(ascii: "a")...UInt8(ascii: "z") { columns[Int(letter & 0xDF)] = columns[Int(letter)] }

        var trie = Trie()
        for (number, bytes) in texts.enumerated() { trie.insert(bytes.map { columns[Int($0)] }, number: number) }
        trie.followFailures()
        trie.sortByDepth()
        precondition(trie.states.count < Int(Self.complete))

        var lists: [UInt16] = []
        var completed: [UInt16] = []
        for state in trie.states {
            lists.append(UInt16(completed.count))
            completed += state.keywords.sorted { patterns[$0].length > patterns[$1].length }.map(UInt16.init)
            completed.append(Self.none)
        }
        self.columns = columns
        self.transitions = trie.states.flatMap { state in
            state.next.map { UInt16($0) | (trie.states[$0].keywords.isEmpty ? 0 : Self.complete) }
        }
        self.lists = lists
        self.completed = completed
        self.patterns = patterns
    }

    /// Calls `found` for each keyword in `text`, with the keyword's number and the position just after it. Calls are in the order of these
    /// positions.
    @inline(__always)
    func scan(_ text: UnsafeBufferPointer<UInt8>, found: (_ keyword: Int, _ end: Int) -> Void) {
        columns.withUnsafeBufferPointer { columns in
            transitions.withUnsafeBufferPointer { transitions in
                var state = 0
                for index in 0..<text.count {
                    let transition = transitions[state << 6 | Int(columns[Int(text[index])])]
                    state = Int(transition & ~Self.complete)
                    if transition & Self.complete != 0 { report(state, index + 1, text, found) }
                }
            }
        }
    }

    @inline(__always)
    private func report(
        _ state: Int, _ end: Int, _ text: UnsafeBufferPointer<UInt8>, _ found: (Int, Int) -> Void
    ) {
        var position = Int(lists[state])
        while completed[position] != Self.none {
            let number = Int(completed[position])
            position += 1
            let pattern = patterns[number]
            let start = end - pattern.length
            if pattern.startsText, start > 0 { continue }
            if pattern.startsWord, start > 0, text[start - 1].isWord { continue }
            if pattern.endsWord, end < text.count, text[end].isWord { continue }
            found(number, end)
            if pattern.hides { return }
        }
    }
}

/// The states of the scanner while it is being built.
private struct Trie {
    struct State {
        var next = [Int](repeating: 0, count: 64)
        var keywords: [Int] = []
    }

    /// The first state is the root; transition 0 leads to it.
    var states = [State()]
    /// The states below the root in breadth-first order; filled by `followFailures`.
    private var levels: [Int] = []

    mutating func insert(_ columns: [UInt8], number: Int) {
        var state = 0
        for column in columns {
            if states[state].next[Int(column)] == 0 {
                states.append(State())
                states[state].next[Int(column)] = states.count - 1
            }
            state = states[state].next[Int(column)]
        }
        states[state].keywords.append(number)
    }

    /// Resolves failure links level by level. A state without a transition takes the transition of its longest suffix that is also a state.
    mutating func followFailures() {
        var suffixes = [Int](repeating: 0, count: states.count)
        var queue = states[0].next.filter { $0 != 0 }
        var head = 0
        while head < queue.count {
            let state = queue[head]
            head += 1
            let suffix = suffixes[state]
            states[state].keywords += states[suffix].keywords
            for column in 0..<64 {
                let next = states[state].next[column]
                if next == 0 {
                    states[state].next[column] = states[suffix].next[column]
                } else {
                    suffixes[next] = states[suffix].next[column]
                    queue.append(next)
                }
            }
        }
        levels = queue
    }

    /// Renumbers the states by depth. Text without keywords moves among shallow states, and their numbers then keep them together in the
    /// CPU cache.
    mutating func sortByDepth() {
        let order = [0] + levels
        var numbers = [Int](repeating: 0, count: states.count)
        for (number, old) in order.enumerated() { numbers[old] = number }
        states = order.map { old in State(next: states[old].next.map { numbers[$0] }, keywords: states[old].keywords) }
    }
}
