import Foundation
import Settings

/// Finds the GeoIP database that a host uses.
enum GeoIPFile {
    /// The value of `privacy.geoip_database` that turns GeoIP off, so visitors' locations stay unknown.
    static let none = "none"

    /// The path of the database that `config/setup/geoip.sh` creates, relative to the repository's folder.
    static let fetched = ".tools/geoip/country.mmdb"

    /// The configured file. If none is configured, the database that `config/setup/geoip.sh` created below the working folder, the
    /// executable's folder or one of its parents. Nil for no database.
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
