@_spi(Host) import Enrichment
import Foundation
import Testing

/// Runs `config/setup/geoip.py` on a small table, and reads the result like a real database.
@Suite("GeoIP set-up")
struct GeoIPSetupTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A package like the one with the real data: 192.0.2.0/24 in two halves, 198.51.100.7, 255.255.255.240/28 and 2001:db8::/33.
    private static let package = """
        import sqlite3, sys, zipfile
        database = sqlite3.connect("country.sqlite")
        database.execute("CREATE TABLE v4 (start INTEGER, end INTEGER, cc TEXT)")
        database.execute("CREATE TABLE v6 (start BLOB, end BLOB, cc TEXT)")
        low, first = 0xC0000200, 0x20010db8 << 96
        database.executemany("INSERT INTO v4 VALUES (?, ?, ?)", [
            (low, low + 127, "DE"), (low + 128, low + 255, "US"), (0xC6336407, 0xC6336407, "FR"), (0xFFFFFFF0, 0xFFFFFFFF, "JP")])
        database.execute("INSERT INTO v6 VALUES (?, ?, 'GB')", (first.to_bytes(16, "big"), (first + (1 << 95) - 1).to_bytes(16, "big")))
        database.commit()
        zipfile.ZipFile("data.whl", "w").write("country.sqlite", "any/data/country.sqlite")
        """

    private static func run(_ arguments: [String], in folder: URL) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        process.currentDirectoryURL = folder
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    @Test("IPv4 and IPv6 ranges become a database with its attribution")
    func converts() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pulse-geoip-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Self.run(["-c", Self.package], in: folder)
        try Self.run([Self.root.appendingPathComponent("config/setup/geoip.py").path, "data.whl", "2026-10-01", "made.mmdb"], in: folder)

        let database = try GeoIP(path: folder.appendingPathComponent("made.mmdb").path)
        for (address, country) in [
            ("192.0.2.0", "DE"), ("192.0.2.127", "DE"), ("192.0.2.128", "US"), ("192.0.2.255", "US"), ("192.0.1.255", ""),
            ("192.0.3.0", ""),
            ("198.51.100.7", "FR"), ("198.51.100.6", ""), ("198.51.100.8", ""), ("255.255.255.255", "JP"), ("255.255.255.239", ""),
            ("0.0.0.0", ""),
            ("2001:db8::1", "GB"), ("2001:db8:7fff:ffff:ffff:ffff:ffff:ffff", "GB"), ("2001:db8:8000::", ""), ("::1", ""), ("ffff::", ""),
        ] {
            #expect(database.lookup(try #require(IPAddress(address))) == Location(country: country), "\(address)")
        }
        #expect(database.databaseType == "DBIP-Country-Lite")
        #expect(database.buildDate == Date(timeIntervalSince1970: 1_790_812_800))
        #expect(database.attribution == GeoIP.Attribution(text: "IP Geolocation by DB-IP", url: "https://db-ip.com"))
    }
}
