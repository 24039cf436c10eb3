import Common

/// The place of a property in a JSON document, as people write it: `plan`, `order.id`.
///
/// A dot leads into an object. Where nothing is there, the property whose own name has the dots is meant, as analytics libraries send
/// `order.id` for what is one name. A backslash takes the meaning from the sign after it: `order\.id` is the one name and nothing else.
public struct PropertyPath: Sendable, Hashable {
    /// Names from the outside in, for each way to read what was written; the first that leads to a value counts.
    let readings: [[ExactText]]

    public init(_ written: String) { self.init([written]) }

    /// - Parameter steps: written one by one, each leading into what the one before it names.
    public init(_ steps: [String]) {
        let parts = steps.map(Self.parts)
        let nested = parts.flatMap(\.names)
        // With an escaped dot it is said which dots lead into something.
        let named = parts.flatMap { $0.isExplicit ? $0.names : [ExactText($0.names.map(\.text).joined(separator: "."))] }
        readings = nested == named ? [nested] : [nested, named]
    }

    /// What is written behind `prefix` and a dot; nil where it does not begin so, or ends there.
    init?(_ written: String, below prefixes: Set<String>) {
        let scalars = written.unicodeScalars
        guard let dot = scalars.firstIndex(of: "."), prefixes.contains(String(scalars[..<dot])) else { return nil }
        let rest = String(scalars[scalars.index(after: dot)...])
        if rest.isEmpty { return nil }
        self.init(rest)
    }

    private static func parts(_ written: String) -> (names: [ExactText], isExplicit: Bool) {
        var names = [String.UnicodeScalarView()], isExplicit = false
        var rest = written.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "\\", let next = rest.first, isSign(next) {
                if next == "." { isExplicit = true }
                names[names.count - 1].append(rest.removeFirst())
            } else if scalar == "." {
                names.append(.init())
            } else {
                names[names.count - 1].append(scalar)
            }
        }
        return (names.map { ExactText(String($0)) }, isExplicit)
    }

    /// Letters and digits have no meaning that could be taken: a backslash before them is one of the name.
    private static func isSign(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && scalar.value > 0x20 && !scalar.properties.isAlphabetic && !("0"..."9").contains(scalar)
    }
}

extension Dialect {
    /// The value at `path` as `jsonText` has it.
    public func jsonText(_ document: SQL, _ path: PropertyPath) -> SQL {
        let values = path.readings.map { jsonText(document, $0.map(\.text)) }
        return values.count == 1 ? values[0] : "coalesce(\(SQL.joined(values)))"
    }
}
