import Enrichment
import Testing

@Suite("IP address")
struct IPAddressTests {
    @Test(
        "parses an address and writes its canonical form",
        arguments: [
            ("192.0.2.1", "192.0.2.1"),
            ("0.0.0.0", "0.0.0.0"),
            ("255.255.255.255", "255.255.255.255"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::FFFF:c000:201", "192.0.2.1"),
            ("[::ffff:192.0.2.1]", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("::", "::"),
            ("::ffff:1", "::ffff:1"),
            ("::1.2.3.4", "::102:304"),
            ("1::", "1::"),
            ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
            ("0:0:1:0:0:1:0:0", "::1:0:0:1:0:0"),
            ("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"),
            ("0:2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"),
            ("::1", "::1"),
        ])
    func canonical(text: String, description: String) throws {
        let address = try IPAddress.of(text)
        #expect(address.description == description)
        #expect(IPAddress(description) == address)
    }

    @Test(
        "rejects invalid addresses",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "1.2.3.4/24", "0x1.2.3.4",
            "[1.2.3.4]", "[::1", "::1]", "[]", "[", "fe80::1%eth0", "fe80::1%1", "1::2::3", ":::", "12345::", "g::1", "::1:80:x",
            "2001:db8::1/32", "1.2.3.4\0", "::1\0x", "localhost", "١.٢.٣.٤", "🦆",
        ])
    func refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "anonymizes",
        arguments: [
            ("192.0.2.123", "192.0.2.0"),
            ("::ffff:192.0.2.123", "192.0.2.0"),
            ("255.255.255.255", "255.255.255.0"),
            ("2001:db8:1234:5678:9abc:def0:1234:5678", "2001:db8:1234::"),
            ("fe80::1", "fe80::"),
            ("::1", "::"),
        ])
    func anonymized(text: String, result: String) throws {
        let address = try IPAddress.of(text).anonymized()
        #expect(address.description == result)
        #expect(address.anonymized() == address)
    }

    @Test("has 16 bytes, with IPv4 as ::ffff:a.b.c.d")
    func bytes() throws {
        #expect(try IPAddress.of("192.0.2.1").bytes == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 1])
        #expect(try IPAddress.of("2001:db8::1").bytes == [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
        #expect(try IPAddress.of("::ffff:1.2.3.4").isIPv4)
        #expect(try !IPAddress.of("::1.2.3.4").isIPv4)
    }

    @Test("random text never crashes it, and every address survives a round trip")
    func anything() {
        var noise = Noise(seed: 4)
        let pieces = ["1", "255", "256", ".", ":", "::", "ffff", "[", "]", "%", "0", "\0"]
        for _ in 0..<5000 {
            _ = IPAddress(noise.text(upTo: 50))
            _ = IPAddress(noise.text(of: pieces, upTo: 16))
            let six = IPAddress(high: noise.next() & noise.next(), low: noise.next() & noise.next())
            #expect(IPAddress(six.description) == six)
            let four = IPAddress(v4: UInt32(truncatingIfNeeded: noise.next()))
            #expect(IPAddress(four.description) == four)
        }
    }
}
