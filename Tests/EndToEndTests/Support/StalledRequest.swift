import Foundation
import NIOCore
import NIOPosix

/// A request that is never sent completely.
enum StalledRequest {
    /// Keeps the connection open while `body` runs. The server has received the beginning when `body` starts.
    static func send<Result>(to address: String, _ path: String, _ body: () async throws -> Result) async throws -> Result {
        let group = MultiThreadedEventLoopGroup.singleton
        let answered = group.next().makePromise(of: Void.self)
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { $0.pipeline.addHandler(FirstBytes(answered)) }
            .connect(host: "127.0.0.1", port: URL(string: address)?.port ?? 0).get()
        // A complete request goes first; its response shows that the server has read both.
        let text =
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
            + "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
        try await channel.writeAndFlush(ByteBuffer(string: text))
        try await answered.futureResult.get()
        do {
            let result = try await body()
            try? await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    private final class FirstBytes: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let promise: EventLoopPromise<Void>

        init(_ promise: EventLoopPromise<Void>) { self.promise = promise }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) { promise.succeed() }
        func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
    }
}
