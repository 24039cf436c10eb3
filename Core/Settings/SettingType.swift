@_spi(Host) import Common
import Enrichment

/// The type of a configuration key: how its values are read, described and displayed.
public struct SettingType<Value: Sendable>: Sendable {
    /// The accepted values, worded to follow "must be", such as `a whole number from 1 to 65535`.
    public let expectation: String
    /// Whether the value is a list. An environment variable then has several values, separated by commas.
    let isList: Bool
    let read: @Sendable (YAMLNode) throws(Refusals) -> Value
    let show: @Sendable (Value) -> String

    init(
        _ expectation: String, isList: Bool = false,
        show: @escaping @Sendable (Value) -> String = { "\($0)" },
        read: @escaping @Sendable (YAMLNode) throws(Refusals) -> Value
    ) {
        self.expectation = expectation
        self.isList = isList
        self.read = read
        self.show = show
    }

    /// A type whose values are parsed from text. If `text` returns nil, the value is rejected.
    init(_ expectation: String, text: @escaping @Sendable (String) -> Value?) {
        self.init(expectation) { node throws(Refusals) in
            guard let value = node.text.flatMap(text) else {
                throw Refusals("must be \(expectation); got \(node.described)", node)
            }
            return value
        }
    }
}

extension SettingType {
    /// A type whose values are parsed from text that errors never quote, because it is a secret or may have one in it, as every URL may.
    static func hidden(_ expectation: String, _ read: @escaping @Sendable (String) -> Value?) -> Self {
        SettingType(expectation) { node throws(Refusals) in
            guard let value = node.text.flatMap(read) else {
                throw Refusals("must be \(expectation); got \(node.hidden)", node)
            }
            return value
        }
    }

    /// Like this type, but also accepts null.
    var orNull: SettingType<Value?> {
        SettingType<Value?>(expectation, isList: isList, show: { $0.map(show) ?? "null" }) {
            node throws(Refusals) in
            node.isNull ? nil : try read(node)
        }
    }
}

/// Why a value is rejected. A list or a group of keys can be wrong in several places.
struct Refusals: Error {
    struct Refusal {
        /// The part of the value that is wrong, as a suffix to the key, such as `[1]` or `.funnels`; "" for the whole value.
        let suffix: String
        let line: Int?
        let message: String
    }

    var all: [Refusal]

    init(_ all: [Refusal]) { self.all = all }
    init(_ message: String, _ node: YAMLNode) { all = [Refusal(suffix: "", line: node.line, message: message)] }

    func below(_ suffix: String) -> [Refusal] {
        all.map { Refusal(suffix: suffix + $0.suffix, line: $0.line, message: $0.message) }
    }
}

extension SettingType where Value == Int {
    /// A whole number in the range. It may contain underscores, as in `1_000_000`.
    public static func integer(_ range: ClosedRange<Int>) -> Self {
        SettingType("a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            let digits = text.filter { $0 != "_" }
            return Int(digits).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension SettingType where Value == Double {
    /// A number in the range, with or without a fraction.
    public static func number(_ range: ClosedRange<Double>) -> Self {
        SettingType("a number from \(range.lowerBound) to \(range.upperBound)") { text in
            Double(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension SettingType where Value == Bool {
    /// `true` or `false`, in any case.
    public static var boolean: Self {
        SettingType("true or false") { text in ["true": true, "false": false][text.lowercased()] }
    }
}

extension SettingType where Value == String {
    /// A string without NUL whose number of characters is in the range.
    public static func text(_ length: ClosedRange<Int>) -> Self {
        SettingType("a string of \(length.lowerBound) to \(length.upperBound) characters") {
            length.contains($0.count) && !$0.unicodeScalars.contains("\u{0}") ? $0 : nil
        }
    }

    /// A path in the file system. Relative paths start at the folder in which Pulse was started.
    public static var path: Self { SettingType("a path") { $0.isEmpty || $0.contains("\u{0}") ? nil : $0 } }

    /// A URL such as `https://pulse.example.com/base`, stored without a trailing slash.
    public static var webURL: Self {
        hidden("a URL that begins with https:// or http://, without a user name or password") { text in
            guard WebAddress.authority(of: text) != nil else { return nil }
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        }
    }

    /// An origin in the form that browsers send in the `Origin` header, or `*` for every origin.
    public static var origin: Self {
        hidden("'*' or an origin such as https://www.example.com, without a path") { text in
            if text == "*" { return text }
            let lowered = (text.hasSuffix("/") ? String(text.dropLast()) : text).lowercased()
            guard let authority = WebAddress.authority(of: lowered), lowered.hasSuffix("://" + authority) else { return nil }
            return lowered
        }
    }

    /// The host name of a site, such as `www.example.com`.
    public static var domain: Self {
        SettingType("a domain such as www.example.com, without https:// or a path") { text in
            WebAddress.isHost(text) ? text.lowercased() : nil
        }
    }

    /// One of `names`. Errors use `kind` as the noun, such as `module` in `unknown module 'funels'; did you mean 'funnels'?`.
    public static func name(of kind: String, among names: [String]) -> Self {
        SettingType("the name of a \(kind)") { node throws(Refusals) in
            guard let text = node.text else { throw Refusals("must be the name of a \(kind); got \(node.described)", node) }
            guard names.contains(text) else {
                throw Refusals("unknown \(kind) '\(text.excerpt(60))'\(Spelling.suggestion(for: text, among: names))", node)
            }
            return text
        }
    }
}

extension SettingType where Value == CIDR {
    /// An IP address or a network in CIDR notation.
    public static var networkRange: Self {
        SettingType("an address or a range such as 10.0.0.0/8") { try? CIDR($0) }
    }
}

extension SettingType where Value == Secret {
    /// A string of at least `minimum` characters, which is never displayed.
    public static func secret(minimum: Int) -> Self {
        hidden("a string of at least \(minimum) characters") { $0.count >= minimum && !$0.contains("\u{0}") ? Secret($0) : nil }
    }

    /// A URL, which is never displayed because it may contain a password. Errors quote `example` to show the form of the URL.
    public static func secretURL(schemes: [String], example: String) -> Self {
        hidden("a URL such as \(example)") { text in
            schemes.contains { text.hasPrefix($0 + "://") && text.count > $0.count + 3 } ? Secret(text) : nil
        }
    }

    /// The URL of a PostgreSQL server, which is never displayed because it may contain a password. Errors say which part of it is wrong.
    public static var databaseURL: Self {
        let expectation = "a URL such as \(PostgreSQLURL.form)"
        return SettingType(expectation) { node throws(Refusals) in
            guard let text = node.text else { throw Refusals("must be \(expectation); got \(node.described)", node) }
            if let problem = PostgreSQLURL.problem(in: text) { throw Refusals(problem, node) }
            return Secret(text)
        }
    }

    /// The URL of a Redis server, which is never displayed.
    public static var redisURL: Self {
        hidden("a URL such as redis://user:password@host:6379/0, without TLS: on a private network, or through a tunnel such as stunnel") {
            (try? RedisAddress($0)) != nil ? Secret($0) : nil
        }
    }
}

extension SettingType where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    /// One of the raw values of `Value`.
    public static var choice: Self {
        let words = Value.allCases.map(\.rawValue)
        let expectation = "one of " + words.map { "'\($0)'" }.joined(separator: ", ")
        return SettingType(expectation, show: \.rawValue) { node throws(Refusals) in
            guard let value = node.text.flatMap(Value.init(rawValue:)) else {
                let suggestion = Spelling.suggestion(for: node.text ?? "", among: words)
                throw Refusals("must be \(expectation); got \(node.described)\(suggestion)", node)
            }
            return value
        }
    }
}

extension SettingType {
    /// A list, written as `[a, b]` or with one `- a` per line.
    public static func list<Element: Sendable>(of element: SettingType<Element>) -> SettingType<[Element]> {
        let expectation = "a list of values, each \(element.expectation)"
        return SettingType<[Element]>(
            expectation, isList: true, show: { "[" + $0.map(element.show).joined(separator: ", ") + "]" }
        ) { node throws(Refusals) in
            guard case .list(let nodes, _) = node else {
                throw Refusals("must be \(expectation); got \(node.described)", node)
            }
            var values: [Element] = [], refusals: [Refusals.Refusal] = []
            for (index, node) in nodes.enumerated() {
                do throws(Refusals) {
                    values.append(try element.read(node))
                } catch {
                    refusals += error.below("[\(index)]")
                }
            }
            if !refusals.isEmpty { throw Refusals(refusals) }
            return values
        }
    }

    /// A group whose keys are all in `names` and whose values are of type `element`, such as `funnels: read`. Errors use `kind` as the noun
    /// for a key.
    public static func map<Element: Sendable>(
        _ kind: String, among names: [String], to element: SettingType<Element>
    ) -> SettingType<[String: Element]> {
        let expectation = "a group of keys, each the name of a \(kind) with \(element.expectation)"
        return SettingType<[String: Element]>(
            expectation,
            show: { map in
                let pairs = map.sorted { $0.key < $1.key }.map { "\($0.key): \(element.show($0.value))" }
                return "{" + pairs.joined(separator: ", ") + "}"
            }
        ) { node throws(Refusals) in
            if node.isNull { return [:] }
            guard case .mapping(let mapping) = node else {
                throw Refusals("must be \(expectation); got \(node.described)", node)
            }
            var values: [String: Element] = [:], refusals: [Refusals.Refusal] = []
            for member in mapping.members {
                let suffix = ".\(member.key.excerpt(60))"
                guard names.contains(member.key) else {
                    let message = "unknown \(kind)\(Spelling.suggestion(for: member.key, among: names))"
                    refusals.append(Refusals.Refusal(suffix: suffix, line: member.line, message: message))
                    continue
                }
                do throws(Refusals) {
                    values[member.key] = try element.read(member.value)
                } catch {
                    refusals += error.below(suffix)
                }
            }
            if !refusals.isEmpty { throw Refusals(refusals) }
            return values
        }
    }
}
