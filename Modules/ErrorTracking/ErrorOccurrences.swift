import Core

/// Single occurrences of an error, newest first. Stack traces are mapped back to the original source, and each occurrence comes with the
/// session's earlier activity.
struct ErrorOccurrences: Sendable {
    private static let position = Shape<Int64?>.nullable(.integer(0...Int64(Int32.max)))

    struct Frame: Sendable {
        let function, filename: String?
        let lineno, colno: Int64?
        /// The position in the original source; nil if there is no source map, or if it doesn't map this position.
        let original: SourceMap.Original?

        static let shape = Shape<Frame>([
            .required("function", \.function, .nullable(.string(0...StackTrace.maximumBytes))),
            .required("filename", \.filename, .nullable(.string(0...StackTrace.maximumBytes))),
            .required("lineno", \.lineno, position), .required("colno", \.colno, position),
            .required("original", \.original, .nullable(SourceMap.Original.shape)),
        ])
    }

    struct MatchedSourceMap: Sendable {
        let minifiedURL, sourceMapURL: String

        static let shape = Shape<MatchedSourceMap>([
            .required("minified_url", \.minifiedURL, .text(2_048)), .required("source_map_url", \.sourceMapURL, .text(2_048)),
        ])
    }

    struct Occurrence: Sendable {
        let createdAt: Instant
        let fingerprint, message, path, filename: String
        let lineno, colno: Int64?
        let stack, browser, os: String
        let release: String?
        let environment: String
        let matchedSourceMap: MatchedSourceMap?
        let frames: [Frame]
        let breadcrumbs: [Breadcrumbs.Crumb]

        static let shape = Shape<Occurrence>([
            .required("created_at", \.createdAt, .timestamp), .required("fingerprint", \.fingerprint, .string(32...32)),
            .required("message", \.message, .text(ErrorCollector.messageLimit)), .required("path", \.path, .string(0...2_048)),
            .required("filename", \.filename, .string(0...2_048)), .required("lineno", \.lineno, position),
            .required("colno", \.colno, position), .required("stack", \.stack, .string(0...StackTrace.maximumBytes)),
            .required("browser", \.browser, .string(0...200)), .required("os", \.os, .string(0...200)),
            .required("release", \.release, .nullable(.text(200))), .required("environment", \.environment, .text(100)),
            .required(
                "matched_source_map", \.matchedSourceMap, .nullable(MatchedSourceMap.shape),
                "The source map registered for filename and release."),
            .required(
                "frames", \.frames, .list(Frame.shape),
                "The stack trace, innermost call first. original: the position in the original source, if known."),
            .required(
                "breadcrumbs", \.breadcrumbs, .list(Breadcrumbs.Crumb.shape), "The session's activity before the error, oldest first."),
        ])
    }

    let call: ProjectRequest
    let scope: Scope
    let filter: ErrorFilter

    func run(limit: Int) async throws -> [Occurrence] {
        // Each process has its own numbers.
        let order: SQL = "occurred_at DESC, number DESC, visitor"
        let rows = try await scope.rows(
            "error_tracking.details",
            [
                .page(
                    "latest",
                    """
                    SELECT visitor, session_at, occurred_at, number, fingerprint, fingerprint_low, message, stack, filename, line, col, path, release,
                      environment, browser, browser_version, os, os_version
                    FROM error_tracking_errors WHERE \(SQL.all(filter.conditions))
                    """, by: order, limit: limit, offset: scope.offset)
            ],
            "SELECT * FROM latest ORDER BY \(order)")
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
                        function: frame.function, filename: frame.file, lineno: frame.line.map(Int64.init),
                        colno: frame.column.map(Int64.init),
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
