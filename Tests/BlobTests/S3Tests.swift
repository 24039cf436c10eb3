@_spi(Host) import Blobs
@_spi(Host) import Common
import Logging
import NIOCore
import NIOHTTP1
@_spi(Host) @testable import S3Engine
import Testing
import TestSupport

@Suite("S3")
struct S3Tests {
    private static func bucket(_ url: String) -> ObjectAddress.Bucket? {
        guard case .bucket(let bucket) = ObjectAddress(url) else { return nil }
        return bucket
    }

    /// - Source: AWS, "Authenticating Requests: Using the Authorization Header", example "GET Object".
    @Test("signs a request as AWS's example does")
    func signature() throws {
        let bucket = try #require(Self.bucket("s3://examplebucket?endpoint=https://examplebucket.s3.amazonaws.com"))
        let settings = S3Settings(
            bucket, accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        let fields = S3Signature(settings: settings).fields(
            "GET", path: "/test.txt", query: [], sha256: Digest.sha256(""), more: [("range", "bytes=0-9")],
            at: Instant(seconds: 1_369_353_600))
        let authorization = try #require(fields.last { $0.0 == "authorization" }?.1)
        #expect(
            authorization
                == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
                + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
        #expect(S3Signature.queryText([("prefix", "a/b c"), ("list-type", "2")]) == "list-type=2&prefix=a%2Fb%20c")
    }

    @Test("reads the address of a bucket")
    func address() throws {
        let aws = try #require(Self.bucket("s3://my-bucket/pulse/objects/?region=eu-central-1"))
        #expect(aws.origin == "https://my-bucket.s3.eu-central-1.amazonaws.com" && aws.prefix == "pulse/objects/" && !aws.isInPath)
        let dotted = try #require(Self.bucket("s3://my.bucket"))
        #expect(dotted.origin == "https://s3.us-east-1.amazonaws.com" && dotted.isInPath && dotted.prefix == "")
        let own = try #require(Self.bucket("s3://bucket?endpoint=http://127.0.0.1:9000"))
        #expect(own.origin == "http://127.0.0.1:9000" && own.host == "127.0.0.1:9000" && own.isInPath)
        #expect(try #require(Self.bucket("s3://bucket?endpoint=https://s3.example.com:443/")).host == "s3.example.com")
        for wrong in [
            "s3://", "s3:bucket", "s3://Bucket", "s3://b", "s3://key:secret@bucket", "s3://bucket?endpoint=ftp://a", "s3://bucket?x=y",
            "s3://bucket?endpoint=http://u:p@host", "s3://bucket?endpoint=http://host/path", "s3://bucket/../x", "s3://bucket/a b",
            "http://bucket",
            "s3://bucket?region=a/b", "s3://bucket?region=a&region=b", "s3://bucket:9000", "", "file:",
        ] { #expect(ObjectAddress(wrong) == nil, "\(wrong)") }
        #expect(ObjectAddress("file:data/objects") == .folder("data/objects"))
        #expect(ObjectAddress("file:///srv/objects") == .folder("/srv/objects"))
    }

    @Test("a service that can't be reached or fails is a 503 that shows no keys")
    func unavailable() async throws {
        let port = try Loopback.freePort()
        let (logger, lines) = Logger.recording()
        let bucket = try #require(Self.bucket("s3://bucket?endpoint=http://127.0.0.1:\(port)"))
        let engine = S3BlobEngine(
            S3Settings(bucket, accessKeyID: "AKIATEST", secretAccessKey: "s3cret-key"), time: SystemTime(), logger: logger)
        await #expect(throws: ServiceError.blobsUnavailable) { try await engine.ping() }
        await engine.close()
        #expect(!lines().isEmpty && !lines().joined().contains("s3cret-key") && !lines().joined().contains("AKIATEST"))
    }

    @Test("an answer that redirects elsewhere is not followed")
    func redirect() async throws {
        let elsewhere = TinyServer.Response(status: 307, headers: ["Location": "http://127.0.0.1:1/elsewhere"])
        try await TinyServer.run(answer: { _, _ in elsewhere }) { server in
            let bucket = try #require(Self.bucket("s3://bucket?endpoint=\(server.address)"))
            let engine = S3BlobEngine(
                S3Settings(bucket, accessKeyID: "AKIATEST", secretAccessKey: "s3cret-key"), time: SystemTime(),
                logger: .quiet)
            await #expect(throws: ServiceError.blobsUnavailable) { try await engine.ping() }
            await engine.close()
            #expect(await server.next().first?.headers.contains(name: "Authorization") == true)
        }
    }
}
