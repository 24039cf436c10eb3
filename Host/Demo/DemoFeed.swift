import Access
import Common
import HTTPTypes
import Ingest
import NIOCore
import NIOHTTP1
import Platform

/// Brings demo traffic into Pulse the way that every event comes in: through `POST /api/collect`, in order of time, with a
/// key of a server, so that addresses, browsers and times are taken as they are sent.
struct DemoFeed: Sendable {
    struct Reply: Sendable {
        let status: Int
        let body: ByteBuffer
        let retryAfterSeconds: Int?
    }

    /// Sends one request.
    let send: @Sendable (ByteBuffer) async throws -> Reply

    /// To a host that serves.
    init(to host: RunningHost, key: String) {
        send = { body in
            let reply = try await host.send(.POST, "/api/collect", [("X-Pulse-Key", key)], body, .seconds(120))
            return Reply(status: reply.status, body: reply.body, retryAfterSeconds: reply.retryAfterSeconds)
        }
    }

    /// Into an installation of this process, past the same gate.
    init(into installation: Installation, key: String) {
        let gate = installation.gate, logger = installation.logger
        guard let (module, route) = installation.registry.routes.first(where: { $0.route.path == "/api/collect" }) else {
            preconditionFailure("the host collects nothing")
        }
        send = { body in
            let request = IncomingRequest(
                method: .post, path: route.path, query: .init(""), headers: [PulseSurface.keyHeader: key, .contentType: "application/json"],
                pathParameters: [:], clientAddress: "127.0.0.1", id: "demo", logger: logger, collectBody: { _ in body })
            let answer: Answer
            do { answer = try await gate.pass(request, to: route, module: module, surface: PulseSurface()) } catch let error as ServiceError {
                answer = PulseSurface().answer(to: error)
            }
            guard case .bytes(let bytes) = answer.body else { preconditionFailure("collection answers with bytes") }
            return Reply(status: answer.status, body: bytes, retryAfterSeconds: answer.headers[.retryAfter].flatMap(Int.init))
        }
    }

    /// Sends all of `traffic`.
    /// - Parameters:
    ///   - details: what goes with the events and is not counted among them; nil for nothing.
    ///   - progress: told how many events were accepted so far.
    /// - Returns: how many events were accepted.
    func run(
        _ traffic: consuming DemoTraffic, details: DemoDetails? = nil, batch: Int = 1_000, progress: @Sendable (Int) -> Void = { _ in }
    ) async throws -> Int {
        var accepted = 0
        if let details, batch >= DemoDetails.most {
            while let (body, events) = traffic.nextBatch(batch, with: details) {
                // What a module that is off refuses is a detail.
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

    /// Sends until it is taken: a busy host says when to come back, and a new key is known within two seconds.
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
                throw CommandError("Pulse did not take the events: \(sentence ?? "it answered \(reply.status).")")
            }
        }
    }
}

extension Installation {
    /// Runs `body` while what it collects goes into the event store, and returns when all of it is there.
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
