import Foundation
@testable import Host
import Settings

/// A folder for one test.
struct Scratch: ~Copyable {
    let path = NSTemporaryDirectory() + "pulse-host-" + UUID().uuidString

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// All defaults, with the data below this folder.
    func configuration(_ yaml: String = "", data: String = "data") throws -> HostConfiguration {
        try HostConfiguration.parse(yaml, environment: ["PULSE_DATA": path + "/" + data, "PULSE_PORT": "0"], knownModules: ModuleList.names)
    }
}
