@_spi(Host) import Enrichment
import Testing

@Suite("Client address")
struct ClientAddressTests {
    static let trusted = try! ["10.0.0.0/8", "fd00::/8"].map { try CIDR($0) }

    private func resolve(_ peer: String, _ forwardedFor: String?, _ forwarded: String? = nil) throws -> String {
        ClientAddress.resolve(
            peer: try IPAddress.of(peer), forwardedFor: forwardedFor, forwarded: forwarded, trusted: Self.trusted
        ).description
    }

    @Test("an untrusted peer is the client, regardless of its headers")
    func untrusted() throws {
        #expect(try resolve("203.0.113.9", "1.2.3.4", "for=1.2.3.4") == "203.0.113.9")
        let peer = try IPAddress.of("10.0.0.1")
        #expect(ClientAddress.resolve(peer: peer, forwardedFor: "1.2.3.4", forwarded: nil, trusted: []) == peer)
    }

    @Test(
        "skips trusted proxies from the right",
        arguments: [
            (nil, "10.0.0.1"),
            ("", "10.0.0.1"),
            ("198.51.100.7", "198.51.100.7"),
            (" 198.51.100.7 ", "198.51.100.7"),
            ("198.51.100.7, 10.0.0.2", "198.51.100.7"),
            ("198.51.100.7,10.0.0.2,\t10.9.9.9", "198.51.100.7"),
            ("1.2.3.4, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
            ("10.0.0.5, 10.0.0.2", "10.0.0.5"),
            ("10.0.0.5, 198.51.100.7", "198.51.100.7"),
            ("2001:db8::7, fd00::2", "2001:db8::7"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
            ("64:ff9b::198.51.100.7", "198.51.100.7"),
            ("[64:ff9b::c633:6407]:4711, ::ffff:10.0.0.2, 64:ff9b::10.0.0.3", "198.51.100.7"),
            ("64:ff9b::1:198.51.100.7", "64:ff9b::1:c633:6407"),
            ("198.51.100.7:4711", "198.51.100.7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("junk", "10.0.0.1"),
            ("1.2.3.4, unknown, 10.0.0.2", "10.0.0.2"),
            ("1.2.3.4,", "10.0.0.1"),
            (",10.0.0.2", "10.0.0.2"),
            ("1.2.3.4,,10.0.0.2", "10.0.0.2"),
            ("1.2.3.4:x", "10.0.0.1"),
            ("[1.2.3.4]", "10.0.0.1"),
            ("[::1", "10.0.0.1"),
            ("fe80::1%eth0", "10.0.0.1"),
        ])
    func forwardedFor(header: String?, client: String) throws {
        #expect(try resolve("10.0.0.1", header) == client)
    }

    @Test(
        "a peer with a mapped or translated IPv4 address is that IPv4 address",
        arguments: [
            ("198.51.100.7", "198.51.100.7"), ("::ffff:198.51.100.7", "198.51.100.7"), ("64:ff9b::c633:6407", "198.51.100.7"),
            ("2001:db8::7", "2001:db8::7"), ("::1", "::1"), ("64:ff9b:1::c633:6407", "64:ff9b:1::c633:6407"),
        ])
    func peer(text: String, address: String) { #expect(ClientAddress.peer(text)?.description == address) }

    @Test(
        "reads the Forwarded header",
        arguments: [
            ("for=198.51.100.7", "198.51.100.7"),
            ("For=198.51.100.7;proto=https;by=10.0.0.1", "198.51.100.7"),
            ("proto=https; for=198.51.100.7", "198.51.100.7"),
            (#"for="[2001:db8::7]:4711";proto=https"#, "2001:db8::7"),
            (#"for="198.51.100.7:80""#, "198.51.100.7"),
            ("for=1.2.3.4, for=198.51.100.7, for=10.0.0.2", "198.51.100.7"),
            ("for=unknown", "10.0.0.1"),
            ("for=1.2.3.4, for=_hidden, for=10.0.0.2", "10.0.0.2"),
            ("proto=https", "10.0.0.1"),
            ("for=", "10.0.0.1"),
            (#"for=""#, "10.0.0.1"),
            (";;;", "10.0.0.1"),
        ])
    func forwarded(header: String, client: String) throws {
        #expect(try resolve("10.0.0.1", nil, header) == client)
    }

    @Test("X-Forwarded-For takes precedence over Forwarded")
    func both() throws {
        #expect(try resolve("10.0.0.1", "198.51.100.7", "for=198.51.100.8") == "198.51.100.7")
        #expect(try resolve("10.0.0.1", "", "for=198.51.100.8") == "198.51.100.8")
    }

    @Test("stops following a chain of thousands of proxies")
    func long() throws {
        let chain = "1.2.3.4" + String(repeating: ", 10.0.0.2", count: 50_000)
        #expect(try resolve("10.0.0.1", chain) == "10.0.0.2")
    }

    @Test("random text never crashes it")
    func anything() throws {
        var noise = Noise(seed: 5)
        let pieces = ["1.2.3.4", "10.0.0.2", "::1", "[", "]", ":", ",", ";", "for=", "\"", "=", " ", "80", "\0", "é"]
        for _ in 0..<5000 {
            _ = try resolve("10.0.0.1", noise.text(of: pieces, upTo: 12), nil)
            _ = try resolve("10.0.0.1", nil, noise.text(of: pieces, upTo: 12))
            _ = try resolve("10.0.0.1", noise.text(upTo: 60), noise.text(upTo: 60))
        }
    }
}
