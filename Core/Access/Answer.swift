import Common
import HTTPTypes
import NIOCore

/// What a handler answers, before a surface or a server has seen it.
public struct Answer: Sendable {
    public enum Body: Sendable {
        case bytes(ByteBuffer)
        /// Sent piece by piece until the sequence ends or the client goes.
        case stream(AsyncStream<ByteBuffer>)
    }

    public var status: Int
    public var headers: HTTPFields
    public var body: Body

    public init(status: Int, headers: HTTPFields = [:], body: Body = .bytes(ByteBuffer())) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// `value` as JSON with names in the order of their bytes, so that equal answers are equal bytes.
    public static func json(_ value: some Encodable, status: Int = 200) throws -> Answer {
        json(bytes: ByteBuffer(bytes: try JSONText(encoding: value).bytes), status: status)
    }

    public static func json(bytes: ByteBuffer, status: Int = 200) -> Answer {
        Answer(status: status, headers: [.contentType: "application/json; charset=utf-8"], body: .bytes(bytes))
    }

    public static let noContent = Answer(status: 204)

    /// Adds a member to an answer that is a JSON object, which `json` writes without spaces.
    mutating func add(_ name: String, _ value: some Encodable) throws {
        guard case .bytes(var bytes) = body else { return }
        let member = try JSONText(encoding: [name: value]).bytes, isEmpty = bytes.readableBytes == 2
        bytes.moveWriterIndex(to: bytes.writerIndex - 1)
        if !isEmpty { bytes.writeString(",") }
        bytes.writeBytes(member.dropFirst())
        body = .bytes(bytes)
    }
}
