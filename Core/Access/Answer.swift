import Blobs
import Common
import HTTPTypes
import NIOCore

/// A handler's response.
public struct Answer: Sendable {
    /// A response body.
    public enum Body: Sendable {
        case bytes(ByteBuffer)
        /// A body that is made while it is sent, until it ends or the client disconnects.
        case stream(ByteStream)
    }

    /// The HTTP status.
    public var status: Int
    /// The header fields.
    public var headers: HTTPFields
    /// The body; empty by default.
    public var body: Body

    public init(status: Int, headers: HTTPFields = [:], body: Body = .bytes(ByteBuffer())) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A JSON response. Member names are sorted, so equal values are encoded as equal bytes.
    public static func json(_ value: some Encodable, status: Int = 200) throws -> Answer {
        json(bytes: ByteBuffer(bytes: try JSONText(encoding: value).bytes), status: status)
    }

    /// A response whose body is JSON that is already encoded.
    public static func json(bytes: ByteBuffer, status: Int = 200) -> Answer {
        Answer(status: status, headers: [.contentType: "application/json; charset=utf-8"], body: .bytes(bytes))
    }

    /// A 204 without a body.
    public static let noContent = Answer(status: 204)

    /// Adds a member to a response that is a JSON object. Relies on the body having been written by `json`, without spaces.
    @_spi(Host) public mutating func add(_ name: String, _ value: some Encodable) throws {
        guard case .bytes(var bytes) = body else { return }
        let member = try JSONText(encoding: [name: value]).bytes, isEmpty = bytes.readableBytes == 2
        bytes.moveWriterIndex(to: bytes.writerIndex - 1)
        if !isEmpty { bytes.writeString(",") }
        bytes.writeBytes(member.dropFirst())
        body = .bytes(bytes)
    }
}
