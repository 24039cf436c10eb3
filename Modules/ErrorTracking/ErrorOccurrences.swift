import Core

/// Single occurrences of an error, newest first. Stack traces are mapped back to the original source, and each occurrence comes with the
/// session's earlier activity.
struct ErrorOccurrences: Sendable {
    struct Frame: Encodable, Sendable {
        @Nullable var function: String?
        @Nullable var filename: String?
        @Nullable var lineno: Int?
        @Nullable var colno: Int?
        /// The position in the original source; nil if there is no source map, or if it doesn't map this position.
        @Nullable var original: SourceMap.Original?

        private enum CodingKeys: String, CodingKey { case function, filename, lineno, colno, original }
    }

    struct MatchedSourceMap: Encodable, Sendable {
        let minifiedURL, sourceMapURL: String
        private enum CodingKeys: String, CodingKey { case minifiedURL = "minified_url", sourceMapURL = "source_map_url" }
    }

    struct Occurrence: Encodable, Sendable {
        let createdAt: Instant
        let fingerprint, message, path, filename: String
        @Nullable var lineno: Int64?
        @Nullable var colno: Int64?
        let stack, browser, os: String
        @Nullable var release: String?
        let environment: String
        @Nullable var matchedSourceMap: MatchedSourceMap?
        let frames: [Frame]
        let breadcrumbs: [Breadcrumbs.Crumb]

        private enum CodingKeys: String, CodingKey {
            case fingerprint, message, path, filename, lineno, colno, stack, browser, os, release, environment, frames, breadcrumbs
            case createdAt = "created_at", matchedSourceMap = "matched_source_map"
        }
    }

    private static let position = Schema.nullable(.integer(0...Int64(Int32.max)))

    static let schema = Schema.object([
        .required("created_at", .timestamp), .required("fingerprint", .string(32...32)),
        .required("message", .text(ErrorCollector.messageLimit)),
        .required("path", .string(0...2_048)), .required("filename", .string(0...2_048)), .required("lineno", position),
        .required("colno", position),
        .required("stack", .string(0...StackTrace.maximumBytes)), .required("browser", .string(0...200)), .required("os", .string(0...200)),
        .required("release", .nullable(.text(200))), .required("environment", .text(100)),
        .required(
            "matched_source_map", .nullable(.object([.required("minified_url", .text(2_048)), .required("source_map_url", .text(2_048))])),
            "The source map registered for filename and release."),
        .required(
            "frames",
            .list(
                .object([
                    .required("function", .nullable(.string(0...StackTrace.maximumBytes))),
                    .required("filename", .nullable(.string(0...StackTrace.maximumBytes))),
                    .required("lineno", position), .required("colno", position),
                    .required("original", .nullable(SourceMap.Original.schema)),
                ])), "The stack trace, innermost call first. original: the position in the original source, if known."),
        .required("breadcrumbs", .list(Breadcrumbs.schema), "The session's activity before the error, oldest first."),
    ])

    let call: ProjectRequest
    let scope: Scope
    let filter: ErrorFilter

    func run(limit: Int) async throws -> [Occurrence] {
        let rows = try await scope.rows(
            "error_tracking.details",
            """
            SELECT visitor, session_at, occurred_at, fingerprint, fingerprint_low, message, stack, filename, line, col, path, release,
              environment, browser, browser_version, os, os_version
            FROM error_tracking_errors WHERE \(SQL.all(filter.conditions))
            ORDER BY occurred_at DESC, number DESC LIMIT \(limit) OFFSET \(scope.offset)
            """)
        let registered = try await SourceMaps(call).registered(for: rows.compactMap { $0.optionalText("release") })
        let traces = rows.map { StackTrace($0.text("stack")) }
        async let crumbs = Breadcrumbs(call: call).before(rows)
        let maps = try await registered.load(
            zip(rows, traces).flatMap { row, trace in
                Self.frames(row, trace).map { (Self.script(of: $0, in: row) ?? "", row.optionalText("release"), row.text("environment")) }
            })
        let breadcrumbs = try await crumbs
        return zip(rows, traces).enumerated().map { index, pair in
            let (row, trace) = pair
            let release = row.optionalText("release"), environment = row.text("environment")
            let match = registered.match(row.text("filename"), release: release, environment: environment)
            return Occurrence(
                createdAt: Instant(milliseconds: row.int("occurred_at")), fingerprint: row.fingerprint.hex, message: row.text("message"),
                path: row.text("path"), filename: row.text("filename"), lineno: row["line"].int, colno: row["col"].int,
                stack: row.text("stack"),
                browser: row.versioned("browser", "browser_version"), os: row.versioned("os", "os_version"), release: release,
                environment: environment,
                matchedSourceMap: match.map { MatchedSourceMap(minifiedURL: $0.minifiedURL, sourceMapURL: $0.sourceMapURL) },
                frames: Self.frames(row, trace).map { frame in
                    let record = Self.script(of: frame, in: row).flatMap {
                        registered.match($0, release: release, environment: environment)
                    }
                    let map = record.flatMap { maps[$0.id] }
                    return Frame(
                        function: frame.function, filename: frame.file, lineno: frame.line, colno: frame.column,
                        original: frame.line.flatMap { map?.original(line: $0, column: frame.column ?? 1) })
                },
                breadcrumbs: breadcrumbs[index])
        }
    }

    /// Returns the URL of a frame's script. If the frame names a file without a host, returns the URL of the script that failed if that URL
    /// ends in the name, else the name.
    private static func script(of frame: StackTrace.Frame, in row: Row) -> String? {
        guard let file = frame.file, !file.contains("://") else { return frame.file }
        return ScriptAddress(row.text("filename")).whole.hasSuffix("/" + file) ? row.text("filename") : file
    }

    /// Returns the frames of the stack. An error without a stack gets one frame, for the position that was sent.
    private static func frames(_ row: Row, _ trace: StackTrace) -> [StackTrace.Frame] {
        if !trace.frames.isEmpty || row.text("filename").isEmpty || row["line"].isNull { return trace.frames }
        return [.init(function: nil, file: row.text("filename"), line: Int(row.int("line")), column: row["col"].int.map(Int.init))]
    }
}
