import Blobs
import Common
import HTTPTypes
import NIOCore

/// A handler's response.
public struct Answer: Sendable {
    /// A response body.
    public enum Body: Sendable {
        case bytes(ByteBuffer)
        /// A body that is made while it is sent, until it ends, the client disconnects, or the caller loses the right to it.
        case stream(ByteStream)
        /// A value that the surface writes as JSON.
        case value(any Encodable & Sendable)
    }

    /// What a JSON response says. A surface may give each outcome a status and an envelope of its own.
    public enum Outcome: Sendable, Equatable {
        /// A single value.
        case one
        /// A list, or a page of one that has `total` elements; nil if that is unknown.
        case page(total: Int64?)
        /// A resource that the request has created.
        case created
        /// Success, with nothing to say.
        case nothing
    }

    /// The HTTP status.
    public var status: Int
    /// The header fields.
    public var headers: HTTPFields
    /// The body; empty by default.
    public var body: Body
    /// What the response says; nil for bytes that no surface changes, such as files and pages.
    public private(set) var outcome: Outcome?

    public init(status: Int, headers: HTTPFields = [:], body: Body = .bytes(ByteBuffer())) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    private init(_ outcome: Outcome, status: Int, headers: HTTPFields, _ body: Body) {
        self.init(status: status, headers: headers, body: body)
        self.outcome = outcome
    }

    // MARK: Values

    /// A value, with the status 200 on Pulse's own surface.
    public static func one(_ value: some Encodable & Sendable) -> Answer {
        Answer(.one, status: 200, headers: json, .value(value))
    }

    /// A resource that the request has created, with the status 201 on Pulse's own surface.
    public static func created(_ value: some Encodable & Sendable) -> Answer {
        Answer(.created, status: 201, headers: json, .value(value))
    }

    /// A list, or a page of a list that has `total` elements. On Pulse's own surface `{"data":[...],"total":7}`.
    public static func page(_ values: [some Encodable & Sendable], total: Int64? = nil) -> Answer {
        Answer(.page(total: total), status: 200, headers: json, .value(values))
    }

    /// Success without content, with the status 204 on Pulse's own surface.
    public static let nothing = Answer(.nothing, status: 204, headers: [:], .bytes(ByteBuffer()))

    // MARK: Bytes

    /// A JSON response.
    @_spi(Host) public static func json<Value>(_ value: Value, _ shape: Shape<Value>, status: Int = 200) throws -> Answer {
        json(bytes: ByteBuffer(bytes: try shape.text(value).bytes), status: status)
    }

    /// A JSON response. Member names are sorted, so equal values are encoded as equal bytes.
    public static func json(_ value: some Encodable, status: Int = 200) throws -> Answer {
        json(bytes: ByteBuffer(bytes: try JSONText(encoding: value).bytes), status: status)
    }

    /// A response whose body is JSON that is already encoded.
    public static func json(bytes: ByteBuffer, status: Int = 200) -> Answer {
        Answer(status == 201 ? .created : .one, status: status, headers: json, .bytes(bytes))
    }

    /// A 204 without a body.
    public static let noContent = nothing

    private static let json: HTTPFields = [.contentType: "application/json; charset=utf-8"]

    // MARK: Writing

    /// Whether the body is bytes already.
    var isWritten: Bool { if case .bytes = body { true } else { false } }

    /// The JSON of the body: bytes as they are, or the value with its instants written by `instants`, or else as ISO 8601. Empty for a
    /// stream.
    public func content(instants: InstantText?) throws -> ByteBuffer {
        switch body {
        case .bytes(let bytes): bytes
        case .value(let value): ByteBuffer(bytes: try JSONText(encoding: value, instants: instants).bytes)
        case .stream: ByteBuffer()
        }
    }

    /// This response with the body that a surface has written. The surface has nothing more to write.
    public func written(_ bytes: ByteBuffer, status: Int) -> Answer {
        Answer(status: status, headers: headers, body: .bytes(bytes))
    }

    /// Adds a member to a response that is a JSON object. Relies on the body having been written by `json`, without spaces.
    @_spi(Host) public mutating func add<Value>(_ field: Shape<Value>.Field, _ value: Value) throws {
        try add(membersOf: try Shape([field]).text(value).bytes)
    }

    /// Like `add` with a shape's field, for a value that encodes itself.
    @_spi(Host) public mutating func add(_ name: String, _ value: some Encodable) throws {
        try add(membersOf: try JSONText(encoding: [name: value]).bytes)
    }

    private mutating func add(membersOf object: [UInt8]) throws {
        if case .stream = body { return }
        var bytes = try content(instants: nil)
        let isEmpty = bytes.readableBytes == 2
        bytes.moveWriterIndex(to: bytes.writerIndex - 1)
        if !isEmpty { bytes.writeString(",") }
        bytes.writeBytes(object.dropFirst())
        body = .bytes(bytes)
    }
}
