import Core
@testable import TestSupport

/// A Pulse, a browser, and the site in `Tests/Site` with the script tag that a test needs.
struct FeatureSite: Sendable {
    let app: TestApp
    let browser: Browser

    /// - Parameter modules: nil for those of the binary.
    static func run(
        _ profile: Profile = .embedded, modules: [any AnalyticsModule]? = nil,
        _ body: @escaping @Sendable (FeatureSite) async throws -> Void
    ) async throws {
        try await TestApp.run(profile, modules: modules, over: .socket) { app in
            try await Chromium.run { chromium in
                try await chromium.browse(as: .ada) { browser in try await body(FeatureSite(app: app, browser: browser)) }
            }
        }
    }

    /// Like `run`, but with a recorder of payloads in place of the modules.
    static func record(_ body: @escaping @Sendable (FeatureSite, Recorder) async throws -> Void) async throws {
        let recorder = try Recorder()
        try await run(modules: [recorder]) { try await body($0, recorder) }
    }

    /// The site with `attributes` in its tags.
    func site(_ attributes: String = "", _ body: (Teapots) async throws -> Void) async throws {
        try await Teapots.serve(api: app.address, key: app.keys[.ingest]!, attributes: attributes, body)
    }

    /// Names of the files that the current page has fetched from the script's folder.
    func fetched() async throws -> [String] {
        try await browser.run(
            """
            return performance.getEntriesByType('resource').map(e => new URL(e.name)).filter(u => u.pathname.startsWith('/api/script/'))
                .map(u => u.pathname.slice(12)).sort()
            """
        ).elements.compactMap(\.string)
    }

    /// Waits until a feature is active, which only the arrival of its file shows.
    func wait(forFile name: String) async throws {
        try await browser.wait(
            for: "return performance.getEntriesByName(performance.getEntriesByType('resource').map(e => e.name)"
                + ".find(n => n.includes('/\(name).js')) || '').some(e => e.responseEnd > 0 && performance.now() - e.responseEnd > 50)")
    }
}
