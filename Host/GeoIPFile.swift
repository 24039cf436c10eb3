import Foundation
import Settings

/// Which GeoIP database a host uses.
enum GeoIPFile {
    /// Writes this as `privacy.geoip_database` to leave places unknown.
    static let none = "none"

    static let fetched = ".tools/geoip/country.mmdb"

    /// The configured file; without one, the one that `config/setup/geoip.sh` made under the working folder, or beside the executable
    /// or in a folder above it. Nil for none.
    static func path(configured: String?, folders: [String] = Self.folders) -> String? {
        if let configured { return configured == none ? nil : configured }
        return folders.map { "\($0)/\(fetched)" }.first { FileManager.default.fileExists(atPath: $0) }
    }

    private static var folders: [String] {
        let running = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments.first ?? ""
        var folders = [FileManager.default.currentDirectoryPath], folder = URL(fileURLWithPath: running).deletingLastPathComponent()
        while true {
            folders.append(folder.path)
            if folder.path == "/" { return folders }
            folder.deleteLastPathComponent()
        }
    }
}
