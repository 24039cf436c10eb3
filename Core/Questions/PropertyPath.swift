import Common
import Storage

/// The path of a property in a JSON document, in the form that people write: `plan`, `order.id`.
///
/// A dot leads into an object. If the document has nothing at that path, the path is read as a property whose name contains the dots,
/// because analytics libraries send names such as `order.id`. A backslash escapes the next character: `order\.id` can only be that one
/// name.
public struct PropertyPath: Sendable, Hashable {
    /// The ways to read the path. Each is a list of names, from the outside in. The first one that leads to a value counts.
    let readings: [[ExactText]]

    /// Parses a path as people write it.
    public init(_ written: String) { self.init([written]) }

    /// - Parameter steps: paths as people write them. Each is relative to the one before it.
    public init(_ steps: [String]) {
        let parts = steps.map(Self.parts)
        let nested = parts.flatMap(\.names)
        // If a dot is escaped, the writer has chosen which dots lead into an object, so there is only one way to read the path.
        let named = parts.flatMap { $0.isExplicit ? $0.names : [ExactText($0.names.map(\.text).joined(separator: "."))] }
        readings = nested == named ? [nested] : [nested, named]
    }

    /// The rest of the path after one of `prefixes` and a dot. Nil if `written` doesn't start like that, or if nothing follows.
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

    /// Whether a backslash before this character escapes it. Before letters and digits, the backslash is part of the name.
    private static func isEscapable(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && scalar.value > 0x20 && !scalar.properties.isAlphabetic && !("0"..."9").contains(scalar)
    }
}

extension Dialect {
    /// The value at `path`. Like `jsonText(_:_:)` for a list of names.
    public func jsonText(_ document: SQL, _ path: PropertyPath) -> SQL {
        let values = path.readings.map { jsonText(document, $0.map(\.text)) }
        return values.count == 1 ? values[0] : "coalesce(\(SQL.joined(values)))"
    }
}
