import Access
import Common
import HTTPTypes
import NIOCore

/// `GET /api/collect.gif`: returns a one-pixel image and collects a pageview. For pages where scripts don't run.
///
///     <noscript><img src="https://pulse.example.com/api/collect.gif?key=pa_live_..."
///         referrerpolicy="no-referrer-when-downgrade" alt=""></noscript>
struct CollectImage: Sendable {
    let collection: Collection

    /// The pageview fields that the query may contain.
    private static let parameters: KeyValuePairs = [
        "path": "Path of the page. Default: the path in the Referer header.",
        "consent_granted": "Whether the visitor gave consent: true or false.", "title": "Title of the page.",
        "referrer": "URL of the previous page.", "screen": "Width and height of the screen, such as 1920x1080.",
        "language": "The visitor's language as a BCP 47 tag. Default: the first in the Accept-Language header.",
        "visitor_id": "Identifies the visitor. Default: a hash that changes every day.",
        "session_id": "Keeps the visitor's activity in one session, regardless of pauses.",
        "event_id": "Identifies the pageview. Pageviews with the same id are stored only once.",
        "consent_mode": "What the visitor consented to.", "utm_source": "Campaign source.", "utm_medium": "Campaign medium.",
        "utm_campaign": "Campaign name.", "utm_content": "Campaign content.", "utm_term": "Campaign term.",
    ]

    var route: Route {
        Route(
            .get, "/api/collect.gif", "Collect a pageview with an image, for pages without scripts.", scope: .ingest, access: .write,
            // Fields are checked later, like those of any payload, so minor errors are adjusted and the ledger counts refusals.
            parameters: Self.parameters.map { Parameter($0, .anyText, $1) },
            success: .other("image/gif"), use: collect
        ).named("collectByImage").refusing(with: "image/gif")
    }

    /// Always responds with the image, even if the pageview is refused, because pages must not show a broken image. The status says whether
    /// the pageview was accepted, and the `Pulse-Error` header says why not.
    @Sendable private func collect(_ call: ProjectRequest) async throws -> Answer {
        var headers: HTTPFields = [
            .contentType: "image/gif", .cacheControl: "no-store, no-cache, must-revalidate, max-age=0", .expires: "0",
        ]
        headers[Self.pragma] = "no-cache"
        var answer = Answer(status: 200, headers: headers, body: .bytes(Self.image))
        // HEAD only checks that the image exists; nobody has seen the page.
        guard call.request.method != .head else { return answer }
        do {
            try await collection.collect(try Self.pageview(call), from: call)
        } catch let error as ServiceError {
            answer.status = error.status
            answer.headers[Self.error] = call.sentence(about: error).filter { $0.isASCII && !$0.isNewline }
            if let seconds = error.retryAfterSeconds { answer.headers[.retryAfter] = String(seconds) }
        }
        return answer
    }

    private static let error = HTTPField.Name("Pulse-Error")!
    private static let pragma = HTTPField.Name("Pragma")!
    private static let referer = HTTPField.Name("Referer")!

    /// Turns the query into the payload that a script would send.
    private static func pageview(_ call: ProjectRequest) throws -> JSON {
        var text = JSONText()
        text.append(raw: #"{"type":"pageview""#)
        func append(_ name: String, _ value: String) {
            text.append(raw: #","\#(name)":"#)
            text.append(string: value)
        }
        for (name, _) in parameters {
            switch (name, call.text(name)) {
            case ("consent_granted", "true"?), ("consent_granted", "false"?): text.append(raw: #","\#(name)":\#(call.text(name) ?? "")"#)
            case ("path", nil): if let path = path(ofURL: call.request.headers[referer] ?? "") { append(name, path) }
            case (_, let value?): append(name, value)
            case (_, nil): break
            }
        }
        text.append(raw: "}")
        return try JSON.parse(text.string)
    }

    /// `/a/b?c` for `https://example.com/a/b?c`; nil unless `url` is an HTTP(S) URL.
    static func path(ofURL url: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: url.hasPrefix) else { return nil }
        let rest = url.dropFirst(scheme.count)
        guard let slash = rest.firstIndex(of: "/") else { return rest.isEmpty ? nil : "/" }
        return String(rest[slash...])
    }

    /// A transparent pixel.
    /// - Source: GIF89a: header, 1x1 screen with two colors, of which the first is transparent, and one image of one pixel.
    static let image = ByteBuffer(bytes: [
        0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x01, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0x21, 0xF9, 0x04,
        0x01, 0x00, 0x00, 0x00, 0x00, 0x2C, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x02, 0x02, 0x44, 0x01, 0x00, 0x3B,
    ])
}
