import Core

/// Collects payloads of type `pageview`. Their UTM fields belong to module `utm`.
enum PageviewCollector {
    static let collector = Collector(
        "pageview", "A visitor viewed a page.",
        fields: [
            .required("path", .text(8_192), "Path of the page. Only the first \(PagePath.maximumLength) characters are kept."),
            .optional("title", .optionalText(500), "Title of the page."),
            .optional("referrer", .optionalText(8_192), "URL of the previous page. Its query is removed."),
            .optional("screen", .optionalText(40), "Width and height of the screen, such as 1920x1080."),
            .optional("language", .optionalText(64), "Language of the browser as a BCP 47 tag, such as en-US."),
        ]
    ) { payload in
        Draft(
            activity: ActivityDraft(
                kind: .pageview, path: payload.text("path"), title: payload.text("title"), referrer: payload.text("referrer"),
                screen: payload.text("screen"), language: payload.text("language")))
    }
}

/// Collects payloads of type `event`. Their revenue fields belong to module `revenue`.
enum EventCollector {
    static let collector = Collector(
        "event", "A custom event, named by the site.",
        fields: [
            .required("name", .text(200), "Name of the event.").exact, .optional("path", .optionalText(8_192), "Path of the page."),
            .optional("data", .map(.any), "Custom properties: at most 100 names and 32 KB."),
            .optional("referrer", .optionalText(8_192)), .optional("screen", .optionalText(40)), .optional("language", .optionalText(64)),
        ]
    ) { payload in
        Draft(
            activity: ActivityDraft(
                kind: .event, path: payload.text("path"), name: payload.text("name"), data: payload.jsonText("data"),
                referrer: payload.text("referrer"), screen: payload.text("screen"),
                language: payload.text("language")))
    }
}
