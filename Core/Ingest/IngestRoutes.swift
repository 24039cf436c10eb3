@_spi(Host) import Access
import Blobs
import Common
import Definitions
import HTTPTypes
import Questions
import Storage

/// Routes that belong to collection itself rather than to a module: collecting, the ledger and the live stream.
@_spi(Host) public struct IngestRoutes: Sendable {
    let collection: Collection
    let ledger: Ledger
    let stream: LiveStream
    /// The modules' reasons to drop events.
    let reasons: [DropReason]
    /// Whether a principal may read the facts of a module.
    let mayRead: @Sendable (_ module: String, Project, Principal) -> Bool

    public init(
        collection: Collection, ledger: Ledger, stream: LiveStream, reasons: [DropReason] = [],
        mayRead: @escaping @Sendable (_ module: String, Project, Principal) -> Bool
    ) {
        self.mayRead = mayRead
        self.collection = collection
        self.ledger = ledger
        self.reasons = reasons
        self.stream = stream
    }

    /// Each route with the module that gates it. The collection routes have none, because the gate checks the module of each payload.
    public var routes: [(module: String?, route: Route)] {
        [
            (
                nil,
                Route(
                    .post, "/api/collect", "Collect one event, or a batch of up to 1,000.", scope: .ingest, access: .write, body: .any,
                    success: .json(Collection.Outcome.shape.schema), use: collection.collect
                ).answeringInPlace(collection.collectInPlace)
            ),
            (nil, CollectImage(collection: collection).route),
            (
                // The ledger covers events of every module, and its reasons name no module.
                "core",
                Route(
                    .get, "/api/v1/ingest/ledger", "Count the events received in each hour, by outcome.", scope: .query, access: .read,
                    parameters: ScopeParameters.range,
                    answer: .data(Ledger.Hour.shape(refused: refusedSummary)), use: showLedger)
            ),
            (
                "core",
                Route(
                    .get, "/api/v1/stream", "Stream activity as it arrives, as server-sent events.", scope: .query, access: .read,
                    success: .other("text/event-stream"), use: watch)
            ),
        ]
    }

    private var refusedSummary: String {
        "Refused events, by reason. "
            + (DropReason.core + reasons).map { "`\($0.name)`: \($0.words["en"] ?? "")" }.joined(separator: "; ") + "."
    }

    /// `GET /api/v1/ingest/ledger?start_at=&end_at=` returns one entry for each hour in which an event arrived.
    @Sendable func showLedger(_ call: ProjectRequest) async throws -> [Ledger.Hour] {
        let scope = try await call.scope()
        return try await ledger.hours(of: scope.project, over: scope.range)
    }

    /// `GET /api/v1/stream` sends an `activity` event for each pageview and custom event. It also sends events of modules that show their
    /// facts, as long as the module is on and the key may read it. The stream ends with the caller's right to it
    /// (`LongAnswers`).
    @Sendable func watch(_ call: ProjectRequest) async throws -> Answer {
        let events = try await stream.watch(call.project.number) { [mayRead] in
            guard let principal = call.principalNow, let project = call.directory.project(call.project.id) else { return nil }
            return { module in mayRead(module, project, principal) }
        }
        return Answer(
            status: 200, headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
            body: .stream(ByteStream(events)))
    }
}
