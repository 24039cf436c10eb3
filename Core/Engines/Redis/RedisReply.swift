import CHiredis

/// A reply from Redis.
enum RedisReply: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case array([RedisReply])
    case null
    /// An error message from Redis, which starts with a code: `NOSCRIPT No matching script.`
    case error(String)

    init(_ reply: UnsafeMutablePointer<redisReply>) {
        let fields = reply.pointee
        switch fields.type {
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: self = .text(Self.text(fields))
        case REDIS_REPLY_INTEGER: self = .integer(Int(fields.integer))
        case REDIS_REPLY_ARRAY: self = .array((0..<fields.elements).map { RedisReply(fields.element[$0]!) })
        case REDIS_REPLY_ERROR: self = .error(Self.text(fields))
        default: self = .null
        }
    }

    private static func text(_ fields: redisReply) -> String {
        String(decoding: UnsafeRawBufferPointer(start: fields.str, count: fields.len), as: UTF8.self)
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var integer: Int? { if case .integer(let number) = self { number } else { nil } }
    var elements: [RedisReply]? { if case .array(let elements) = self { elements } else { nil } }

    /// The code of an error, such as `NOSCRIPT` or `WRONGPASS`; nil for other replies. The rest of the message may quote the
    /// command, so it is left out.
    var errorCode: String? {
        guard case .error(let message) = self else { return nil }
        return String(message.prefix { $0 != " " })
    }
}
