/// The page that shows `/openapi.json` to people: served from `/docs`, `/docs/app.js` and `/docs/style.css`.
///
/// Nothing of it is inline or from another host, so that it works under the strictest policy and without the internet.
public enum OpenAPIPage {
    /// To be sent with the page as `Content-Security-Policy`.
    public static let contentSecurityPolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
        frame-ancestors 'none'
        """

    /// `/docs`, as `text/html; charset=utf-8`.
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
        <main id="endpoints" tabindex="-1"><p id="state" role="status">Loading the endpoints.</p></main>
        </div>
        <noscript><p>This page needs JavaScript; <a href="/openapi.json">openapi.json</a> says the same.</p></noscript>
        </body>
        </html>

        """
}
