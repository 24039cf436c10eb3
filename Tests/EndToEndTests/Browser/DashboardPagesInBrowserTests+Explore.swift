import Core
@testable import Host
import Testing
@testable import TestSupport

/// BI: SQL statements, visual queries, and their sources.
extension DashboardPagesInBrowserTests {
    @Test("a statement is written with suggested names, run, saved, and stopped")
    func statement() async throws {
        try await Dashboard.loggedIn { app, browser in
            try await Dashboard.open("explore", app, browser)
            #expect(try await Dashboard.text("#result", browser) == "No queries yet.")
            let statement = "SELECT event_name, count(*) AS n FROM events WHERE project_id = {{project_id}} GROUP BY "
            try await browser.run("document.querySelector('#statement').value = '\(statement)'")
            try await browser.type("event_n", selector: "#statement")
            #expect(try await Dashboard.texts(".offers li", browser) == ["event_name"])
            #expect(try await browser.barriers() == [])
            try await browser.type(Browser.Key.tab, selector: "#statement")
            #expect(
                try await browser.run("return document.querySelector('#statement').value.endsWith('GROUP BY event_name')").boolean == true)
            try await browser.type(Browser.Key.control + Browser.Key.enter, selector: "#statement")
            try await browser.wait(
                for: "return document.querySelector('#result table') !== null && !document.querySelector('[aria-busy]')")
            #expect(try await Dashboard.texts("#result th, #result td", browser) == ["event_name", "n", "signup", "1"])
            try await Dashboard.isClean(browser)

            // A visual query: pageviews by path.
            try await browser.click(selector: "#dimensions input:checked")
            try await browser.click(selector: "#dimensions input[name=path]")
            try await browser.click(selector: "#visual-form button[type=submit]")
            try await browser.wait(for: "return document.querySelectorAll('#result tbody tr').length === 3")
            #expect(try await Dashboard.texts("#result tbody tr", browser) == ["/ 3", "/docs 2", "/pricing 1"])
            let runs = "[...document.querySelectorAll('.card')].find(c => c.innerText.startsWith('Recent queries'))"
            try await browser.wait(
                for: "return \(runs).querySelectorAll('tbody tr').length === 2 && !document.querySelector('[aria-busy]')")
            let latestRuns = try await browser.texts(
                "return [...\(runs).querySelectorAll('tbody tr')].map(r => [...r.cells].slice(1, 3).map(c => c.innerText).join(': '))")
            #expect(latestRuns.contains("pageviews: path, count: succeeded"), "\(latestRuns)")
            #expect(latestRuns.contains { $0.hasPrefix("SELECT event_name, count(*)") && $0.hasSuffix("…: succeeded") }, "\(latestRuns)")
            // A filter on the rows, and the rows behind a line of the result.
            try await browser.click(selector: "#only button.link")
            try await Dashboard.choose("path", in: "#only select", browser)
            try await Self.fill("#only input", "/docs, /pricing", browser)
            try await browser.click(selector: "#visual-form button[type=submit]")
            try await browser.wait(for: "return document.querySelectorAll('#result tbody tr').length === 2")
            #expect(try await Dashboard.texts("#result tbody tr", browser) == ["/docs 2", "/pricing 1"])
            try await Dashboard.isClean(browser)
            try await browser.click(selector: "#result tbody button")
            try await browser.wait(for: "return document.querySelectorAll('dialog tbody tr').length === 2")
            #expect(
                try await Dashboard.texts("dialog h2, dialog p", browser) == ["pageviews, /docs", "The underlying rows, newest first."])
            let place = "const at = [...document.querySelectorAll('dialog th')].findIndex(c => c.textContent === 'path')"
            #expect(
                try await browser.texts(
                    "\(place); return [...document.querySelectorAll('dialog tbody tr')].map(r => r.cells[at].innerText)") == [
                        "/docs", "/docs",
                    ])
            #expect(try await browser.barriers() == [])
            try await Dashboard.closeDialog(browser)
            // A query needs a number.
            try await browser.run("for (const input of document.querySelectorAll('#metrics input:checked')) input.click()")
            try await browser.click(selector: "#visual-form button[type=submit]")
            #expect(try await Dashboard.text("#visual-form .problem", browser) == "Select at least one metric.")

            // A query that would run forever can be stopped, and the database stops it too.
            let endless =
                "SELECT sum(length(p.path || p11.path)) FROM pageviews p "
                + (1..<12).map { "JOIN pageviews p\($0) ON p\($0).month = p.month" }.joined(separator: " ")
            try await browser.run("document.querySelector('#statement').value = '\(endless) WHERE p.project_id = {{project_id}}'")
            try await browser.click(selector: "#sql-form button[type=submit]")
            try await browser.wait(for: "return document.querySelector('#result').innerText.startsWith('Running for')")
            try await browser.click("stop")
            try await browser.wait(for: "return document.querySelector('#result').innerText === 'Stopped.'")
            try await browser.wait(
                for: """
                    return fetch('/api/v1/bi/query-runs', { headers: { 'X-Pulse-Dashboard': '1' } }).then(answer => answer.json())
                        .then(({ data }) => data.some(run => run.error === 'The query was stopped.'))
                    """)
        }
    }

    @Test("metrics, row policies, uploads and embeds are created on their page")
    func sources() async throws {
        try await Dashboard.loggedIn { app, browser in
            try await Dashboard.open("sources", app, browser)
            func fill(_ form: String, _ values: [String?]) async throws {
                for (at, value) in values.enumerated() {
                    guard let value else { continue }
                    try await browser.run(
                        """
                        const input = [...document.querySelectorAll('#\(form)-form input, #\(form)-form select, #\(form)-form textarea')][\(at)];
                        input.value = '\(value)'; input.dispatchEvent(new Event('change'));
                        """)
                }
                try await browser.click(selector: "#\(form)-form button[type=submit]")
                try await browser.wait(for: "return !document.querySelector('#\(form)-form') && !document.querySelector('[aria-busy]')")
            }
            try await browser.click("new-metric")
            try await fill("metric", ["Depth", "depth", "sessions", "sum(pageviews) / count()"])
            try await browser.click("new-policy")
            try await fill("policy", ["No docs", "pageviews", "path", "neq", "/docs"])
            try await browser.click("new-upload")
            try await browser.run(
                """
                const chosen = new DataTransfer(), input = document.querySelector('#upload-form input[type=file]');
                chosen.items.add(new File(['name,n\\na,1\\nb,2\\n'], 'small.csv', { type: 'text/csv' }));
                input.files = chosen.files;
                input.dispatchEvent(new Event('change'));
                """)
            try await fill("upload", [])
            try await browser.click("new-embed")
            try await browser.wait(for: "return document.querySelector('#embed-form select').options.length > 0")
            try await Dashboard.choose("metric", in: "#embed-form select", browser)
            try await browser.wait(for: "return document.querySelectorAll('#embed-form select')[1].options.length === 1")
            try await fill("embed", ["Depth"])
            try await browser.wait(for: "return /\\/api\\/embed\\/pemb_/.test(document.querySelector('dialog code')?.textContent ?? '')")
            let address = try await Dashboard.text("dialog code", browser)
            #expect(try await app.get("/api/embed/" + (address.split(separator: "/").last ?? ""), as: .nobody).status == 200)
            try await Dashboard.closeDialog(browser)
            let names = try await Dashboard.texts("tbody th", browser)
            #expect(names == ["Depth", "No docs", "small.csv", "Depth"])
            try await Dashboard.isClean(browser)
            // The policy applies to queries.
            let question = #"{"dataset":"pageviews","dimensions":["path"],"metrics":["count"]}"#
            let answer = try await app.post("/api/v1/bi/visual-query", question, as: .query)
            #expect(!answer.body.contains("/docs") && answer.body.contains("/pricing"))
        }
    }
}
