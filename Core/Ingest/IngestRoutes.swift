import Access
import Common
import HTTPTypes
import Storage

/// The routes of collection itself, which belong to no module.
public struct IngestRoutes: Sendable {
    let collection: Collection
    let ledger: Ledger
    let stream: LiveStream
    /// Whether the facts of a module may be read with a key.
    let mayRead: @Sendable (_ module: String, Project, APIKey?) -> Bool

    public init(
        collection: Collection, ledger: Ledger, stream: LiveStream, mayRead: @escaping @Sendable (_ module: String, Project, APIKey?) -> Bool
    ) {
        self.mayRead = mayRead
        self.collection = collection
        self.ledger = ledger
        self.stream = stream
    }

    /// Collection asks the gate about the module of each payload, so the route itself has none.
    public var routes: [(module: String?, route: Route)] {
        [
            (
                nil,
                Route(
                    .post, "/api/collect", "Collect one event, or up to 1,000.", scope: .ingest, access: .write, body: .any,
                    success: .json(.object([
                        .required("ok", .boolean), .optional("accepted", .count),
                        .optional("errors", .list(.object([.required("index", .count), .required("error", .string(1...1_000))]))),
                    ])), use: collection.collect)
            ),
            (nil, CollectImage(collection: collection).route),
            (
                // It counts events of every module, by reasons that name none.
                "core",
                Route(
                    .get, "/api/v1/ingest/ledger", "What became of every event that arrived, by hour.", scope: .query, access: .read,
                    parameters: ScopeParameters.range,
                    success: .json(.object([
                        .required("data", .list(.object([
                            .required("hour", .timestamp), .required("received", .count), .required("stored", .count),
                            .required("duplicate", .count), .required("refused", .map(.count), "By reason."),
                            .required("adjusted", .map(.count), "Of those that were not refused: what was changed to keep them, by reason."),
                            .required("waiting", .count),
                        ]))),
                    ])), use: showLedger)
            ),
            (
                "core",
                Route(
                    .get, "/api/v1/stream", "Activity as it arrives, as server-sent events.", scope: .query, access: .read,
                    success: .other("text/event-stream"), use: watch)
            ),
        ]
    }

    private struct LedgerAnswer: Encodable { let data: [Ledger.Hour] }

    /// `GET /api/v1/ingest/ledger?start_at=&end_at=` answers one line an hour.
    @Sendable func showLedger(_ call: ProjectRequest) async throws -> Answer {
        let scope = try await call.scope()
        return try .json(LedgerAnswer(data: try await ledger.hours(of: scope.project, over: scope.range)))
    }

    /// `GET /api/v1/stream`: one `activity` event for each pageview and custom event, and events of the modules that show
    /// theirs, as far as the key may read these and as long as the module is on. It ends when the key is revoked or expires.
    @Sendable func watch(_ call: ProjectRequest) async throws -> Answer {
        let directory = call.directory, id = call.project.id, keyID = call.key?.id
        let events = try stream.watch(call.project.number) { [mayRead] in
            let key = keyID.flatMap(directory.key(id:))
            guard let project = directory.project(id), keyID == nil || key != nil else { return nil }
            return { module in mayRead(module, project, key) }
        }
        return Answer(
            status: 200, headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"], body: .stream(events))
    }
}
