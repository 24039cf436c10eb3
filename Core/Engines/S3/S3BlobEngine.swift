import AsyncHTTPClient
@_spi(Host) import Blobs
@_spi(Host) import Common
import Crypto
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// Blobs as objects of a bucket, on AWS or a compatible service: `<prefix><project>/<module>/<id>`.
///
/// Content up to 8 MB is one request; longer content is a multipart upload, of which one part is in memory. Reading asks for 8 MB at a time.
@_spi(Host) public final class S3BlobEngine: BlobEngine {
    let s3: S3Client
    private let bytesOfPart: Int

    /// - Parameter bytesOfPart: the size of a part. S3 accepts at least 5 MB for all but the last.
    public init(_ settings: S3Settings, bytesOfPart: Int = 8 << 20, time: any TimeSource, logger: Logger) {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(2)
        configuration.timeout.read = .seconds(30)
        s3 = S3Client(
            settings: settings, client: HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration), time: time,
            logger: logger)
        self.bytesOfPart = bytesOfPart
    }

    public var place: String { "the bucket \(s3.settings.bucket.name) at \(s3.settings.bucket.host)" }
    public var folder: String? { nil }

    private func path(of key: BlobKey) -> String { s3.settings.bucket.prefix + key.description }

    // MARK: Writing

    public func put(_ key: BlobKey, _ content: ByteStream, maximumBytes: Int64) async throws -> StoredContent {
        let path = path(of: key)
        var hash = SHA256(), bytes: Int64 = 0, waiting = ByteBuffer(), parts: [String] = [], upload: String?
        do {
            while let piece = try await content.next() {
                bytes += Int64(piece.readableBytes)
                guard bytes <= maximumBytes else { throw ServiceError.blobTooLarge(maximumBytes) }
                piece.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
                waiting.writeImmutableBuffer(piece)
                while waiting.readableBytes > bytesOfPart, let part = waiting.readSlice(length: bytesOfPart) {
                    let id: String
                    if let upload { id = upload } else { id = try await begin(path) }
                    upload = id
                    parts.append(try await put(part, number: parts.count + 1, of: id, path))
                    waiting.discardReadBytes()
                }
            }
            if let upload {
                parts.append(try await put(waiting, number: parts.count + 1, of: upload, path))
                try await complete(upload, parts, path)
            } else {
                _ = try await s3.send(.PUT, path, body: waiting)
            }
            return StoredContent(bytes: bytes, sha256: Digest.hex(hash.finalize()))
        } catch {
            // Also when the task was cancelled: parts of an open upload are paid for, and no list shows them.
            if let upload {
                await Task { [s3] in _ = try? await s3.send(.DELETE, path, query: [("uploadId", upload)], accepted: [404]) }.value
            }
            throw error
        }
    }

    private func begin(_ path: String) async throws -> String {
        let answer = try await s3.send(.POST, path, query: [("uploads", "")])
        guard let id = S3XML.texts("UploadId", in: String(buffer: answer.body)).first else { throw ServiceError.blobsUnavailable }
        return String(id)
    }

    /// Returns the part's tag.
    private func put(_ part: ByteBuffer, number: Int, of upload: String, _ path: String) async throws -> String {
        let answer = try await s3.send(.PUT, path, query: [("partNumber", "\(number)"), ("uploadId", upload)], body: part)
        guard let tag = answer.headers.first(name: "ETag") else { throw ServiceError.blobsUnavailable }
        return tag
    }

    private func complete(_ upload: String, _ parts: [String], _ path: String) async throws {
        let list = parts.enumerated().map { "<Part><PartNumber>\($0.offset + 1)</PartNumber><ETag>\($0.element)</ETag></Part>" }.joined()
        let answer = try await s3.send(
            .POST, path, query: [("uploadId", upload)],
            body: ByteBuffer(string: "<CompleteMultipartUpload>\(list)</CompleteMultipartUpload>"))
        // S3 may report a failure after it has sent the status.
        guard S3XML.texts("ETag", in: String(buffer: answer.body)).first != nil else { throw ServiceError.blobsUnavailable }
    }

    // MARK: Reading

    public func get(_ key: BlobKey, _ range: Range<Int64>) async throws -> ByteStream? {
        guard let size = try await size(of: key) else { return nil }
        // Content that is shorter than its row says must not look complete.
        guard range.upperBound <= size else { throw ServiceError.blobsUnavailable }
        let path = path(of: key), offset = Position(range.lowerBound)
        return ByteStream { [s3, bytesOfPart] in
            let start = offset.value
            guard start < range.upperBound else { return nil }
            let end = min(start + Int64(bytesOfPart), range.upperBound)
            let answer = try await s3.send(.GET, path, fields: [("range", "bytes=\(start)-\(end - 1)")], maximumBytes: Int(end - start))
            guard answer.body.readableBytes == Int(end - start) else { throw ServiceError.blobsUnavailable }
            offset.value = end
            return answer.body
        }
    }

    public func size(of key: BlobKey) async throws -> Int64? {
        let answer = try await s3.send(.HEAD, path(of: key), accepted: [404])
        guard answer.status != 404 else { return nil }
        guard let size = answer.headers.first(name: "Content-Length").flatMap({ Int64($0) }) else { throw ServiceError.blobsUnavailable }
        return size
    }

    public func delete(_ key: BlobKey) async throws { _ = try await s3.send(.DELETE, path(of: key), accepted: [404]) }

    public func list(project: String, _ body: @Sendable ([BlobKey]) async throws -> Void) async throws {
        let prefix = s3.settings.bucket.prefix
        var token: String?
        repeat {
            let answer = try await s3.send(
                .GET, "",
                query: [("list-type", "2"), ("prefix", prefix + project + "/")] + (token.map { [("continuation-token", $0)] } ?? []))
            let xml = String(buffer: answer.body)
            let found = S3XML.texts("Contents", in: xml).compactMap { entry -> BlobKey? in
                guard let name = S3XML.texts("Key", in: String(entry)).first, name.hasPrefix(prefix) else { return nil }
                return BlobKey(String(name.dropFirst(prefix.count)))
            }
            if !found.isEmpty { try await body(found) }
            token = S3XML.texts("NextContinuationToken", in: xml).first.map { String($0).replacing("&amp;", with: "&") }
        } while token != nil
    }

    public func ping() async throws { _ = try await s3.send(.GET, "", query: [("list-type", "2"), ("max-keys", "1")]) }

    public func close() async { try? await s3.client.shutdown() }
}

/// A number that a stream moves forward.
private final class Position: Sendable {
    private let number: Atomic<Int64>
    init(_ value: Int64) { number = Atomic(value) }
    var value: Int64 {
        get { number.load(ordering: .relaxed) }
        set { number.store(newValue, ordering: .relaxed) }
    }
}
