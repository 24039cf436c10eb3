import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A connection on which a test sends arbitrary bytes.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let inbox: Inbox

    private init(_ channel: any Channel, _ inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// - Parameter source: the local address; nil for the system's choice.
    static func open(_ port: Int, from source: String? = nil, readsAtOnce: Bool = true) async throws -> RawConnection {
        let inbox = Inbox()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        if let source { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: source, port: 0)) }
        let channel =
            try await bootstrap
            .channelOption(.autoRead, value: readsAtOnce)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { $0.pipeline.addHandler(inbox) }
            .connect(host: "127.0.0.1", port: port).get()
        return RawConnection(channel, inbox)
    }

    /// Reads what has arrived and will arrive, on a connection that did not read at once.
    func startReading() async throws { try await channel.setOption(.autoRead, value: true).get() }

    /// Sends without checking whether the other side still reads.
    func send(_ text: String) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }

    /// Closes the sending half of the connection.
    func endSending() async throws { try await channel.close(mode: .output) }
    func close() { channel.close(promise: nil) }

    /// What has arrived.
    var received: String { inbox.state.withLock { $0.text } }
    var hasEnded: Bool { inbox.state.withLock { $0.hasEnded } }
    var isClosed: Bool { inbox.state.withLock { $0.isClosed } }
    /// Whether the connection ended with a reset.
    var wasReset: Bool { inbox.state.withLock { $0.wasReset } }

    /// Waits until `text` has arrived.
    func receive(_ text: String) async throws {
        try await Patience.until("'\(text)'", seconds: 10, state: { self.received }) { self.received.contains(text) ? () : nil }
    }

    /// Waits until the other side has closed the connection or its half of it. Returns everything that has arrived.
    func rest() async throws -> String {
        try await Patience.until("the end of a connection", seconds: 10, state: { self.received }) { self.hasEnded ? self.received : nil }
    }

    private final class Inbox: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        struct State {
            var text = "", hasEnded = false, isClosed = false, wasReset = false
        }
        let state = Mutex(State())

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: unwrapInboundIn(data))
            state.withLock { $0.text += text }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { state.withLock { $0.hasEnded = true } }
        }

        func channelInactive(context: ChannelHandlerContext) { state.withLock { ($0.hasEnded, $0.isClosed) = (true, true) } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            if (error as? IOError)?.errnoCode == ECONNRESET { state.withLock { $0.wasReset = true } }
            context.close(promise: nil)
        }
    }
}
