import AllModules
import Foundation
@testable import Host
@_spi(Host) import Settings

/// A folder for one test.
struct Scratch: ~Copyable {
    let path = NSTemporaryDirectory() + "pulse-host-" + UUID().uuidString

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The default configuration, with its data in this folder.
    func configuration(_ yaml: String = "", data: String = "data", environment: [String: String] = [:]) throws -> HostConfiguration {
        try HostConfiguration.parse(
            yaml, environment: environment.merging(["PULSE_DATA": path + "/" + data, "PULSE_PORT": "0"]) { $1 },
            knownModules: ModuleList.all.names)
    }
}
