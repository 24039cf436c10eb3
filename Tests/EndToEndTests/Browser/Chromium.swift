import Common
import Foundation

/// Debian's Chromium, driven over W3C WebDriver by its own driver.
struct Chromium: Sendable {
    static let program = "/usr/bin/chromium"
    static let driver = "/usr/bin/chromedriver"
    static let isInstalled = [program, driver].allSatisfy(FileManager.default.isExecutableFile(atPath:))
    static let missing = "Chromium is missing: config/setup/install.sh test"

    private let address: String

    /// Runs the driver while `body` runs.
    static func run<Result>(_ body: (Chromium) async throws -> Result) async throws -> Result {
        try await withFolder { folder in
            // Profiles and sockets go there too, since the browser doesn't remove them.
            let driver = try Child([Self.driver, "--port=0"], environment: ["HOME": folder, "TMPDIR": folder], in: folder)
            let port = try await driver.word(after: "started successfully on port ").trimmingCharacters(in: ["."])
            do {
                let result = try await body(Chromium(address: "http://127.0.0.1:\(port)"))
                try await driver.kill9()  // it has nothing to lose
                return result
            } catch {
                try? await driver.kill9()
                throw error
            }
        }
    }

    /// How a browser presents itself.
    struct Visitor: Sendable {
        /// Nil for Chromium's own user agent, which says that it is headless.
        var userAgent: String?
        var asksNotToTrack = false

        static let ada = Visitor(
            userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36")
        static let bob = Visitor(
            userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 "
                + "Mobile/15E148 Safari/604.1")
    }

    /// Opens a browser with its own profile, and closes it after `body`.
    func browse<Result>(as visitor: Visitor, _ body: (Browser) async throws -> Result) async throws -> Result {
        var arguments = [
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--lang=en-US",
            // Nothing may leave this machine.
            "--no-proxy-server", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
        ]
        if let userAgent = visitor.userAgent { arguments.append("--user-agent=\(userAgent)") }
        let options: [String: Any] = [
            "binary": Self.program, "args": arguments, "prefs": ["enable_do_not_track": visitor.asksNotToTrack],
        ]
        let capabilities = [
            "capabilities": [
                "alwaysMatch": ["browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": ["browser": "SEVERE"]]
                    as [String: Any]
            ]
        ]
        let text = String(decoding: try JSONSerialization.data(withJSONObject: capabilities), as: UTF8.self)
        let session = try await Browser.value(of: try await HTTP.post(address + "/session", text))
        let browser = Browser(address: "\(address)/session/\(session["sessionId"]?.string ?? "")")
        do {
            let result = try await body(browser)
            try await browser.close()
            return result
        } catch {
            try? await browser.close()
            throw error
        }
    }
}
