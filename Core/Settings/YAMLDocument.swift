import Yams

/// A parsed YAML file: its values with line numbers, and the errors found while parsing.
struct YAMLDocument {
    /// The root value; nil if the file is empty or can't be parsed.
    let root: YAMLNode?
    let errors: [ConfigurationError]

    init(_ text: String, file: String) {
        var text = text, errors: [ConfigurationError] = []
        var root: YAMLNode?
        // Yams stops at a duplicate key. Renaming duplicates lets it read the rest of the file, so all errors can be shown together.
        reading: for _ in 0..<1_000 {
            do {
                root = try Yams.compose(yaml: text).map { Self.convert($0, "", file, &errors) }
                break
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                guard let key = keys.min(), let renamed = Self.renameSecond(key, context.mark, in: text) else {
                    errors.append(ConfigurationError(.line(file, context.mark.line), keys.min() ?? "", "is given twice"))
                    break reading
                }
                text = renamed
            } catch let error as YamlError {
                errors.append(Self.sentence(error, file))
                break
            } catch {
                errors.append(ConfigurationError(.line(file, nil), "", "can't be read as YAML: \(error)"))
                break
            }
        }
        self.root = root
        self.errors = errors
    }

    /// Marks a key that was renamed. A private-use character, which no real key contains.
    private static let mark: Character = "\u{E000}"

    /// Returns `text` with a duplicate key renamed: the second `key` of the mapping that has the first one at `first`. Returns nil if the
    /// second `key` doesn't begin a line, as in `{a: 1, a: 2}`.
    private static func renameSecond(_ key: String, _ first: Mark, in text: String) -> String? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for index in lines.indices.dropFirst(first.line) {
            let line = lines[index]
            let indent = line.prefix { $0 == " " }.count
            let rest = line.dropFirst(indent)
            if rest.isEmpty || rest.hasPrefix("#") { continue }
            if indent < first.column - 1 { return nil }  // the mapping has ended
            guard indent == first.column - 1 else { continue }
            for quote in ["", "\"", "'"] where rest.hasPrefix(quote + key + quote) {
                let after = rest.dropFirst(key.count + 2 * quote.count).drop { $0 == " " }
                guard after.hasPrefix(":") else { continue }
                // The line number makes a third and fourth duplicate distinct.
                lines[index] = line.prefix(indent) + "\"\(key)\(mark)\(index)\"" + after
                return lines.joined(separator: "\n")
            }
        }
        return nil
    }

    private static func convert(
        _ node: Node, _ path: String, _ file: String, _ errors: inout [ConfigurationError]
    ) -> YAMLNode {
        let line = node.mark?.line
        switch node {
        case .scalar(let scalar): return .scalar(.init(text: scalar.string, isPlain: scalar.style == .plain, line: line))
        case .alias: return .scalar(.init(text: "", isPlain: true, line: line))  // never occurs: Yams resolves aliases while parsing
        case .sequence(let sequence):
            let nodes = sequence.enumerated().map { convert($1, "\(path)[\($0)]", file, &errors) }
            return .list(nodes, line: line)
        case .mapping(let mapping):
            var members: [YAMLNode.Member] = []
            for (key, value) in mapping {
                let place = ConfigurationError.Place.line(file, key.mark?.line)
                guard let name = key.scalar?.string else {
                    errors.append(ConfigurationError(place, path, "has a key that is not a string"))
                    continue
                }
                let parts = name.split(separator: mark, omittingEmptySubsequences: false)
                let childPath = path.isEmpty ? String(parts[0]) : "\(path).\(parts[0])"
                let value = convert(value, childPath, file, &errors)
                if parts.count == 1 {
                    members.append(.init(key: name, line: key.mark?.line, value: value))
                } else {
                    let first = members.first { $0.key == parts[0] }?.line ?? 0
                    errors.append(ConfigurationError(place, childPath, "is given twice; first on line \(first)"))
                }
            }
            return .mapping(.init(members: members, line: line))
        }
    }

    private static func sentence(_ error: YamlError, _ file: String) -> ConfigurationError {
        let (line, problem): (Int?, String) =
            switch error {
            case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
                .composer(let context, let problem, let mark, _):
                // libyaml reports what it was doing, such as `while parsing a block mapping`, and then what went wrong.
                (mark.line, [context?.text, problem].compactMap { $0 }.joined(separator: ", "))
            case .reader(let problem, let offset, _, let yaml):
                (offset.map { yaml.prefix($0).count { $0 == "\n" } + 1 }, problem)
            default: (nil, "\(error)")
            }
        return ConfigurationError(.line(file, line), "", "is not valid YAML: \(problem)")
    }
}
