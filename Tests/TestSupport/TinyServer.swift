import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A web server on a free loopback port that sends the test's responses and records the requests.
package final class TinyServer: Sendable {
    package struct Request: Sendable {
        package let method: String
        package let path: String
        package let headers: HTTPHeaders
        package let body: String
    }

    package struct Response: Sendable {
        package var status: Int
        package var headers: HTTPHeaders
        package var body: String

        package init(status: Int = 200, headers: HTTPHeaders = [:], body: String = "") {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    package let port: Int
    package var address: String { "http://127.0.0.1:\(port)" }
    private let received: AsyncStream<Request>

    private init(port: Int, received: AsyncStream<Request>) {
        self.port = port
        self.received = received
    }

    /// Serves while `body` runs. `answer` gets the number of the request, from 0.
    package static func run<Result>(
        answer: @escaping @Sendable (Int, Request) -> Response = { _, _ in Response() }, _ body: (TinyServer) async throws -> Result
    ) async throws -> Result {
        let (received, continuation) = AsyncStream.makeStream(of: Request.self)
        let count = Mutex(0)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        Handler { request in
                            let number = count.withLock { count in
                                defer { count += 1 }
                                return count
                            }
                            let response = answer(number, request)
                            continuation.yield(request)
                            return response
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = TinyServer(port: channel.localAddress?.port ?? 0, received: received)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        try await channel.close()
        continuation.finish()
        return try result.get()
    }

    /// The next requests, in order of arrival.
    package func next(_ count: Int = 1) async -> [Request] {
        var requests: [Request] = []
        var iterator = received.makeAsyncIterator()
        while requests.count < count, let request = await iterator.next() { requests.append(request) }
        return requests
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let answer: (Request) -> Response
        private var head: HTTPRequestHead?
        private var body = ByteBuffer()

        init(answer: @escaping (Request) -> Response) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body.clear()
            case .body(var part): body.writeBuffer(&part)
            case .end:
                guard let head else { return }
                let response = answer(
                    Request(
                        method: head.method.rawValue, path: head.uri, headers: head.headers, body: String(buffer: body)))
                var headers = response.headers
                headers.replaceOrAdd(name: "content-length", value: String(response.body.utf8.count))
                let answerHead = HTTPResponseHead(version: head.version, status: .init(statusCode: response.status), headers: headers)
                context.write(wrapOutboundOut(.head(answerHead)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: response.body)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
