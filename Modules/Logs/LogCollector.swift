import Core

/// Collects payloads of type `log`.
enum LogCollector {
    /// The number of characters of a message that are kept.
    static let messageLimit = 8_192

    static let collector = Collector(
        "log", "An application logged a message.",
        fields: [
            .required("level", .choice(LogLevel.names), "Severity of the entry."),
            .required("message", .text(1_000_000), "Text of the message. Only the first \(messageLimit) characters are kept."),
            .optional("body", .map(.any), "Additional properties: at most 100 names and 32 KB."),
            .optional("path", .optionalText(8_192), "Path of the page."),
            .optional("release", .optionalText(200), "Release of the application.").whole,
            .optional("environment", .optionalText(100), "Environment in which the application runs. Default: production.").whole,
        ]
    ) { payload in
        let level = payload.text("level"), message = payload.text("message").withoutCredentials.prefix(scalars: messageLimit)
        let body = payload.jsonText("body").map(\.withoutCredentials), path = PagePath.clean(payload.text("path").withoutCredentials)
        let release = payload.text("release"), environment = payload.text("environment"), visitor = payload.text("visitor_id")
        let number = EntryNumber.next()
        return Draft(facts: { visit in
            [
                (
                    LogEntry.table,
                    [
                        .int(number), .int(visit.sessionAt.milliseconds), .text(level), .text(message), .text(message.lowercased()),
                        optional(body ?? ""),
                        optional(path.prefix(scalars: 2_048)), optional(release),
                        .text(environment.isEmpty ? "production" : environment), optional(visitor),
                    ]
                )
            ]
        })
    }

    private static func optional(_ text: String) -> Value { text.isEmpty ? .null : .text(text) }
}
