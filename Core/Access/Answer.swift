import Blobs
@_spi(Host) import Common
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
        case value(Shaped)
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

    /// A value, or with the status 201 a resource that the request has created. On other surfaces, the status may be another one.
    @_spi(Host) public static func json<Value: Sendable>(_ value: Value, _ shape: Shape<Value>, status: Int = 200) -> Answer {
        Answer(status == 201 ? .created : .one, status: status, headers: json, .value(Shaped(value, shape)))
    }

    /// A page of a list that has `total` elements; nil if that is unknown. On Pulse's own surface `{"data":[...],"total":7}`.
    static func page<Element: Sendable>(_ elements: [Element], of shape: Shape<Element>, total: Int64?) -> Answer {
        Answer(.page(total: total), status: 200, headers: json, .value(Shaped(elements, .list(shape))))
    }

    /// Success without content, with the status 204 on Pulse's own surface.
    public static let nothing = Answer(.nothing, status: 204, headers: [:], .bytes(ByteBuffer()))

    // MARK: Bytes

    /// JSON that a surface has written, such as an error. Handlers answer values instead; see `Route`.
    public static func written(_ text: JSONText, status: Int) -> Answer { json(bytes: ByteBuffer(bytes: text.bytes), status: status) }

    /// A response whose body is JSON that is already encoded.
    @_spi(Host) public static func json(bytes: ByteBuffer, status: Int = 200) -> Answer {
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
        case .value(let value): ByteBuffer(bytes: try value.text(instants: instants).bytes)
        case .stream: ByteBuffer()
        }
    }

    /// Appends the JSON of the body to `text`, whose instants it gets.
    public func write(to text: inout JSONText) throws {
        switch body {
        case .bytes(let bytes): text.append(raw: String(buffer: bytes))
        case .value(let value): try value.write(to: &text)
        case .stream: break
        }
    }

    /// This response with the body that a surface has written. The surface has nothing more to write.
    public func written(_ bytes: ByteBuffer, status: Int) -> Answer {
        Answer(status: status, headers: headers, body: .bytes(bytes))
    }

    /// Adds a member to a response whose value is an object.
    @_spi(Host) public mutating func add<Member: Sendable>(_ field: Shape<Member>.Field, _ member: Member) {
        guard case .value(let value) = body else { return }
        body = .value(value.adding(field, member))
    }
}
