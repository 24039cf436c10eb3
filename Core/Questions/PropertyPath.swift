import Common
import Storage

/// The path of a property in a JSON document, as people write it: `plan`, `order.id`.
///
/// A dot leads into an object. If the document has no value at that path, the whole path is tried as the name of a single property,
/// because analytics libraries send names such as `order.id`. A backslash escapes the next character: `order\.id` is always the name of a
/// single property.
public struct PropertyPath: Sendable, Hashable {
    /// The ways to read the path, in the order to try them. Each is a list of names, from the outermost object inwards.
    let readings: [[ExactText]]

    /// Parses a path as people write it.
    public init(_ written: String) { self.init([written]) }

    /// - Parameter steps: paths as people write them. Each path is relative to the previous one.
    public init(_ steps: [String]) {
        let parts = steps.map(Self.parts)
        let nested = parts.flatMap(\.names)
        // An escaped dot shows that the unescaped dots lead into objects, so there is only one way to read the path.
        let named = parts.flatMap { $0.isExplicit ? $0.names : [ExactText($0.names.map(\.text).joined(separator: "."))] }
        readings = nested == named ? [nested] : [nested, named]
    }

    /// Parses what follows one of `prefixes` and a dot in `written`. Nil if `written` doesn't begin with a prefix and a dot, or if nothing
    /// follows them.
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
            if scalar == "\\", let next = rest.first, isEscapable(next) {
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

    /// Whether a backslash before this character escapes it. A backslash before a letter or digit is part of the name.
    private static func isEscapable(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && scalar.value > 0x20 && !scalar.properties.isAlphabetic && !("0"..."9").contains(scalar)
    }
}

extension Dialect {
    /// The value at `path` in `document`, as text. If the path can be read in several ways, the first value that is not null.
    public func jsonText(_ document: SQL, _ path: PropertyPath) -> SQL {
        let values = path.readings.map { jsonText(document, $0.map(\.text)) }
        return values.count == 1 ? values[0] : "coalesce(\(SQL.joined(values)))"
    }
}
