import Core
import Synchronization

/// Collects events of type `js_error`.
enum ErrorCollector {
    /// Characters kept of a message.
    static let messageLimit = 2_000
    static let environmentDefault = "production"

    static let collector = Collector(
        "js_error", "A JavaScript error.",
        fields: [
            .required("message", .text(1_000_000), "The browser's message; the first \(messageLimit) characters are kept."),
            .optional("stack", .optionalText(1_000_000), "The stack trace as the browser wrote it; lines beyond 16 KB are cut off."),
            .optional("filename", .optionalText(8_192), "URL of the script. Default: the URL of the innermost call that has one."),
            .optional("lineno", .integer(0...Int64(Int32.max)), "Line in the script, starting at 1."),
            .optional("colno", .integer(0...Int64(Int32.max)), "Column in the line, starting at 1."),
            .optional("path", .optionalText(8_192), "Path of the page. Default: the session's last page."),
            .optional("release", .optionalText(200), "Version of the site, as in releases and source maps.").whole,
            .optional("environment", .optionalText(100), "Default: \(environmentDefault).").whole,
        ]
    ) { payload in
        let message = kept(message: payload.text("message"))
        let stack = StackTrace.cut(payload.text("stack")).withoutCredentials
        let trace = StackTrace(stack), top = trace.frames.first { $0.file != nil }
        let sent = payload.text("filename").withoutCredentials.prefix(scalars: 2_048)
        // The line and column from the stack only apply to the file that the stack names.
        let isFromStack = sent.isEmpty || (payload["lineno"] == nil && top?.file == sent)
        let filename = sent.isEmpty ? (top?.file ?? "").prefix(scalars: 2_048) : sent
        let line = payload.integer("lineno") ?? (isFromStack ? top?.line.map(Int64.init) : nil)
        let column = payload.integer("colno") ?? (isFromStack ? top?.column.map(Int64.init) : nil)
        let path = PagePath.clean(payload.text("path").withoutCredentials)
        let release = payload.text("release"), environment = payload.text("environment")
        let fingerprint = Fingerprint(message: message, stack: trace, filename: filename)
        let number = arrivals.wrappingAdd(1, ordering: .relaxed).newValue
        return Draft(facts: { visit in
            let attributes = visit.attributes
            return [
                (
                    ErrorTable.table,
                    [
                        .int(fingerprint.high), .int(fingerprint.low), .int(number), .int(visit.sessionAt.milliseconds), .text(message),
                        .text(stack),
                        .text(filename), line.map(Value.int) ?? .null, column.map(Value.int) ?? .null,
                        .text((path.isEmpty ? visit.lastPath : path).prefix(scalars: 2_048)), release.isEmpty ? .null : .text(release),
                        .text(environment.isEmpty ? environmentDefault : environment), .text(attributes.country), .text(attributes.device),
                        .text(attributes.browser), .text(attributes.browserVersion), .text(attributes.os), .text(attributes.osVersion),
                    ]
                )
            ]
        })
    }

    private static let arrivals = Atomic<Int64>(0)

    /// Returns the message as it is stored. Lookups by message use the same form.
    static func kept(message: String) -> String {
        message.withoutCredentials.prefix(scalars: messageLimit)
    }
}

/// The stored errors: one row for each occurrence.
enum ErrorTable {
    static let table = FactTable(
        "error_tracking_errors",
        [
            /// The halves of the `Fingerprint`. Grouping by numbers is several times as fast as by text.
            Column("fingerprint", .int64), Column("fingerprint_low", .int64),
            /// Order of arrival, for occurrences in the same millisecond.
            Column("number", .int64),
            /// Identifies the session, together with `visitor`.
            Column("session_at", .int64),
            Column("message", .text), Column("stack", .text),
            Column("filename", .text), Column("line", .int32, nullable: true), Column("col", .int32, nullable: true),
            Column("path", .text), Column("release", .text, nullable: true), Column("environment", .text),
            Column("country", .text), Column("device", .text), Column("browser", .text), Column("browser_version", .text),
            Column("os", .text), Column("os_version", .text),
        ])
}

extension Row {
    /// A name with the major version, such as `Chrome 130` or `Windows 11`.
    /// - Parameters: names of the columns.
    func versioned(_ name: String, _ version: String) -> String {
        let major = text(version).prefix { $0 != "." }
        return major.isEmpty || text(name).isEmpty ? text(name) : "\(text(name)) \(major)"
    }

    var fingerprint: Fingerprint { Fingerprint(high: int("fingerprint"), low: int("fingerprint_low")) }
}
