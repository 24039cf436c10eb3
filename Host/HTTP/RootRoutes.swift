import Access
import HTTPTypes
import NIOCore

/// The routes that people, browsers and crawlers request from any host: `/`, the icon and `robots.txt`.
struct RootRoutes: Sendable {
    private let icon = StaticFile(Array(Self.drawing.utf8), "image/svg+xml")

    var routes: [Route] {
        [
            Route(anonymous: .get, "/", "Redirect to the dashboard.", success: .other("text/plain", status: 302)) { _ in
                Answer(
                    status: 302, headers: [.location: "/dashboard", .cacheControl: "no-cache", .contentType: "text/plain; charset=utf-8"])
            },
            Route(anonymous: .get, "/favicon.ico", "The icon of Pulse's pages.", success: .other("image/svg+xml")) { call in
                icon.answer(call, caching: "public, max-age=86400")
            },
            Route(
                anonymous: .get, "/robots.txt", "Restrict crawlers to the tracking script, which they need to render pages.",
                success: .other("text/plain")
            ) { _ in
                Answer(
                    status: 200, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "public, max-age=86400"],
                    body: .bytes(ByteBuffer(string: "User-agent: *\nAllow: /api/script\nDisallow: /\n")))
            },
        ].map { $0.undocumented() }
    }

    private static let drawing = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0f766e"/>\
        <path d="M5 17h6l3-8 5 15 3-7h5" fill="none" stroke="#fff" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"/></svg>
        """
}
