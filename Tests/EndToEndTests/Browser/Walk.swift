import Core
import HummingbirdTesting
import Testing
@testable import TestSupport

/// People at their browsers, one step at a time. Pulse's clock only moves between steps, so every duration in a
/// report is exact, however busy this machine is.
final class Walk {
    let app: TestApp
    let arrivals: Arrivals
    private var expected: [Arrivals.Activity] = []

    init(_ app: TestApp, _ arrivals: Arrivals) {
        self.app = app
        self.arrivals = arrivals
    }

    /// Moves the clock to `time`, performs `action`, and checks that exactly what it should cause has arrived. The next step
    /// finds anything extra, because browsers send in order.
    func at(
        _ time: String, _ action: () async throws -> Void, counts new: [(Instant) -> Arrivals.Activity],
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let instant = Instant(iso: time)
        app.time.set(instant)
        try await action()
        expected += new.map { $0(instant) }
        try await arrivals.wait(for: expected.count)
        try #require(arrivals.all == expected, sourceLocation: location)
    }

    static func page(_ path: String, _ title: String) -> (Instant) -> Arrivals.Activity { { .page(path, title, at: $0) } }
    static func event(_ name: String, _ data: String = "null", on path: String) -> (Instant) -> Arrivals.Activity {
        { .event(name, data, on: path, at: $0) }
    }
}

extension TestApp {
    /// The URL for browsers; only for an app that runs over a socket.
    var address: String { "http://localhost:\(client.port ?? 0)" }
}
