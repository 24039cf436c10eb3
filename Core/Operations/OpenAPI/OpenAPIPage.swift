/// The API reference page, which renders `/openapi.json`. Its files are served from `/docs`, `/docs/app.js` and `/docs/style.css`.
///
/// The page has no inline code and loads nothing from other hosts, so it works offline and under the strictest content security policy.
public enum OpenAPIPage {
    /// The `Content-Security-Policy` header to send with the page.
    public static let contentSecurityPolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
        frame-ancestors 'none'
        """

    /// The HTML of `/docs`, to be served as `text/html; charset=utf-8`.
    public static let html = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Pulse API</title>
        <link rel="stylesheet" href="/docs/style.css">
        <script type="module" src="/docs/app.js"></script>
        </head>
        <body>
        <a class="skip" href="#endpoints">Skip to the endpoints</a>
        <header>
        <h1>Pulse API <small id="version"></small></h1>
        <p id="about"></p>
        <p><a href="/openapi.json">openapi.json</a></p>
        <search>
        <label for="search">Search</label>
        <input id="search" type="search" placeholder="funnel, POST, /api/v1 ..." autocomplete="off" spellcheck="false">
        <output id="count" for="search"></output>
        </search>
        </header>
        <div class="columns">
        <nav aria-label="Modules"><ul id="tags"></ul></nav>
        <main id="endpoints" tabindex="-1"><p id="state" role="status">Loading ...</p></main>
        </div>
        <noscript><p>This page needs JavaScript; <a href="/openapi.json">openapi.json</a> has the same content.</p></noscript>
        </body>
        </html>

        """
}
