import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// The site in `Tests/Site`, served on its own port with the script tag filled in.
///
/// The site is at `localhost`. To a browser, the same pages at `127.0.0.1` are another site, from which `elsewhere.html`
/// sends visitors.
struct Teapots: Sendable {
    let port: Int
    var address: String { "http://localhost:\(port)" }
    var elsewhere: String { "http://127.0.0.1:\(port)/elsewhere.html" }

    /// Serves while `body` runs.
    /// - Parameter attributes: further `data-*` attributes of the tag.
    static func serve<Result>(
        api: String, key: String, attributes: String = "", _ body: (Teapots) async throws -> Result
    ) async throws -> Result {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    let values = ["API": api, "KEY": key, "ATTRIBUTES": attributes]
                    try channel.pipeline.syncOperations.addHandler(Pages(values: values))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let result = try await body(Teapots(port: channel.localAddress?.port ?? 0))
            try await channel.close()
            return result
        } catch {
            try await channel.close()
            throw error
        }
    }

    private final class Pages: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let values: [String: String]
        private var request: HTTPRequestHead?

        init(values: [String: String]) { self.values = values }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): request = head
            case .body: break
            case .end:
                let page = request.flatMap { self.page($0.uri, port: context.localAddress?.port ?? 0) }
                let text = page ?? "There is no such page."
                let type = request?.uri.hasSuffix(".js") == true ? "text/javascript" : "text/html"
                let headers: HTTPHeaders = ["content-type": "\(type); charset=utf-8", "content-length": String(text.utf8.count)]
                let head = HTTPResponseHead(version: .http1_1, status: page == nil ? .notFound : .ok, headers: headers)
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }

        private func page(_ uri: String, port: Int) -> String? {
            let path = uri.prefix { $0 != "?" }.removingPercentEncoding ?? ""
            guard !path.contains("..") else { return nil }
            let file = Repository.path("Tests/Site") + (path == "/" ? "/index.html" : path)
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
            let values = values.merging(["SITE": "http://localhost:\(port)", "PORT": "\(port)"]) { $1 }
            return values.reduce(text) { $0.replacingOccurrences(of: "{{\($1.key)}}", with: $1.value) }
        }
    }
}
