/// The HTML page that every URL of the dashboard returns. It is an empty frame that scripts fill in.
enum DashboardShell {
    /// The page's content security policy. It allows no inline scripts or styles, and nothing from other hosts.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

    /// The scripts that the first view needs besides `app.js`. They are preloaded in parallel.
    private static let early = ["api", "charts", "dom", "en", "kit", "login", "offers", "state", "tables", "text", "toolbar"]

    /// - Parameter page: the additional files of the requested page.
    static func html(version: String, page: [String]) -> String {
        let files = "/dashboard/web/\(version)", scripts = early.map { $0 + ".js" } + page
        return """
            <!doctype html>
            <html lang="en" data-files="\(files)">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="robots" content="noindex">
            <title>Pulse</title>
            <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E\
            %3Crect width='32' height='32' rx='8' \
            fill='%230f766e'/%3E%3Cpath d='M5 17h6l3-8 5 15 3-7h5' fill='none' stroke='%23fff' stroke-width='2.5' stroke-linecap='round' \
            stroke-linejoin='round'/%3E%3C/svg%3E">
            <link rel="stylesheet" href="\(files)/style.css">
            \(scripts.map { #"<link rel="modulepreload" href="\#(files)/\#($0)">"# }.joined(separator: "\n"))
            <script type="module" src="\(files)/app.js"></script>
            </head>
            <body>
            <div id="app"><p class="boot" role="status">Pulse</p></div>
            <noscript><p class="boot">The dashboard needs JavaScript; the API at <a href="/docs">/docs</a> does not.</p></noscript>
            </body>
            </html>

            """
    }
}
