import Core

/// Payload type `pageview`. UTM fields belong to module `utm`.
enum PageviewCollector {
    static let collector = Collector(
        "pageview", "A page was seen.",
        fields: [
            .required("path", .text(2_048), "Path of the page."), .optional("title", .optionalText(8_192), "Title of the page; 500 characters are kept."),
            .optional("referrer", .optionalText(8_192), "URL of the page before; without its query."),
            .optional("screen", .optionalText(20), "Width and height, such as 1920x1080."),
            .optional("language", .optionalText(64), "BCP 47 tag, such as en-US."),
        ]
    ) { payload in
        let screen = payload.text("screen")
        guard screen.isEmpty || ScreenSize(screen) != nil else {
            throw ServiceError.body("field 'screen' must be WIDTHxHEIGHT such as 1920x1080; got '\(screen)'.")
        }
        return Draft(activity: ActivityDraft(
            kind: .pageview, path: PagePath.clean(payload.text("path")), title: payload.text("title").prefix(scalars: 500), referrer: payload.text("referrer"),
            screen: screen, language: payload.text("language")))
    }
}

/// Payload type `event`. Revenue fields belong to module `revenue`.
enum EventCollector {
    static let collector = Collector(
        "event", "Something that the site names happened.",
        fields: [
            .required("name", .text(200), "Name of the event."), .optional("path", .optionalText(2_048), "Path of the page."),
            .optional("data", .map(.any), "Free properties: at most 100 names and 32 KB."),
            .optional("referrer", .optionalText(8_192)), .optional("screen", .optionalText(20)), .optional("language", .optionalText(64)),
        ]
    ) { payload in
        Draft(activity: ActivityDraft(
            kind: .event, path: PagePath.clean(payload.text("path")), name: payload.text("name"), data: payload.jsonText("data"),
            referrer: payload.text("referrer"), screen: ScreenSize(payload.text("screen")).map { "\($0)" } ?? "",
            language: payload.text("language")))
    }
}
