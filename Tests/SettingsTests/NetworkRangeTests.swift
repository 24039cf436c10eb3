import Settings
import Testing

@Suite("Network range")
struct NetworkRangeTests {
    @Test("is taken as written", arguments: ["10.0.0.0/8", "192.0.2.7", "0.0.0.0/0", "fd00::/8", "::1/128", "::/0", "::1"])
    func taken(text: String) { #expect(NetworkRange(text)?.description == text) }

    @Test("is refused when it is none", arguments: [
        "", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "::/129", "host", " 10.0.0.1",
    ])
    func refused(text: String) { #expect(NetworkRange(text) == nil) }
}
