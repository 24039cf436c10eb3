import Common
@testable import OutlinksModule
import Testing

@Suite("Outbound URL")
struct OutboundURLTests {
    @Test(
        "is stored without credentials in one canonical form",
        arguments: [
            ("https://github.com/acme/widget", "https://github.com/acme/widget", "github.com", ""),
            ("HTTPS://GitHub.com", "https://github.com/", "github.com", ""),
            ("https://ada:secret@example.com:8443/a?b=1#top", "https://example.com:8443/a?b=1", "example.com:8443", ""),
            ("http://google.com@evil.example/", "http://evil.example/", "evil.example", ""),
            ("https://example.com/?a=1&Token=x&b=%20&X-Amz-Signature=0f", "https://example.com/?a=1&b=%20", "example.com", ""),
            ("https://example.com?access_token=x", "https://example.com/", "example.com", ""),
            ("https://example.com/report.PDF?v=2", "https://example.com/report.PDF?v=2", "example.com", "pdf"),
            ("https://example.com/v1.2/pulse-1.0.tar.gz", "https://example.com/v1.2/pulse-1.0.tar.gz", "example.com", "tar.gz"),
            ("https://example.com/v1.2/", "https://example.com/v1.2/", "example.com", ""),
            ("https://example.com/.zip", "https://example.com/.zip", "example.com", ""),
            ("https://example.com/a.verylongending", "https://example.com/a.verylongending", "example.com", ""),
            ("https://münchen.de/straße", "https://xn--mnchen-3ya.de/straße", "xn--mnchen-3ya.de", ""),
            ("https://ada:secret@Bücher.example:8443?token=1", "https://xn--bcher-kva.example:8443/", "xn--bcher-kva.example:8443", ""),
            ("https://[2001:DB8::1]/x", "https://[2001:db8::1]/x", "[2001:db8::1]", ""),
            ("mailto:Ada@example.com?subject=a&body=b", "mailto:Ada@example.com", "", ""),
            ("tel:+49-30-901820", "tel:+49-30-901820", "", ""),
        ])
    func kept(sent: String, text: String, host: String, fileType: String) throws {
        let url = try OutboundURL(sent)
        #expect(url.text == text)
        #expect(url.host == host)
        #expect(url.fileType == fileType)
    }

    @Test(
        "is rejected if invalid, without being quoted",
        arguments: [
            ("ftp://ada:secret@example.com/", "the scheme 'ftp'"), ("javascript:alert(1)", "the scheme 'javascript'"),
            ("data:text/html,x", "the scheme 'data'"),
            ("/docs", "one without a scheme"), ("https:", "one without a valid host"), ("https:example.com", "one without a valid host"),
            ("https://", "one without a valid host"), ("https://ada:secret@/", "one without a valid host"),
            ("https://a..b/", "one without a valid host"),
            ("https://example.com:0/", "one without a valid host"),
            ("https://example.com/a b", "one with a space or control character in it"),
            ("mailto:?subject=x", "one without a recipient"), ("tel:", "one without a recipient"),
        ])
    func refused(sent: String, came: String) {
        let error = #expect(throws: ServiceError.self) { try OutboundURL(sent) }
        #expect(
            error?.message == "Invalid request body: field 'url' must be an absolute URL with one of the schemes http, https, mailto, tel; "
                + "got \(came).")
        #expect(error?.evidence?.field == "url")
    }
}
