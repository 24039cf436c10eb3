import Operations
import Testing

@Suite("Redaction")
struct RedactionTests {
    @Test(
        "removes keys, tokens and passwords",
        arguments: [
            ("pa_live_abcdEFGHijklMNOPqrst0123", "pa_live_abcd..."),
            ("key=pa_live_abcdEFGHijklMNOPqrst01-_&x=1", "key=pa_live_abcd...&x=1"),
            ("pa_live_abc and pa_live_defgh.", "pa_live_... and pa_live_...."),
            ("psrc_a,pemb_b whsec_c", "psrc_...,pemb_... whsec_..."),
            ("xxpsrc_abc\"", "xxpsrc_...\""),
            ("padm_0123456789", "padm_..."),
            ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer ..."),
            ("bearer   abc def", "bearer   ... def"), ("BEARER abc;", "BEARER ...;"), ("Bearer pa_live_abcdefghijklmn", "Bearer ..."),
            ("postgres://pulse:sesame@db:5432/pulse", "postgres://pulse:...@db:5432/pulse"),
            ("redis://:sesame@localhost", "redis://:...@localhost"),
            ("host=db password=sesame user=a", "host=db password=... user=a"), ("?token=abc&a=b", "?token=...&a=b"),
            ("é pa_live_abcdefghijkl é", "é pa_live_abcd... é"),
        ])
    func redacts(text: String, cleaned: String) {
        #expect(Redaction().clean(text) == cleaned)
        #expect(Redaction().clean(cleaned) == cleaned, "cleaning is idempotent")
    }

    @Test(
        "leaves everything else alone",
        arguments: [
            "", "plain", "pa_live_", "pa_live_xK9m...", "a bearer", "Bearer", "pa_test_abc", "http://localhost:8080/a@b", "http://a@b",
            "a:b@c", "::1", "://", "p", "whsec",
            "https://example.org/path?mail=a:b@c",
        ])
    func leaves(text: String) {
        #expect(Redaction().clean(text) == text)
    }

    @Test("removes the installation's own secrets, but not short words")
    func ownSecrets() {
        let redaction = Redaction(secrets: ["correct horse", "admin", ""])
        #expect(redaction.clean("the correct horse of admin") == "the ... of admin")
    }

    @Test(
        "recognizes secrets by their name",
        arguments: [
            ("authorization", true), ("request.Authorization", true), ("smtp.password", true), ("source_token", true), ("set-cookie", true),
            ("api_key", true),
            ("X-Pulse-Key", true), ("key_prefix", false), ("token_prefix", false), ("tokens", false), ("path", false), ("", false),
        ])
    func names(name: String, isSecret: Bool) {
        #expect(Redaction.isSecret(name) == isSecret)
    }
}
