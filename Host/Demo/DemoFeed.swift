@_spi(Host) import Access
@_spi(Host) import Common
import HTTPTypes
@_spi(Host) import Ingest
import NIOCore
import NIOHTTP1
@_spi(Host) import Platform
import ServiceLifecycle

/// Sends demo traffic to Pulse in time order, through `POST /api/collect` like any other events. It uses a server key, so Pulse
/// takes IP addresses, user agents and times from the events.
struct DemoFeed: Sendable {
    struct Reply: Sendable {
        let status: Int
        let body: ByteBuffer
        let retryAfterSeconds: Int?
    }

    /// Sends one request.
    let send: @Sendable (ByteBuffer) async throws -> Reply

    /// Feeds a running host over HTTP.
    init(to host: RunningHost, key: String) {
        send = { body in
            let reply = try await host.send(.POST, "/api/collect", [("X-Pulse-Key", key)], body, .seconds(120))
            return Reply(status: reply.status, body: reply.body, retryAfterSeconds: reply.retryAfterSeconds)
        }
    }

    /// Feeds an installation in this process. The requests go through the same gate as HTTP requests.
    init(into installation: Installation, key: String) {
        let gate = installation.gate, surface = installation.pulse, logger = installation.logger
        guard let (module, route) = installation.registry.routes.first(where: { $0.route.path == "/api/collect" }) else {
            preconditionFailure("the host has no collection route")
        }
        send = { body in
            let request = IncomingRequest(
                method: .post, path: route.path, query: .init(""),
                headers: [PulseSurface.keyHeader: key, .contentType: "application/json"],
                pathParameters: [:], clientAddress: "127.0.0.1", id: "demo", logger: logger, collectBody: { _ in body })
            let entrance = Gate.Entrance(to: route, module: module, surface: surface), answer: Answer
            do { answer = try await gate.pass(request, by: entrance) } catch let error as ServiceError {
                answer = surface.answer(to: error)
            }
            guard case .bytes(let bytes) = answer.body else { preconditionFailure("collection answers with bytes") }
            return Reply(status: answer.status, body: bytes, retryAfterSeconds: answer.headers[.retryAfter].flatMap(Int.init))
        }
    }

    /// Sends all of `traffic`.
    /// - Parameters:
    ///   - details: makes payloads that accompany the events but are not counted; nil to send no such payloads.
    ///   - progress: called with the number of events accepted so far.
    /// - Returns: the number of accepted events.
    func run(
        _ traffic: consuming DemoTraffic, details: DemoDetails? = nil, batch: Int = 1_000, progress: @Sendable (Int) -> Void = { _ in }
    ) async throws -> Int {
        var accepted = 0
        if let details, batch >= DemoDetails.most {
            while let (body, events) = traffic.nextBatch(batch, with: details) {
                // Disabled modules reject only details, which are not counted.
                accepted += min(events, try await deliver(ByteBuffer(bytes: body)))
                progress(accepted)
            }
            return accepted
        }
        while let body = traffic.nextBatch(batch) {
            accepted += try await deliver(ByteBuffer(bytes: body))
            progress(accepted)
        }
        return accepted
    }

    /// Retries until the host accepts the request. A busy host says when to retry, and any host accepts a new key within two
    /// seconds.
    private func deliver(_ body: ByteBuffer) async throws -> Int {
        var refusals = 0
        while true {
            let reply = try await send(body)
            let json = try reply.body.withUnsafeReadableBytes { try JSON.parse($0) }
            switch reply.status {
            case 200: return Int(json["accepted"]?.integer ?? 0)
            case 401 where refusals < 20, 429 where refusals < 600, 503 where refusals < 60:
                refusals += 1
                try await Task.sleep(for: .milliseconds(reply.status == 401 ? 500 : 1_000 * (reply.retryAfterSeconds ?? 1)))
            default:
                let sentence = json["error"]?.string ?? json["errors"]?.elements.first?["error"]?.string
                throw CommandError("Pulse did not accept the events: \(sentence ?? "it responded with status \(reply.status).")")
            }
        }
    }
}

extension Installation {
    /// Runs `body` while the writer stores the events that `body` sends. Returns once all of them are in the event store.
    func collecting<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        let writing = Task { try await writer.run() }
        do {
            let result = try await body()
            try await writer.settle()
            writing.cancel()
            _ = await writing.result
            return result
        } catch {
            writing.cancel()
            _ = await writing.result
            throw error
        }
    }
}
