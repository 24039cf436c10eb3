import Core

/// A parsed source map, which maps positions in a generated script to positions in the original source.
/// - Source: ECMA-426, Source map format specification, version 3 of the format.
struct SourceMap: Sendable {
    /// A position in the original source.
    struct Original: Sendable, Equatable {
        let file: String
        /// Counted from 1, as in stacks.
        let line, column: Int64
        /// The original name of the identifier at that position.
        let name: String?

        static let shape = Shape<Original>([
            .required("file", \.file, .string(0...maximumText)), .required("line", \.line, .count, "Starting at 1."),
            .required("column", \.column, .count, "Starting at 1."),
            .required("name", \.name, .nullable(.string(0...maximumText)), "Original name of the identifier at that position."),
        ])

        /// Maximum characters of a file or name. Longer ones are cut, because a response repeats them for every frame.
        static let maximumText = 2_048
    }

    /// A position in the generated script and the matching position in the original source. All numbers start at 0; -1 means none.
    struct Mapping: Sendable {
        var line, column: Int32
        var source: Int32 = -1, originalLine: Int32 = -1, originalColumn: Int32 = -1, name: Int32 = -1
    }

    /// Sources as the map names them, without their root; nil for a source without a name.
    private(set) var sources: [String?] = []
    /// The source roots. Each applies to the sources from index `first` up to the next root. Root and source are joined only on lookup,
    /// because repeating a long root for many sources would take far more memory than the upload.
    private var roots: [(first: Int, text: String)] = []
    private(set) var names: [String] = []
    /// Sorted by line and column.
    private(set) var mappings: [Mapping] = []

    /// More than the mappings of any script that a browser would load.
    static let maximumMappings = 2_000_000

    /// More than the sources, names and sections of any real script.
    static let maximumSources = 200_000, maximumNames = 1_000_000, maximumSections = 200_000

    /// Estimated memory use in bytes. The estimate errs on the high side.
    private(set) var cost = 0

    private static func cost(of text: String) -> Int { 48 + text.utf8.count }

    /// Parses a map, or an index map, which holds maps for sections of the script.
    /// - Throws: 400 that says what is wrong with the map.
    init(_ json: JSON) throws {
        guard json.kind == .object else { throw Self.refusal("it must be a JSON object; got \(json.described)") }
        try Self.checkVersion(json, "")
        if let sections = json["sections"] { try add(sections: sections, json) } else { try add(map: json, line: 0, column: 0, "") }
        sortIfNeeded()
        cost =
            mappings.capacity * MemoryLayout<Mapping>.stride + sources.reduce(0) { $0 + Self.cost(of: $1 ?? "") }
            + names.reduce(0) { $0 + Self.cost(of: $1) } + roots.reduce(0) { $0 + Self.cost(of: $1.text) }
    }

    /// Returns the source position for a position in the generated script; nil if the map has none. Lines and columns count from 1, as in
    /// stacks.
    func original(line: Int, column: Int) -> Original? {
        guard let line = Int32(exactly: line - 1), let column = Int32(exactly: max(0, column - 1)) else { return nil }
        // Find the last mapping at or before the position.
        var low = 0, high = mappings.count
        while low < high {
            let middle = (low + high) / 2
            if (mappings[middle].line, mappings[middle].column) <= (line, column) { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        let mapping = mappings[low - 1]
        guard mapping.line == line, mapping.source >= 0, let file = file(of: Int(mapping.source)) else { return nil }
        return Original(
            file: file, line: Int64(mapping.originalLine) + 1, column: Int64(mapping.originalColumn) + 1,
            name: mapping.name >= 0 ? names[Int(mapping.name)].prefix(scalars: Original.maximumText) : nil)
    }

    /// Returns the name of a source with its root; nil for a source without a name.
    private func file(of source: Int) -> String? {
        guard let own = sources[source] else { return nil }
        var low = 0, high = roots.count
        while low < high {
            let middle = (low + high) / 2
            if roots[middle].first <= source { low = middle + 1 } else { high = middle }
        }
        return ((low > 0 ? roots[low - 1].text : "") + own).prefix(scalars: Original.maximumText)
    }

    // MARK: Parsing

    private static func refusal(_ what: String) -> ServiceError { .body("the source map can't be read: \(what).") }

    private static func checkVersion(_ json: JSON, _ place: String) throws {
        guard json["version"]?.integer == 3 else {
            let got = json["version"].map { $0.integer.map(String.init) ?? $0.described } ?? "none"
            throw refusal("\(place)version must be 3; got \(got)")
        }
    }

    /// Adds the maps of an index map, which must be in order and not overlap.
    private mutating func add(sections: JSON, _ json: JSON) throws {
        guard sections.kind == .array else { throw Self.refusal("sections must be an array; got \(sections.described)") }
        guard json["mappings"] == nil else { throw Self.refusal("it has both sections and mappings; only one of them is accepted") }
        var end: (Int32, Int32) = (0, 0), before: (Int32, Int32) = (-1, -1)
        try Self.checkFile(json, "")
        var index = -1
        try sections.forEachElement { section in
            index += 1
            guard index < Self.maximumSections else { throw Self.refusal("it has more than \(Self.maximumSections) sections") }
            let place = "sections[\(index)]."
            guard let line = Self.offset(section, "line"), let column = Self.offset(section, "column") else {
                throw Self.refusal("\(place)offset must have 'line' and 'column', whole numbers of at least 0")
            }
            guard let map = section["map"], map.kind == .object else { throw Self.refusal("\(place)map must be a JSON object") }
            guard map["sections"] == nil else { throw Self.refusal("\(place)map must not have sections of its own") }
            guard (line, column) >= end, (line, column) > before else {
                throw Self.refusal("\(place)offset is before the end of the previous section; sections must be in order and not overlap")
            }
            before = (line, column)
            try Self.checkVersion(map, place + "map.")
            let first = mappings.count
            try add(map: map, line: line, column: column, place + "map.")
            for mapping in mappings[first...] where (mapping.line, mapping.column) > end { end = (mapping.line, mapping.column) }
            if (line, column) > end { end = (line, column) }
        }
    }

    /// Returns a member of a section's offset; nil unless it is a whole number of at least 0.
    private static func offset(_ section: JSON, _ name: String) -> Int32? {
        section["offset"]?[name]?.integer.flatMap { Int32(exactly: $0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// Adds a map for the section that begins at `line` and `column` of the whole script.
    private mutating func add(map: JSON, line: Int32, column: Int32, _ place: String) throws {
        guard let text = map["mappings"], text.kind == .string else { throw Self.refusal("\(place)mappings must be a string") }
        guard let ownSources = map["sources"], ownSources.kind == .array else { throw Self.refusal("\(place)sources must be an array") }
        try Self.checkFile(map, place)
        let root = try Self.root(map, place), firstSource = sources.count, firstName = names.count
        roots.append((firstSource, root))
        try ownSources.forEachElement { source in
            guard source.isNull || source.kind == .string else {
                throw Self.refusal("\(place)sources must contain only strings or null; got \(source.described)")
            }
            guard sources.count < Self.maximumSources else { throw Self.refusal("it has more than \(Self.maximumSources) sources") }
            sources.append(source.string)
        }
        try Self.checkExtras(map, place, sources: sources.count - firstSource)
        if let ownNames = map["names"], !ownNames.isNull {
            guard ownNames.kind == .array else { throw Self.refusal("\(place)names must be an array; got \(ownNames.described)") }
            try ownNames.forEachElement { name in
                guard let name = name.string else { throw Self.refusal("\(place)names must contain only strings; got \(name.described)") }
                guard names.count < Self.maximumNames else { throw Self.refusal("it has more than \(Self.maximumNames) names") }
                names.append(name)
            }
        }
        _ = try text.withUTF8 { bytes in
            var decoder = MappingsDecoder(bytes, sources: sources.count - firstSource, names: names.count - firstName)
            while let mapping = try decoder.next(place) {
                guard mappings.count < Self.maximumMappings else { throw Self.refusal("it has more than \(Self.maximumMappings) mappings") }
                var shifted = mapping
                let (shiftedLine, isTooFar) = mapping.line.addingReportingOverflow(line)
                let (shiftedColumn, isTooWide) = mapping.column.addingReportingOverflow(mapping.line == 0 ? column : 0)
                guard !isTooFar, !isTooWide else { throw Self.refusal("\(place)mappings reach beyond 2147483647") }
                (shifted.line, shifted.column) = (shiftedLine, shiftedColumn)
                if shifted.source >= 0 { shifted.source += Int32(firstSource) }
                if shifted.name >= 0 { shifted.name += Int32(firstName) }
                mappings.append(shifted)
            }
        }
    }

    private static func checkFile(_ map: JSON, _ place: String) throws {
        guard let file = map["file"], !file.isNull, file.kind != .string else { return }
        throw refusal("\(place)file must be a string; got \(file.described)")
    }

    /// Checks members that are not used otherwise. A wrong type shows that this is not a source map.
    private static func checkExtras(_ map: JSON, _ place: String, sources: Int) throws {
        if let contents = map["sourcesContent"], !contents.isNull {
            guard contents.kind == .array else { throw refusal("\(place)sourcesContent must be an array; got \(contents.described)") }
            try contents.forEachElement { content in
                guard content.isNull || content.kind == .string else {
                    throw refusal("\(place)sourcesContent must contain only strings or null; got \(content.described)")
                }
            }
        }
        if let ignored = map["ignoreList"], !ignored.isNull {
            guard ignored.kind == .array else { throw refusal("\(place)ignoreList must be an array; got \(ignored.described)") }
            try ignored.forEachElement { number in
                guard (0..<Int64(sources)).contains(number.integer ?? -1) else {
                    throw refusal(
                        "\(place)ignoreList must contain indexes of sources, from 0 to \(max(0, sources - 1)); got \(number.integer.map(String.init) ?? number.described)"
                    )
                }
            }
        }
    }

    private static func root(_ map: JSON, _ place: String) throws -> String {
        guard let root = map["sourceRoot"], !root.isNull else { return "" }
        guard let text = root.string else { throw refusal("\(place)sourceRoot must be a string; got \(root.described)") }
        return text.isEmpty || text.hasSuffix("/") ? text : text + "/"
    }

    /// The format allows the mappings of a line in any order, but bundlers write them sorted.
    private mutating func sortIfNeeded() {
        let isSorted = zip(mappings, mappings.dropFirst()).allSatisfy { ($0.line, $0.column) <= ($1.line, $1.column) }
        if !isSorted { mappings.sort { ($0.line, $0.column) < ($1.line, $1.column) } }
    }
}

/// Decodes the mappings of one map: lines separated by `;`, segments by `,`, each with 1, 4 or 5 numbers relative to the previous ones.
private struct MappingsDecoder {
    private var reader: VLQReader
    private let sources, names: Int
    private var line: Int32 = 0, column: Int32 = 0
    private var source: Int32 = 0, originalLine: Int32 = 0, originalColumn: Int32 = 0, name: Int32 = 0
    private var followsSegment = false

    init(_ bytes: UnsafeBufferPointer<UInt8>, sources: Int, names: Int) {
        reader = VLQReader(bytes)
        self.sources = sources
        self.names = names
    }

    /// The next mapping; nil after the last.
    /// - Throws: 400 that says where the mappings are wrong.
    mutating func next(_ place: String) throws -> SourceMap.Mapping? {
        while !reader.isAtEnd {
            if reader.hasNumber {
                let mapping = try mapping(place)
                followsSegment = true
                return mapping
            }
            if reader.separator() == UInt8(ascii: ";") {
                (line, column) = (line + 1, 0)
            } else {
                // A comma must be between two segments of a line.
                guard followsSegment, reader.hasNumber else { throw refusal("a segment without a number", place) }
            }
            followsSegment = false
        }
        return nil
    }

    private func refusal(_ what: String, _ place: String) -> ServiceError {
        .body("the source map can't be read: \(place)mappings: \(what) at character \(reader.at + 1), line \(line + 1) of the script.")
    }

    private mutating func mapping(_ place: String) throws -> SourceMap.Mapping {
        func refusal(_ what: String) -> ServiceError { self.refusal(what, place) }
        do {
            column = try add(column)
            guard column >= 0 else { throw refusal("a column below 0") }
            guard reader.hasNumber else { return .init(line: line, column: column) }
            source = try add(source)
            guard reader.hasNumber else { throw refusal("a segment of 2 numbers, where 1, 4 or 5 are expected,") }
            originalLine = try add(originalLine)
            guard reader.hasNumber else { throw refusal("a segment of 3 numbers, where 1, 4 or 5 are expected,") }
            originalColumn = try add(originalColumn)
            guard source >= 0, source < sources else { throw refusal("source \(source) of \(sources)") }
            guard originalLine >= 0, originalColumn >= 0 else { throw refusal("a source position below 0") }
            var mapping = SourceMap.Mapping(
                line: line, column: column, source: source, originalLine: originalLine, originalColumn: originalColumn)
            guard reader.hasNumber else { return mapping }
            name = try add(name)
            guard name >= 0, name < names else { throw refusal("name \(name) of \(names)") }
            mapping.name = name
            guard !reader.hasNumber else { throw refusal("a segment of more than 5 numbers") }
            return mapping
        } catch let failure as VLQReader.Failure {
            switch failure {
            case .notBase64: throw refusal("not a base64 digit")
            case .cutOff: throw refusal("a number that is cut off")
            case .tooLarge: throw refusal("a number of more than 32 bits")
            }
        }
    }

    private mutating func add(_ value: Int32) throws -> Int32 {
        let (sum, isTooLarge) = value.addingReportingOverflow(try reader.next())
        guard !isTooLarge else { throw VLQReader.Failure.tooLarge }
        return sum
    }
}
