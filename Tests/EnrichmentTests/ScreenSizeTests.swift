@_spi(Host) import Enrichment
import Testing

@Suite("Screen size")
struct ScreenSizeTests {
    @Test("reads two numbers", arguments: ["1920x1080", "1x1", "65535x65535", "390x844"])
    func size(text: String) {
        #expect(ScreenSize(text)?.description == text)
    }

    @Test("reads the width first")
    func order() throws {
        let size = try #require(ScreenSize("1920x1080"))
        #expect(size.width == 1920)
        #expect(size.height == 1080)
    }

    @Test(
        "rejects anything else",
        arguments: [
            "", "x", "1920", "1920x", "x1080", "0x0", "0x1080", "1920x0", "65536x1", "1x65536", "99999x99999", "100000x1", "01920x1080",
            "1920X1080", "1920 x 1080", "1920x1080 ", "-1x1", "+1x1", "1.5x2", "1920x1080x24", "1e3x1", "1920×1080", "١x١", "🦆", "1\0x1",
        ])
    func refused(text: String) {
        #expect(ScreenSize(text) == nil)
    }

    @Test("random text never crashes it")
    func anything() {
        var noise = Noise(seed: 7)
        for _ in 0..<5000 {
            _ = ScreenSize(noise.text(upTo: 20))
            let text = noise.text(of: ["1", "0", "9", "x"], upTo: 12)
            if let size = ScreenSize(text) { #expect(size.description == text) }
        }
    }
}
