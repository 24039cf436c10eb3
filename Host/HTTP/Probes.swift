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
                success: .json(Readiness.shape.schema), use: ready),
        ]
    }

    private struct Check: Sendable {
        let ok: Bool
        let error: String?

        static let shape = Shape<Check>([.required("ok", \.ok, .boolean), .optional("error", \.error, .string(0...2_000))])

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

    private struct Readiness: Sendable {
        struct Backlog: Sendable {
            let bytes: Int64, seconds: Double, capacity: Int64, setAside: [String: Int64], error: String?

            static let shape = Shape<Backlog>([
                .required("ok", { $0.error == nil }, .boolean), .required("backlog_bytes", \.bytes, .count),
                .required(
                    "backlog_seconds", \.seconds, .number(0...1e9),
                    "Estimated seconds until the backlog is stored, at the writer's recent speed."),
                .required("capacity_bytes", \.capacity, .count),
                .required(
                    "set_aside_rows", { $0.setAside.values.reduce(0, +) }, .count,
                    "Rows that wait in the event store because their module is not loaded."),
                .optional("set_aside", { $0.setAside.isEmpty ? nil : $0.setAside }, .map(.count), "These rows by table, if there are any."),
                .optional("error", \.error, .string(0...2_000)),
            ])
        }

        let journal: Backlog, control: Check?, events: Check?, coordination: Check?

        var isReady: Bool { journal.error == nil && [control, events, coordination].allSatisfy { $0?.ok != false } }

        static let shape = Shape<Readiness>([
            .required("ok", \.isReady, .boolean), .required("journal", \.journal, Backlog.shape),
            .optional("control", \.control, Check.shape), .optional("events", \.events, Check.shape),
            .optional("coordination", \.coordination, Check.shape),
        ])

        var answer: Answer { .json(self, Self.shape, status: isReady ? 200 : 503) }
    }

    private static let checkSeconds = 5

    /// A host is ready if it can collect events. While an engine is down, events wait in the journal. If hosts then reported that
    /// they are not ready, a load balancer would remove all of them and the events would be lost.
    @Sendable private func ready(_ request: AnonymousRequest) async throws -> Answer {
        let backlog = journal.backlogBytes, capacity = journal.capacityBytes
        let failure =
            backlog < capacity * 9 / 10 ? await journal.failure() : "It is full, because the event store has accepted nothing for a while."
        let state = Readiness.Backlog(
            bytes: backlog, seconds: writer.backlogSeconds, capacity: capacity,
            setAside: writer.setAsideRows.mapValues(Int64.init), error: failure)
        guard request.text("full") == "true" else {
            return Readiness(journal: state, control: nil, events: nil, coordination: nil).answer
        }
        async let control = Check.within(seconds: Self.checkSeconds) { try await engines.control.ping() }
        async let events = Check.within(seconds: Self.checkSeconds) { try await engines.events.ping() }
        async let coordination = Check.within(seconds: Self.checkSeconds) { try await engines.coordination.ping() }
        return await Readiness(journal: state, control: control, events: events, coordination: coordination).answer
    }
}
