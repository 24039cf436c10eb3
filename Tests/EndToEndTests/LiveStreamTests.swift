import AllModules
import Core
@testable import Host
import HummingbirdTesting
@_spi(Host) @testable import Ingest
import Testing
@testable import TestSupport

@Suite("Live stream over a socket", .modules(.all))
struct LiveStreamTests {
    @Test("ends when its watcher disconnects, before anything more is written to it")
    func leaving() async throws {
        try await TestApp.run(over: .socket) { app in
            let port = try #require(app.client.port), stream = app.installation.stream
            try await Arrivals.watch(api: "http://127.0.0.1:\(port)", key: app.keys[.query]!) { _ in
                #expect(stream.watchers == 1)
            }
            // The next keep-alive comment is due after 15 seconds.
            try await Patience.until("the watcher to be gone") { stream.watchers == 0 ? () : nil }
        }
    }
}
