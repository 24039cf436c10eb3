@_spi(Host) import Enrichment
import Foundation
import Testing
import TestSupport

@Suite("GeoIP")
struct GeoIPTests {
    static func city(_ country: String, _ region: String?, _ city: String?) -> DatabaseWriter.Value {
        var fields: [(String, DatabaseWriter.Value)] = [
            ("continent", .map([("code", .text("NA"))])),
            ("country", .map([("geoname_id", .uint32(1)), ("iso_code", .text(country)), ("names", .map([("en", .text("Name"))]))])),
        ]
        if let city { fields.append(("city", .map([("names", .map([("de", .text("Stadt")), ("en", .text(city))]))]))) }
        if let region {
            fields.append(("subdivisions", .array([.map([("iso_code", .text(region))]), .map([("iso_code", .text("X"))])])))
        }
        return .map(fields)
    }

    static let networks: [(network: String, record: DatabaseWriter.Value)] = [
        ("192.0.2.0/24", city("US", "CA", "San Francisco")),
        ("198.51.100.0/25", city("GB", "ENG", "London")),
        ("198.51.100.128/25", city("DE", nil, nil)),
        ("203.0.113.7/32", city("FR", "TOOLONG", "Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson")),
        ("203.0.113.8/32", .map([("country", .text("flat")), ("city", .uint16(1))])),
        ("203.0.113.9/32", .text("no map")),
        ("203.0.113.10/32", city("Nowhere", "CA", "City")),
        ("2001:db8::/32", city("JP", "13", "Tokyo")),
    ]

    /// Writes `bytes` to a file and opens it. The file is removed immediately, but stays mapped.
    private func open(_ bytes: [UInt8]) throws -> GeoIP {
        let path = NSTemporaryDirectory() + "pulse-geo-\(UUID().uuidString).mmdb"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try GeoIP(path: path)
    }

    @Test(
        "finds country, region and city",
        arguments: [
            ("192.0.2.0", Location(country: "US", region: "US-CA", city: "San Francisco")),
            ("192.0.2.255", Location(country: "US", region: "US-CA", city: "San Francisco")),
            ("::ffff:192.0.2.1", Location(country: "US", region: "US-CA", city: "San Francisco")),
            ("192.0.3.0", Location()),
            ("198.51.100.127", Location(country: "GB", region: "GB-ENG", city: "London")),
            ("198.51.100.128", Location(country: "DE")),
            ("203.0.113.7", Location(country: "FR", city: "Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson")),
            ("203.0.113.8", Location()),
            ("203.0.113.9", Location()),
            ("203.0.113.10", Location()),
            ("10.0.0.1", Location()),
            ("2001:db8::1", Location(country: "JP", region: "JP-13", city: "Tokyo")),
            ("2001:db9::1", Location()),
            ("::1", Location()),
        ])
    func lookup(address: String, location: Location) throws {
        for size in [24, 32] {
            let database = try open(DatabaseWriter(recordSize: size, networks: Self.networks).file())
            // The second result comes from the cache.
            #expect(try database.lookup(IPAddress.of(address)) == location)
            #expect(try database.lookup(IPAddress.of(address)) == location)
        }
    }

    @Test("an anonymized address is still found")
    func anonymized() throws {
        let database = try open(DatabaseWriter(networks: Self.networks).file())
        #expect(try database.lookup(IPAddress.of("192.0.2.77").anonymized()).city == "San Francisco")
        #expect(try database.lookup(IPAddress.of("2001:db8:1:2::3").anonymized()).city == "Tokyo")
    }

    @Test("a country database has only countries; an IPv4 database has no IPv6 addresses")
    func country() throws {
        let country = DatabaseWriter.Value.map([("country", .map([("iso_code", .text("US"))]))])
        let writer = DatabaseWriter(ipVersion: 4, databaseType: "Pulse-Test-Country", networks: [("192.0.2.0/24", country)])
        let database = try open(writer.file())
        #expect(try database.lookup(IPAddress.of("192.0.2.1")) == Location(country: "US"))
        #expect(try database.lookup(IPAddress.of("2001:db8::1")) == Location())
        #expect(database.databaseType == "Pulse-Test-Country")
        #expect(database.hasOnlyCountries)
    }

    @Test("has its build date")
    func built() throws {
        let database = try open(DatabaseWriter(networks: Self.networks).file())
        #expect(database.buildDate == Date(timeIntervalSince1970: 1_767_225_600))
    }

    @Test("lookups can run concurrently")
    func concurrent() async throws {
        let networks = (0..<200).map { ("10.0.\($0).0/24", Self.city("US", "\($0)", "City \($0)")) }
        let database = try open(DatabaseWriter(networks: networks).file())
        let wrong = await withTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    (0..<4000).count { index in
                        let number = (index * 7 + task) % 200
                        return database.lookup(IPAddress("10.0.\(number).9")!).city != "City \(number)"
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }

    @Test("says why a database can't be opened")
    func refused() throws {
        #expect(throws: EnrichmentError("The GeoIP database '/nowhere/geo.mmdb' can't be opened: No such file or directory.")) {
            try GeoIP(path: "/nowhere/geo.mmdb")
        }
        #expect(throws: EnrichmentError.self) { try GeoIP(path: "") }
        #expect(throws: EnrichmentError.self) { try GeoIP(path: NSTemporaryDirectory()) }
        let file = try DatabaseWriter(networks: Self.networks).file()
        for bytes in [[], Array("no database".utf8), Array(file.prefix(file.count / 2))] {
            #expect(throws: EnrichmentError.self) { try open(bytes) }
        }
    }

    @Test("a damaged file never crashes it")
    func damaged() throws {
        var noise = Noise(seed: 8)
        let file = try DatabaseWriter(networks: Self.networks).file()
        for _ in 0..<300 {
            var bytes = file
            for _ in 0..<Int.random(in: 1...5, using: &noise) {
                bytes[Int.random(in: 0..<bytes.count, using: &noise)] = UInt8.random(in: 0...255, using: &noise)
            }
            guard let database = try? open(bytes) else { continue }
            for (network, _) in Self.networks { _ = try database.lookup(CIDR(network).network) }
            _ = database.databaseType
        }
    }
}
