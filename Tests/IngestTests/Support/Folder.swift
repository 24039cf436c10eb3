import Foundation
import TestSupport

/// Gives `body` a temporary folder, and removes it afterwards.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = NSTemporaryDirectory() + "pulse-ingest-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

/// Runs each body in turn against a Pulse on the same data, restarted in between. Each start has its own "now".
func withRestarts(
    _ profile: Profile, environment more: [String: String] = [:], _ starts: (now: String, body: @Sendable (TestApp) async throws -> Void)...
) async throws {
    let environment = try await profile.environment().merging(more) { $1 }
    try await withFolder { folder in
        for start in starts {
            try await TestApp.run(in: folder, environment: environment, modules: try ProbeModule.withCore(), now: start.now, start.body)
        }
    }
}
