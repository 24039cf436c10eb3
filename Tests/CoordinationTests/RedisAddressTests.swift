@_spi(Host) import Common
@testable import RedisEngine
import Testing

@Suite("Redis address")
struct RedisAddressTests {
    @Test("parses all parts, and leaves user and password out of its description")
    func parts() throws {
        let address = try RedisAddress("redis://ada:p%40s/s@redis.example:7000/2")
        #expect(address.user == "ada" && address.password == "p@s/s")
        #expect(address.host == "redis.example" && address.port == 7_000 && address.database == 2)
        #expect(address.place == "redis.example:7000/2")
    }

    @Test("fills in defaults", arguments: ["redis://localhost", "redis://localhost/", "redis://localhost:6379/0", "redis://:@localhost"])
    func defaults(url: String) throws {
        let address = try RedisAddress(url)
        #expect(address.place == "localhost:6379/0" && address.user == nil && address.password == nil)
    }

    @Test("parses an IPv6 host, and a password without a user")
    func addressAndPassword() throws {
        let address = try RedisAddress("redis://:secret@[::1]:7000")
        #expect(address.host == "::1" && address.port == 7_000 && address.user == nil && address.password == "secret")
    }

    @Test(
        "rejects invalid URLs without quoting them",
        arguments: [
            "", "localhost:6379", "http://:secret@host", "redis://", "redis://:secret@", "redis://:secret@host:99999",
            "redis://:secret@host:x",
            "redis://:secret@host/x", "redis://:secret@host/-1", "redis://secret@host", "redis://:sec%ZZret@host", "rediss://:secret@host",
        ])
    func malformed(url: String) {
        let error = #expect(throws: RedisURLError.self) { try RedisAddress(url) }
        #expect(error.map { "\($0)".contains("redis://:password@host:6379/0") && !"\($0)".contains("secret") } == true)
    }
}
