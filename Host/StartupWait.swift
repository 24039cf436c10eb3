import Common
import Logging

/// Waits for servers that start at the same time as this host, or that restart together with it after an outage.
struct StartupWait: Sendable {
    let seconds: Int
    var pause: @Sendable () async throws -> Void = { try await Task.sleep(for: .seconds(1)) }

    /// Tries once, without waiting. For commands, so the user sees immediately that the server is down.
    static let none = StartupWait(seconds: 0)

    /// Returns once `ping` succeeds.
    /// - Throws: after `seconds`, a 503 with the last reason. An error other than a 503 is thrown immediately.
    func wait(for server: String, logger: Logger, _ ping: () async throws -> Void) async throws {
        var waited = 0
        while true {
            do { return try await ping() } catch let error as ServiceError where error.status == 503 {
                guard waited < seconds else {
                    throw ServiceError.unavailable(
                        "server_away",
                        "\(server) did not answer\(seconds > 0 ? " for \(seconds) seconds" : ""): \(error.message) See the log.")
                }
                if waited == 0 {
                    logger.warning("waiting for a server to answer", metadata: ["server": "\(server)", "seconds": "\(seconds)"])
                }
                waited += 1
                try await pause()
            }
        }
    }
}
