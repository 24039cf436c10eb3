import AsyncHTTPClient
@_spi(Host) import Blobs
@_spi(Host) import Common
import Crypto
import Foundation
import Logging
import NIOCore
import NIOHTTP1

/// Sends signed requests to a bucket. Follows no redirects, so signatures and content go nowhere else.
struct S3Client: Sendable {
    struct Response: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: ByteBuffer
    }

    /// The most bytes of a response that is not content.
    private static let maximumAnswer = 4 << 20
    /// How often a request is sent that the service could not handle, and how long one may take.
    private static let attempts = 3, seconds: Int64 = 60
    /// A failure that took longer than this is not tried again: callers have waited long enough. The client itself goes on connecting until
    /// its time limit for that.
    private static let patience = Duration.seconds(1)

    let settings: S3Settings
    let client: HTTPClient
    let time: any TimeSource
    let logger: Logger

    /// The path of a key, in the bucket.
    func path(_ key: String) -> String { (settings.bucket.isInPath ? "/\(settings.bucket.name)" : "") + "/" + key }

    /// Sends a request, again if the service fails. All requests may be repeated: they set a key's content, read or delete.
    /// - Throws: `ServiceError` 503 if the service can't be reached, or answers with an error other than `accepted`.
    func send(
        _ method: HTTPMethod, _ key: String, query: [(String, String)] = [], fields: [(String, String)] = [],
        body: ByteBuffer = ByteBuffer(), maximumBytes: Int = maximumAnswer, accepted: Set<Int> = []
    ) async throws -> Response {
        for attempt in 1... {
            var problem: String
            let start = ContinuousClock.now
            do {
                let response = try await sendOnce(method, key, query, fields, body, maximumBytes)
                if (200..<300).contains(response.status) || accepted.contains(response.status) { return response }
                problem = "status \(response.status) \(Self.code(response.body))"
                guard response.status >= 500 || response.status == 429, attempt < Self.attempts else {
                    logger.error(
                        "the object storage refused a request",
                        metadata: ["objects.method": "\(method.rawValue)", "objects.problem": "\(problem)"])
                    throw ServiceError.blobsUnavailable
                }
            } catch let error as ServiceError {
                throw error
            } catch {
                try Task.checkCancellation()
                problem = "\(error)"
                guard attempt < Self.attempts, ContinuousClock.now - start < Self.patience else {
                    logger.error("the object storage can't be reached", metadata: ["objects.problem": "\(problem)"])
                    throw ServiceError.blobsUnavailable
                }
            }
            logger.warning("the object storage failed; trying again", metadata: ["objects.problem": "\(problem)"])
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...200) << attempt))
        }
        throw ServiceError.blobsUnavailable
    }

    private func sendOnce(
        _ method: HTTPMethod, _ key: String, _ query: [(String, String)], _ fields: [(String, String)], _ body: ByteBuffer,
        _ maximumBytes: Int
    ) async throws -> Response {
        let path = path(key), text = S3Signature.queryText(query)
        var request = HTTPClientRequest(url: settings.bucket.origin + path + (text.isEmpty ? "" : "?" + text))
        request.method = method
        let sha256 = body.withUnsafeReadableBytes { Digest.hex(SHA256.hash(data: $0)) }
        let signed = S3Signature(settings: settings).fields(
            method.rawValue, path: path, query: query, sha256: sha256, more: fields, at: time.now)
        for (name, value) in signed { request.headers.add(name: name, value: value) }
        if method == .PUT || method == .POST { request.body = .bytes(body) }
        let response = try await client.execute(request, timeout: .seconds(Self.seconds))
        return Response(
            status: Int(response.status.code), headers: response.headers,
            body: method == .HEAD ? ByteBuffer() : try await response.body.collect(upTo: maximumBytes))
    }

    /// The code in an error's XML, such as `NoSuchKey`. Only its letters, so a log has no text from outside.
    static func code(_ body: ByteBuffer) -> String {
        S3XML.texts("Code", in: String(buffer: body)).first.map { String($0.filter { $0.isASCII && $0.isLetter }.prefix(60)) } ?? ""
    }
}

/// Finds elements in S3's XML. Enough for answers about keys that Pulse made, which have no characters that XML escapes.
enum S3XML {
    /// The texts of all elements of this name.
    static func texts(_ name: String, in xml: String) -> [Substring] {
        var found: [Substring] = [], rest = xml[...]
        while let open = rest.firstRange(of: "<\(name)>"), let close = rest[open.upperBound...].firstRange(of: "</\(name)>") {
            found.append(rest[open.upperBound..<close.lowerBound])
            rest = rest[close.upperBound...]
        }
        return found
    }
}
