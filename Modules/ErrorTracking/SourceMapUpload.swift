import Core
import Foundation
import NIOCore

/// A request to register a source map: JSON with the map in `artifacts.source_map`, or a form with the map as its file.
struct SourceMapUpload: Sendable {
    let releaseVersion, environment, minifiedURL, sourceMapURL: String
    /// JSON text, without the map itself.
    let artifacts: String
    let file: File?

    /// Maximum bytes of a request.
    static let maximumBytes = 32 << 20
    private static let maximumArtifactBytes = 32 * 1_024

    static let body = Schema.object([
        .required("release_version", .text(200), "The release that the script belongs to."),
        .optional("environment", .text(100), "Default: \(ErrorCollector.environmentDefault)."),
        .required(
            "minified_url", .text(2_048), "URL of the script as in stack traces, or a path such as /assets/app.js for any host."),
        .required("source_map_url", .text(2_048), "URL of the map. Default for a form: the name of the uploaded file."),
        .optional("artifacts", .object([.optional("source_map", .any, "The map itself: a JSON object, or its text.")])),
    ])

    init(_ call: ProjectRequest) async throws {
        let type = call.request.headers[.contentType] ?? ""
        let bytes = try await call.rawBody(atMost: Self.maximumBytes)
        if MultipartForm.isForm(type) {
            try self.init(MultipartForm(bytes, contentType: type))
        } else {
            let json = try bytes.withUnsafeReadableBytes { try JSON.parse($0) }
            try self.init(json, map: nil)
        }
    }

    /// Reads the text parts of a form as the fields of the JSON body, and its file as the map.
    private init(_ form: MultipartForm) throws {
        let files = form.parts.filter { $0.filename != nil || $0.name == "source_map" }
        guard files.count <= 1 else { throw ServiceError.body("a form may contain only one file, the source map; got \(files.count).") }
        let fields = form.parts.filter { $0.filename == nil && $0.name != "source_map" }
        var text = JSONText(), names: Set<ExactText> = []
        try text.object { text in
            for part in fields {
                guard names.insert(ExactText(part.name)).inserted else {
                    throw ServiceError.body(field: part.name.excerpt(60), "occurs twice in the form.")
                }
                if part.name == "artifacts" {
                    text.member(part.name, try part.bytes.withUnsafeReadableBytes { try JSON.parse($0) })
                } else {
                    text.member(part.name, String(buffer: part.bytes))
                }
            }
            if !names.contains("source_map_url"), let name = files.first?.filename, !name.isEmpty { text.member("source_map_url", name) }
        }
        try self.init(try JSON(text), map: try files.first.map { try File.read($0.bytes) })
    }

    private init(_ json: JSON, map: JSON?) throws {
        try Self.body.check(json)
        func field(_ name: String) -> String { (json[name]?.string ?? "").withoutCredentials }
        releaseVersion = json["release_version"]?.string ?? ""
        environment = json["environment"]?.string ?? ErrorCollector.environmentDefault
        minifiedURL = ScriptAddress(field("minified_url")).whole
        sourceMapURL = field("source_map_url")
        guard !minifiedURL.isEmpty else {
            throw ServiceError.body(field: "minified_url", "must name a script; got '\(field("minified_url").excerpt(60))'.")
        }
        artifacts = try Self.others(json["artifacts"])
        let sent = json["artifacts"]?["source_map"].flatMap { $0.isNull ? nil : $0 }
        guard map == nil || sent == nil else {
            throw ServiceError.body("the form contains the map twice: as a file and in field 'artifacts.source_map'.")
        }
        file = try (map ?? sent.map(File.map)).map(File.init)
    }

    /// Returns the artifacts as JSON text, without the map.
    private static func others(_ artifacts: JSON?) throws -> String {
        var text = JSONText()
        text.object { text in
            for (name, value) in artifacts?.members ?? [] where name != "source_map" { text.member(name, value) }
        }
        let bytes = text.bytes.count
        guard bytes <= maximumArtifactBytes else {
            throw ServiceError.body(
                field: "artifacts", "may hold at most \(maximumArtifactBytes) bytes besides the source map; got \(bytes).")
        }
        try Schema.map(.any).check(try JSON.parse(text.string), at: "artifacts")
        return text.string.withoutCredentials
    }

    /// A valid map, ready to be stored.
    struct File: Sendable {
        /// The map as gzip.
        let content: [UInt8]
        let digest: String
        let sources, mappings: Int

        init(_ json: JSON) throws {
            let map = try SourceMap(json), text = Self.needed(json).string
            content = Compression.gzip(Array(text.utf8))
            digest = Digest.sha256(text)
            sources = map.sources.count
            mappings = map.mappings.count
        }

        /// The members that lookups need. The text of the sources, which is most of a map, is left out.
        private static func needed(_ json: JSON) -> JSONText {
            var text = JSONText()
            write(json, &text)
            return text
        }

        private static func write(_ map: JSON, _ text: inout JSONText) {
            text.object { text in
                text.member("version", JSON(3))
                for name in ["sourceRoot", "sources", "names", "mappings"] {
                    if let value = map[name] { text.member(name, value) }
                }
                guard let sections = map["sections"] else { return }
                text.name("sections")
                text.array { text in
                    for section in sections.elements {
                        text.element()
                        text.object { text in
                            if let offset = section["offset"] { text.member("offset", offset) }
                            guard let map = section["map"] else { return }
                            text.name("map")
                            write(map, &text)
                        }
                    }
                }
            }
        }

        /// The map in `artifacts.source_map`.
        static func map(_ sent: JSON) throws -> JSON {
            switch sent.kind {
            case .object: return sent
            case .string: return try read(ByteBuffer(string: sent.string ?? ""))
            default:
                throw ServiceError.body(
                    field: "artifacts.source_map", "must be a source map, as a JSON object or its text; got \(sent.described).")
            }
        }

        /// Parses the text of a map. Skips a first line that begins with `)]}'`.
        /// - Source: ECMA-426, FetchSourceMap.
        static func read(_ bytes: ByteBuffer) throws -> JSON {
            var bytes = bytes
            if bytes.readableBytesView.starts(with: ")]}'".utf8) {
                let end = bytes.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.readableBytesView.endIndex
                bytes.moveReaderIndex(to: end)
            }
            do { return try bytes.withUnsafeReadableBytes { try JSON.parse($0) } } catch let error as ServiceError {
                throw ServiceError.invalid(
                    error.code,
                    error.message.replacingOccurrences(
                        of: "Invalid request body: ", with: "Invalid request body: the source map can't be read: "))
            }
        }

        /// Unpacks and parses stored content.
        static func unpacked(_ content: ByteBuffer) throws -> JSON {
            let tooLarge = ServiceError.unavailable("source_map_too_large", "A stored source map is larger than the limit.")
            let bytes = try Compression.inflate(Array(content.readableBytesView), maximum: 2 * maximumBytes, tooLarge: tooLarge)
            return try bytes.withUnsafeBytes { try JSON.parse($0) }
        }
    }
}
