@_spi(Host) import Common
import CHiredis
import Foundation

/// The connection broke, or could not be opened.
struct RedisConnectionLost: Error {
    let reason: String
}

/// A connection to Redis, confined to its own thread. Calls may block, but no longer than the given timeout.
final class RedisConnection {
    private let context: UnsafeMutablePointer<redisContext>

    /// Connects, authenticates, selects the database and sends a PING. The PING is needed because the kernel accepts connections
    /// even for a hung Redis.
    init(_ address: RedisAddress, timeoutMilliseconds: Int = 5_000) throws {
        let limit = timeval(tv_sec: timeoutMilliseconds / 1_000, tv_usec: timeoutMilliseconds % 1_000 * 1_000)
        guard let context = redisConnectWithTimeout(address.host, Int32(address.port), limit) else {
            throw RedisConnectionLost(reason: "out of memory")
        }
        self.context = context
        try check()
        guard redisSetTimeout(context, limit) == REDIS_OK else { throw lost() }
        redisEnableKeepAlive(context)
        if let password = address.password { try expectOK("AUTH", [address.user, password].compactMap { $0 }) }
        if address.database != 0 { try expectOK("SELECT", [String(address.database)]) }
        try expectOK("PING", [])
    }

    deinit { redisFree(context) }

    var descriptor: Int32 { context.pointee.fd }

    /// Sends `commands` together.
    func send(_ commands: [[String]]) throws {
        for command in commands {
            let bytes = command.map { Array($0.utf8) }
            var lengths = bytes.map(\.count)
            // All words share one buffer, so the pointers into it stay valid.
            let all = bytes.flatMap { $0 }
            let status = all.withUnsafeBytes { all in
                var at = 0
                var words = bytes.map { word -> UnsafePointer<CChar>? in
                    defer { at += word.count }
                    return all.baseAddress.map { ($0 + at).assumingMemoryBound(to: CChar.self) }
                }
                return redisAppendCommandArgv(context, Int32(words.count), &words, &lengths)
            }
            guard status == REDIS_OK else { throw lost() }
        }
        var isDone: Int32 = 0
        while isDone == 0 {
            guard redisBufferWrite(context, &isDone) == REDIS_OK else { throw lost() }
        }
    }

    /// Reads from the socket. Call when it is readable.
    func receive() throws {
        guard redisBufferRead(context) == REDIS_OK else { throw lost() }
    }

    /// The next completely received reply; nil if there is none yet.
    func nextReply() throws -> RedisReply? {
        var pointer: UnsafeMutableRawPointer?
        guard redisGetReplyFromReader(context, &pointer) == REDIS_OK else { throw lost() }
        guard let pointer else { return nil }
        defer { freeReplyObject(pointer) }
        return RedisReply(pointer.assumingMemoryBound(to: redisReply.self))
    }

    /// Sends one command and waits for its reply.
    func ask(_ command: [String]) throws -> RedisReply {
        try send([command])
        while true {
            if let reply = try nextReply() { return reply }
            try receive()
        }
    }

    /// Sends a command and expects OK.
    /// - Throws: `RedisConnectionLost` for an error reply. It contains only the reply's code, because the message may quote the
    ///   password.
    private func expectOK(_ name: String, _ arguments: [String]) throws {
        let reply = try ask([name] + arguments)
        if let code = reply.errorCode { throw RedisConnectionLost(reason: "Redis rejected \(name): \(code)") }
    }

    private func check() throws {
        if context.pointee.err != 0 { throw lost() }
    }

    private func lost() -> RedisConnectionLost {
        let reason = withUnsafeBytes(of: context.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return RedisConnectionLost(reason: reason)
    }
}
