import AllModules
import Foundation
@testable import Host
import Testing
import TestSupport

@Suite("GeoIP file", .modules(.all))
struct GeoIPFileTests {
    @Test("the configured file comes first, then the downloaded one in the nearest folder; 'none' means no file")
    func order() throws {
        let near = try Scratch(), far = try Scratch(), folders = [near.path, far.path]
        #expect(GeoIPFile.path(configured: nil, folders: folders) == nil)
        for folder in folders.reversed() {
            let file = "\(folder)/\(GeoIPFile.fetched)"
            try FileManager.default.createDirectory(atPath: "\(folder)/.tools/geoip", withIntermediateDirectories: true)
            try Data().write(to: URL(fileURLWithPath: file))
            #expect(GeoIPFile.path(configured: nil, folders: folders) == file)
        }
        #expect(GeoIPFile.path(configured: "/var/lib/city.mmdb", folders: folders) == "/var/lib/city.mmdb")
        #expect(GeoIPFile.path(configured: "none", folders: folders) == nil)
    }
}
