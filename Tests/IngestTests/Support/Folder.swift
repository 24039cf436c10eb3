import Foundation
import TestSupport

/// Gives `body` a folder of its own, and takes it away afterwards.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = NSTemporaryDirectory() + "pulse-ingest-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

/// Runs `body` one after another against a Pulse that is stopped and started in between, on the same data. Each start
/// has its own "now".
func withRestarts(
    _ profile: Profile, environment more: [String: String] = [:], _ starts: (now: String, body: @Sendable (TestApp) async throws -> Void)...
) async throws {
    let environment = try await profile.environment().merging(more) { $1 }
    try await withFolder { folder in
        for start in starts {
            try await TestApp.run(in: folder, environment: environment, modules: try ProbeModule.besideCore(), now: start.now, start.body)
        }
    }
}
