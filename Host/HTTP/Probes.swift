@_spi(Host) import Access
@_spi(Host) import Common
@_spi(Host) import Coordination
import HTTPTypes
@_spi(Host) import Ingest
import Metrics
import NIOCore
@_spi(Host) import Operations
@_spi(Host) import Storage

/// The routes for orchestrators and monitoring: liveness, readiness, metrics.
struct Probes: Sendable {
    let engines: Engines
    let journal: Journal
    let writer: IngestWriter
    let telemetry: Telemetry
    let time: any TimeSource
    let showsMetrics: Bool

    var routes: [Route] { probes + (showsMetrics ? [metrics] : []) }

    private var metrics: Route {
        let backlog = Gauge(label: "ingest_backlog_seconds", dimensions: [], factory: telemetry.metrics)
        return Route(anonymous: .get, "/metrics", "Get metrics in Prometheus' text format.", success: .other("text/plain")) { _ in
            backlog.record(writer.backlogSeconds)
            return Answer(
                status: 200, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .bytes(ByteBuffer(string: telemetry.metrics.render())))
        }
    }

    private var probes: [Route] {
        let check = Schema.object([.required("ok", .boolean), .optional("error", .string(0...2_000))])
        let full = Parameter(
            "full", .boolean(default: false),
            "Whether to check the stores and the coordination too. If one does not respond, the status is 503.")
        return [
            Route(
                anonymous: .get, "/healthz", "Check whether the process responds.", success: .json(.object([.required("ok", .boolean)]))
            ) { _ in
                .json(bytes: ByteBuffer(string: #"{"ok":true}"#))
            },
            Route(
                anonymous: .get, "/readyz", "Check whether the host can accept events; the status is 503 if it can't.", parameters: [full],
                success: .json(
                    .object([
                        .required("ok", .boolean),
                        .required(
                            "journal",
                            .object([
                                .required("ok", .boolean), .required("backlog_bytes", .count),
                                .required(
                                    "backlog_seconds", .number(0...1e9),
                                    "Estimated seconds until the backlog is stored, at the writer's recent speed."),
                                .required("capacity_bytes", .count),
                                .required(
                                    "set_aside_rows", .count, "Rows that wait in the event store because their module is not loaded."),
                                .optional("error", .string(0...2_000)),
                            ])),
                        .optional("control", check), .optional("events", check), .optional("coordination", check),
                    ])), use: ready),
        ]
    }

    private struct Check: Encodable, Sendable {
        let ok: Bool
        let error: String?

        private init(error: String) {
            ok = false
            self.error = error
        }

        /// Runs a check with a time limit, because a check of a hung engine would never return.
        static func within(seconds: Int, _ body: @escaping @Sendable () async throws -> Void) async -> Check {
            let (checks, first) = AsyncStream<Check>.makeStream()
            let asking = Task { first.yield(await Check(body)) }
            let timer = Task {
                try await Task.sleep(for: .seconds(seconds))
                first.yield(Check(error: "It did not answer within \(seconds) seconds."))
            }
            defer {
                asking.cancel()
                timer.cancel()
            }
            for await check in checks { return check }
            return Check(error: "The check was cancelled.")
        }

        private init(_ body: () async throws -> Void) async {
            do {
                try await body()
                ok = true
                error = nil
            } catch {
                ok = false
                // Report only the kind of failure. Details may contain host names, which belong in the log.
                self.error = (error as? ServiceError)?.message ?? "\(type(of: error))"
            }
        }
    }

    private struct Readiness: Encodable {
        struct Backlog: Encodable {
            let ok: Bool, backlog_bytes: Int64, backlog_seconds: Double, capacity_bytes: Int64, set_aside_rows: Int
            let error: String?
        }
        let ok: Bool, journal: Backlog, control: Check?, events: Check?, coordination: Check?
    }

    private static let checkSeconds = 5

    /// A host is ready if it can collect events. While an engine is down, events wait in the journal. If hosts then reported that
    /// they are not ready, a load balancer would remove all of them and the events would be lost.
    @Sendable private func ready(_ request: AnonymousRequest) async throws -> Answer {
        let backlog = journal.backlogBytes, capacity = journal.capacityBytes
        let failure =
            backlog < capacity * 9 / 10 ? await journal.failure() : "It is full, because the event store has accepted nothing for a while."
        let state = Readiness.Backlog(
            ok: failure == nil, backlog_bytes: backlog, backlog_seconds: writer.backlogSeconds, capacity_bytes: capacity,
            set_aside_rows: writer.setAsideRows.values.reduce(0, +), error: failure)
        guard request.text("full") == "true" else {
            return try .json(
                Readiness(ok: state.ok, journal: state, control: nil, events: nil, coordination: nil), status: state.ok ? 200 : 503)
        }
        async let control = Check.within(seconds: Self.checkSeconds) { try await engines.control.ping() }
        async let events = Check.within(seconds: Self.checkSeconds) { try await engines.events.ping() }
        async let coordination = Check.within(seconds: Self.checkSeconds) { try await engines.coordination.ping() }
        let checks = await [control, events, coordination], isHealthy = state.ok && checks.allSatisfy(\.ok)
        return try .json(
            Readiness(ok: isHealthy, journal: state, control: checks[0], events: checks[1], coordination: checks[2]),
            status: isHealthy ? 200 : 503)
    }
}
