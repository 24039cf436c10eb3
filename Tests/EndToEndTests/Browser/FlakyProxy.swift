import AsyncHTTPClient
import Core
import Foundation
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOHTTP1
import Synchronization

/// A proxy in front of Pulse on a bad day: it forwards requests, and sometimes loses the response.
final class FlakyProxy: Sendable {
    /// Statuses for the next collect requests, sent in place of Pulse's; when there are none left, Pulse's status is passed on.
    private let failures: Mutex<[Int]>
    private let bodies = Mutex<[String]>([])

    private init(failures: [Int]) { self.failures = Mutex(failures) }

    /// Bodies of the collect requests, in order.
    var collected: [String] { bodies.withLock { $0 } }

    /// Proxies `api` while `body` runs.
    /// - Parameter failures: The statuses that the first collect requests get instead of their responses.
    static func run<Result: Sendable>(
        before api: String, failures: [Int], _ body: @Sendable (FlakyProxy, _ address: String) async throws -> Result
    ) async throws -> Result {
        let front = FlakyProxy(failures: failures)
        let router = Router()
        router.get("/api/script.js") { _, _ in
            let answer = try await HTTP.get(api + "/api/script.js")
            return Response(
                status: .ok, headers: [.contentType: "application/javascript"], body: .init(byteBuffer: ByteBuffer(bytes: answer.bytes)))
        }
        router.post("/api/collect") { request, _ in
            let text = String(buffer: try await request.body.collect(upTo: 1 << 20))
            let headers = [("User-Agent", request.headers[.userAgent] ?? ""), ("Content-Type", request.headers[.contentType] ?? "")]
            let answer = try await HTTP.post(api + "/api/collect?\(request.uri.query ?? "")", text, headers: headers)
            front.bodies.withLock { $0.append(text) }
            let failure = front.failures.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            return Response(status: .init(code: failure ?? answer.status), headers: [.accessControlAllowOrigin: "*"])
        }
        return try await Application(router: router).test(.live) { client in
            try await body(front, "http://localhost:\(client.port ?? 0)")
        }
    }
}
