import Common
import Testing

@Suite("Identifiers and digests")
struct IdentifiersTests {
    @Test("a UUID is random (version 4) and lower case")
    func uuids() {
        var seen: Set<String> = []
        for _ in 0..<1_000 {
            let id = Identifiers.uuid()
            #expect(id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
            seen.insert(id)
        }
        #expect(seen.count == 1_000)
        // Every digit takes every value, except those of version and variant.
        for place in 0..<36 where ![8, 13, 14, 18, 19, 23].contains(place) {
            #expect(Set(seen.map { Array($0.utf8)[place] }).count == 16, "digit \(place)")
        }
    }

    @Test("a token has its prefix, its length and the URL-safe alphabet", arguments: [("pa_live_", 24), ("psrc_", 32), ("", 8), ("x", 0)])
    func tokens(prefix: String, length: Int) {
        let token = Identifiers.token(prefix: prefix, length: length)
        #expect(token.hasPrefix(prefix))
        #expect(token.count == prefix.count + length)
        #expect(token.dropFirst(prefix.count).wholeMatch(of: /[A-Za-z0-9_-]*/) != nil)
    }

    @Test("tokens are unique and use every character about equally often")
    func random() {
        var counts: [Character: Int] = [:], seen: Set<String> = []
        for _ in 0..<2_000 {
            let token = Identifiers.token(prefix: "", length: 32)
            seen.insert(token)
            for character in token { counts[character, default: 0] += 1 }
        }
        #expect(seen.count == 2_000)
        // 1,000 of each are expected with a standard deviation of about 32; six times that practically never happens.
        #expect(counts.count == 64)
        #expect(counts.values.allSatisfy { (800...1_200).contains($0) })
    }

    @Test(
        "SHA-256 matches known digests",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("ä\u{0}", "6dd76cc68d6ae1a95c406c9fa07aec640568bf0fb50494890e520f6eb30a6256"),
        ])
    func sha256(text: String, digest: String) {
        #expect(Digest.sha256(text) == digest)
    }

    @Test("hex has two digits per byte")
    func hex() {
        #expect(Digest.hex([0, 1, 15, 16, 171, 255] as [UInt8]) == "00010f10abff")
        #expect(Digest.hex([UInt8]()) == "")
    }

    @Test(
        "compares strings of any lengths byte by byte",
        arguments: [
            ("", "", true), ("a", "a", true), ("a", "b", false), ("a", "aa", false), ("", "a", false), ("\u{E9}", "e\u{301}", false),
        ])
    func equal(left: String, right: String, isEqual: Bool) {
        #expect(Digest.equal(left, right) == isEqual)
    }

    @Test("the digest of a secret equals the digest with its text, and no other")
    func secretDigests() {
        let digest = SecretDigest(of: "pa_live_a")
        #expect(SecretDigest(hex: Digest.sha256("pa_live_a")) == digest)
        #expect(SecretDigest(hex: Digest.sha256("pa_live_b")) != digest)
        #expect(SecretDigest(hex: String(Digest.sha256("pa_live_a").dropLast()) + "g") == nil)
        #expect(SecretDigest(hex: "") == nil && SecretDigest(hex: Digest.sha256("pa_live_a").uppercased()) == nil)
    }
}
