import Common
import Foundation
import Synchronization

/// Debian's Chromium, driven over W3C WebDriver by its own driver.
struct Chromium: Sendable {
    static let program = "/usr/bin/chromium"
    static let driver = "/usr/bin/chromedriver"
    static let isInstalled = [program, driver].allSatisfy(FileManager.default.isExecutableFile(atPath:))
    static let missing = "Chromium is missing: config/setup/install.sh test"

    private let address: String
    private let process: Child

    /// Starts the driver. Profiles and sockets go to `folder`, since the browser doesn't remove them.
    init(in folder: String) async throws {
        let (process, port) = try await Self.startDriver(in: folder)
        self.process = process
        address = "http://127.0.0.1:\(port)"
    }

    /// ChromeDriver chooses a free IPv4 port and exits if the same port is taken for IPv6, so it gets several attempts.
    private static func startDriver(in folder: String, attempts: Int = 5) async throws -> (process: Child, port: String) {
        let process = try Child([driver, "--port=0"], environment: ["HOME": folder, "TMPDIR": folder], in: folder)
        do {
            return (process, try await process.word(after: "started successfully on port ").trimmingCharacters(in: ["."]))
        } catch {
            try? await process.kill9()
            guard attempts > 1 else { throw error }
            return try await startDriver(in: folder, attempts: attempts - 1)
        }
    }

    /// Runs the driver while `body` runs.
    static func run<Result>(_ body: (Chromium) async throws -> Result) async throws -> Result {
        try await withFolder { folder in
            let chromium = try await Chromium(in: folder)
            do {
                let result = try await body(chromium)
                try await chromium.process.kill9()  // it has nothing to lose
                return result
            } catch {
                try? await chromium.process.kill9()
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
        let browser = try await open(as: visitor)
        do {
            let result = try await body(browser)
            try await browser.close()
            return result
        } catch {
            try? await browser.close()
            throw error
        }
    }

    /// Opens a browser with its own profile. The caller must close it.
    func open(as visitor: Visitor) async throws -> Browser {
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
        return Browser(
            address: "\(address)/session/\(session["sessionId"]?.string ?? "")",
            process: session["capabilities"]?["goog:processID"]?.integer.map(pid_t.init))
    }
}

/// The browser that the dashboard's tests share, because starting one takes as long as such a test. Between tests it forgets what the last
/// one did.
actor SharedBrowser {
    static let shared = SharedBrowser()

    private static let folder = NSTemporaryDirectory() + "pulse-browser-\(ProcessInfo.processInfo.processIdentifier)"
    /// The browser to end with this process; 0 if there is none.
    private static let process = Mutex<pid_t>(0)

    private var chromium: Chromium?
    private var browser: Browser?
    private var isTaken = false

    func use<Result: Sendable>(_ body: @Sendable (Browser) async throws -> Result) async throws -> Result {
        // Tests that run at the same time get browsers of their own.
        if isTaken { return try await Chromium.run { try await $0.browse(as: Chromium.Visitor(), body) } }
        isTaken = true
        defer { isTaken = false }
        let browser = try await current()
        do {
            let result = try await body(browser)
            // Don't reuse a browser in which a test changed something that `forget` doesn't undo.
            if browser.isAltered { try await end() } else { try await browser.forget() }
            return result
        } catch {
            try? await end()
            throw error
        }
    }

    private func current() async throws -> Browser {
        if let browser { return browser }
        if chromium == nil {
            try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
            atexit {
                let process = SharedBrowser.process.withLock(\.self)
                if process > 0 { kill(process, SIGKILL) }
                try? FileManager.default.removeItem(atPath: SharedBrowser.folder)
            }
            chromium = try await Chromium(in: Self.folder)
        }
        let opened = try await chromium!.open(as: Chromium.Visitor())
        Self.process.withLock { $0 = opened.process ?? 0 }
        browser = opened
        return opened
    }

    private func end() async throws {
        let ended = browser
        browser = nil
        Self.process.withLock { $0 = 0 }
        try await ended?.close()
    }
}
