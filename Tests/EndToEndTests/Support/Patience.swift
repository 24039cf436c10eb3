import Foundation

/// Waits for what another process or a browser does: polls, and gives up at a deadline.
enum Patience {
    struct Exhausted: Error, CustomStringConvertible {
        let description: String
    }

    /// Returns the first value that `look` finds.
    /// - Parameter state: the current state, for the error message.
    static func until<Found>(
        _ what: String, seconds: Double = 60, state: () async throws -> String = { "" }, look: () async throws -> Found?
    ) async throws -> Found {
        let deadline = ContinuousClock.now + .seconds(seconds)
        // Polling takes processor time from what the test waits for, so the pauses grow.
        var pause = Duration.milliseconds(4)
        while true {
            if let found = try await look() { return found }
            guard ContinuousClock.now < deadline else {
                throw Exhausted(description: "waited \(seconds) seconds for \(what). \(try await state())")
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 3 / 2, .milliseconds(40))
        }
    }
}
