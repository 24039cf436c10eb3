import Access
import Common
import Coordination
import HTTPTypes
import Ingest
import NIOCore
import Operations
import Storage

/// What an orchestrator and a monitor ask: alive, ready, metrics.
struct Probes: Sendable {
    let engines: Engines
    let journal: Journal
    let writer: IngestWriter
    let telemetry: Telemetry
    let time: any TimeSource

    var routes: [Route] {
        let check = Schema.object([.required("ok", .boolean), .optional("error", .string(0...2_000))])
        return [
            Route(anonymous: .get, "/healthz", "Whether the process answers.", success: .json(.object([.required("ok", .boolean)]))) { _ in
                .json(bytes: ByteBuffer(string: #"{"ok":true}"#))
            },
            Route(
                anonymous: .get, "/readyz", "Whether everything behind the host works; 503 when not.",
                success: .json(.object([
                    .required("ok", .boolean), .required("control", check), .required("events", check), .required("coordination", check),
                    .required("journal", .object([
                        .required("ok", .boolean), .required("backlog_bytes", .count), .required("capacity_bytes", .count),
                    ])),
                ])), use: ready),
            Route(anonymous: .get, "/metrics", "Metrics in Prometheus' text format.", success: .other("text/plain")) { _ in
                Answer(
                    status: 200, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                    body: .bytes(ByteBuffer(string: telemetry.metrics.render())))
            },
        ]
    }

    private struct Check: Encodable {
        let ok: Bool
        let error: String?

        init(_ body: () async throws -> Void) async {
            do {
                try await body()
                ok = true
                error = nil
            } catch {
                ok = false
                // The kind of failure; details may name hosts and are for the log.
                self.error = (error as? ServiceError)?.message ?? "\(type(of: error))"
            }
        }
    }

    private struct Readiness: Encodable {
        struct Backlog: Encodable { let ok: Bool, backlog_bytes: Int64, capacity_bytes: Int64 }
        let ok: Bool, control: Check, events: Check, coordination: Check, journal: Backlog
    }

    @Sendable private func ready(_: AnonymousRequest) async throws -> Answer {
        async let control = Check { try await engines.control.ping() }
        async let events = Check { try await engines.events.ping() }
        async let coordination = Check { try await engines.coordination.ping() }
        let backlog = journal.backlogBytes, capacity = journal.capacityBytes
        let checks = await [control, events, coordination]
        let hasRoom = backlog < capacity * 9 / 10
        let isReady = checks.allSatisfy(\.ok) && hasRoom
        return try .json(
            Readiness(
                ok: isReady, control: checks[0], events: checks[1], coordination: checks[2],
                journal: .init(ok: hasRoom, backlog_bytes: backlog, capacity_bytes: capacity)),
            status: isReady ? 200 : 503)
    }
}
