@_spi(Host) import Enrichment
import Testing

@Suite("Network")
struct CIDRTests {
    @Test(
        "contains its addresses and no others",
        arguments: [
            ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"], ["9.255.255.255", "11.0.0.0", "::1"]),
            ("10.1.2.3/8", ["10.0.0.0"], ["11.0.0.0"]),
            ("192.0.2.7", ["192.0.2.7"], ["192.0.2.6", "192.0.2.8"]),
            ("192.0.2.7/31", ["192.0.2.6", "192.0.2.7"], ["192.0.2.8"]),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::1", "2001:db8::1"]),
            ("::/0", ["::1", "2001:db8::1"], ["1.2.3.4"]),
            ("2001:db8::/32", ["2001:db8::", "2001:db8:ffff::1"], ["2001:db9::"]),
            ("2001:db8::/64", ["2001:db8::1"], ["2001:db8:0:1::"]),
            ("2001:db8::/65", ["2001:db8::7fff:0:0:0"], ["2001:db8::8000:0:0:0"]),
            ("::1", ["::1"], ["::2"]),
        ])
    func contains(text: String, inside: [String], outside: [String]) throws {
        let network = try CIDR(text)
        for address in inside { #expect(try network.contains(IPAddress.of(address))) }
        for address in outside { #expect(try !network.contains(IPAddress.of(address))) }
    }

    @Test(
        "writes its canonical form",
        arguments: [
            ("10.1.2.3/8", "10.0.0.0/8"), ("192.0.2.7", "192.0.2.7/32"), ("2001:DB8::1/32", "2001:db8::/32"), ("::1", "::1/128"),
        ])
    func canonical(text: String, description: String) throws {
        #expect(try CIDR(text).description == description)
    }

    @Test(
        "says what is wrong",
        arguments: [
            ("", "'' is not a network; write an address and a prefix, such as 10.0.0.0/8 or 2001:db8::/32."),
            ("proxy", "'proxy' is not a network; write an address and a prefix, such as 10.0.0.0/8 or 2001:db8::/32."),
            ("10.0.0.0/8/8", "'10.0.0.0/8/8' is not a network; write an address and a prefix, such as 10.0.0.0/8 or 2001:db8::/32."),
            ("10.0.0.0/33", "'10.0.0.0/33' is not a network: an IPv4 prefix has 0 to 32 bits; got '33'."),
            ("10.0.0.0/", "'10.0.0.0/' is not a network: an IPv4 prefix has 0 to 32 bits; got ''."),
            ("10.0.0.0/-1", "'10.0.0.0/-1' is not a network: an IPv4 prefix has 0 to 32 bits; got '-1'."),
            ("10.0.0.0/+8", "'10.0.0.0/+8' is not a network: an IPv4 prefix has 0 to 32 bits; got '+8'."),
            ("::/129", "'::/129' is not a network: an IPv6 prefix has 0 to 128 bits; got '129'."),
        ])
    func refused(text: String, sentence: String) {
        #expect(throws: EnrichmentError(sentence)) { try CIDR(text) }
    }
}
