@_spi(Host) import Access
import Common
import Enrichment
import Foundation
import HTTPTypes
import NIOCore
@_spi(Host) import Storage

/// Handles `POST /api/collect`: reads the request, checks and enriches its events one by one, writes them to the journal
/// and responds.
///
/// `EventPipeline` has the steps for one event; this type handles the request as a whole.
@_spi(Host) public final class Collection: Sendable {
    /// After this many events of a batch, the task yields to other requests.
    private static let eventsAtATime = 32

    private let journal: Journal
    let writer: IngestWriter
    let pipeline: EventPipeline
    let counters: IngestCounters
    let maximumEvents: Int
    let time: any TimeSource
    let countCall: @Sendable (Project) async throws -> Void

    /// - Parameter countCall: counts a call of code that is not a request against the project's ingest rate (`Gate.count`).
    public init(
        journal: Journal, writer: IngestWriter, pipeline: EventPipeline, counters: IngestCounters, time: any TimeSource,
        maximumEvents: Int = 1_000, countCall: @escaping @Sendable (Project) async throws -> Void
    ) {
        self.time = time
        self.countCall = countCall
        self.journal = journal
        self.writer = writer
        self.pipeline = pipeline
        self.counters = counters
        self.maximumEvents = maximumEvents
    }

    /// `POST /api/collect`: accepts one payload, an array of up to `maximumEvents` payloads, or `{"events": [...]}`.
    ///
    /// For a single payload, returns `{"ok":true}` or its error. For a batch, returns how many events were accepted and what was wrong with
    /// each of the others. The status is 200 when at least one event was accepted, otherwise 400.
    public func collect(_ call: ProjectRequest) async throws -> Answer {
        let body = try await refusing(call) { try await self.body(of: call) }
        // Checked before parsing, so rejecting events that are sent too fast costs little.
        let pass = try await refusing(call) { try await self.pass(forBytes: body.readableBytes, of: call.project) }
        let payloads: Payloads, batch: CollectBatch
        do {
            payloads = try refusing(call) { try Payloads(body, maximum: maximumEvents) }
            batch = try await take(payloads, from: pipeline.sender(EventSender(call), at: call.now))
        } catch {
            writer.door.leave(pass, bytes: 0, keptUntil: nil)
            throw error
        }
        writer.door.leave(pass, bytes: batch.rows.bytes.count, keptUntil: batch.end)
        return try Self.answer(to: batch, isSingle: payloads.isSingle, call)
    }

    /// Like `collect`, for requests with a few small events, as pages send them. Nothing here waits. See `Route.answeringInPlace`.
    public func collectInPlace(_ call: ProjectRequest, _ body: ByteBuffer, _ done: @escaping Route.Completion) -> Bool {
        guard body.readableBytes <= min(Payloads.liveBytes, call.services.limits.bytes), !pipeline.lacksSalt(at: call.now) else {
            return false
        }
        do {
            try refusing(call) { try Self.mediaType(of: call).check(body) }
            let payloads = try refusing(call) { try Payloads(body, maximum: maximumEvents) }
            guard payloads.events.count <= Self.eventsAtATime else { return false }
            let sender = pipeline.sender(EventSender(call), at: call.now)
            var batch = CollectBatch(of: sender.given.project, at: sender.now, isLarge: payloads.isLarge)
            for index in payloads.events.indices { try add(payloads, index, from: sender, to: &batch) }
            let answer = Result { try Self.answer(to: batch, isSingle: payloads.isSingle, call) }
            keep(batch) { kept in done(kept.flatMap { _ in answer }) }
        } catch { done(.failure(error)) }
        return true
    }

    /// Runs `body`. If it throws, the whole request is refused and counts as one event.
    private func refusing<Value>(_ call: ProjectRequest, _ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch { throw refused(call, error) }
    }

    private func refusing<Value>(_ call: ProjectRequest, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch { throw refused(call, error) }
    }

    private func refused(_ call: ProjectRequest, _ error: any Error) -> any Error { refused(call.project, error, at: call.now) }

    /// Counts a request or a call that is refused as a whole.
    func refused(_ project: Project, _ error: any Error, at now: Instant) -> any Error {
        if let error = error as? ServiceError { refuse(in: project, at: now, Self.reason(error, default: .invalidBody)) }
        return error
    }

    /// Waits until the writer can keep up with a large batch. Returns nil when no pass is needed; small ones never wait.
    /// - Throws: 429 when the wait takes too long, 503 when batches have filled their half of the journal (`BatchDoor`).
    func pass(forBytes bytes: Int, of project: Project) async throws -> BatchDoor.Pass? {
        guard bytes > Payloads.liveBytes else { return nil }
        return try await writer.door.enter(project.number, bytes: bytes) { writer.hurry() }
    }

    /// Collects one event that did not come in a request body, such as a pageview sent by requesting the image.
    /// - Throws: the reason if the event is refused.
    func collect(_ event: JSON, from call: ProjectRequest) async throws {
        let batch = try await take(Payloads(event), from: pipeline.sender(EventSender(call), at: call.now))
        if let (_, error) = batch.errors.first { throw error }
    }

    /// Checks events one by one and keeps the valid ones.
    private func take(_ payloads: Payloads, from sender: EventPipeline.Sender) async throws -> CollectBatch {
        var batch = CollectBatch(of: sender.given.project, at: sender.now, isLarge: payloads.isLarge)
        try await add(payloads, from: sender, to: &batch)
        batch.end = try await keep(batch)
        return batch
    }

    /// Checks events one by one, and adds the valid ones to `batch`.
    func add(_ payloads: Payloads, from sender: EventPipeline.Sender, to batch: inout CollectBatch) async throws {
        if pipeline.lacksSalt(at: sender.now) { await pipeline.fetchSalt(at: sender.now) }
        for index in payloads.events.indices {
            await Self.yield(before: index)
            try add(payloads, index, from: sender, to: &batch)
        }
    }

    /// Yields to other requests now and then.
    static func yield(before index: Int) async { if index > 0, index % eventsAtATime == 0 { await Task.yield() } }

    private func add(_ payloads: Payloads, _ index: Int, from sender: EventPipeline.Sender, to batch: inout CollectBatch) throws {
        batch.received += 1
        do {
            batch.accept(try pipeline.add(payloads.events[index], from: sender, to: &batch.rows), payloads.mended(index))
        } catch let refusal as Refusal { batch.refuse(refusal, index) }
    }

    /// Counts a request that the gate refused. The request counts as one event.
    public func refuse(in project: Project, at now: Instant, _ reason: DropReason) {
        write(.init(project: project.number, hour: now.startOfHour.milliseconds, refusals: [reason.name: 1]))
        counters.received(1)
        counters.refused(reason.name, 1)
    }

    /// Writes ledger entries for refused events now, or once the journal has room again.
    private func write(_ refused: RefusedEvents) {
        journal.append(refused.record) { [counters] in if case .failure = $0 { counters.addUnwritten(refused) } }
    }

    // MARK: The body

    private func body(of call: ProjectRequest) async throws -> ByteBuffer {
        let type = try Self.mediaType(of: call)
        let body = try await call.rawBody()
        try type.check(body)
        return body
    }

    private enum MediaType {
        case json
        /// The type that curl sends by default. Accepted if the body is JSON; real forms are rejected.
        case form

        func check(_ body: ByteBuffer) throws {
            guard self == .form else { return }
            let first = body.readableBytesView.first { $0 > 0x20 }
            guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { throw Self.unsupported(Self.formType) }
        }

        static let formType = "application/x-www-form-urlencoded"

        static func unsupported(_ media: String) -> ServiceError {
            ServiceError(
                status: 415, code: "invalid_body",
                message: "Unsupported content type '\(media.excerpt(60))'; application/json or text/plain is accepted.")
        }
    }

    /// - Throws: 415 for a type that can't be JSON.
    private static func mediaType(of call: ProjectRequest) throws -> MediaType {
        // `sendBeacon` sends text/plain, which needs no preflight.
        guard let type = call.request.headers.value(.contentType), type != "application/json", type != "text/plain;charset=UTF-8" else {
            return .json
        }
        let media = type.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
        if media.isEmpty || media == "application/json" || media == "text/plain" || media.hasSuffix("+json") { return .json }
        guard media == MediaType.formType else { throw MediaType.unsupported(media) }
        return .form
    }

    // MARK: Storing and responding

    /// Writes the batch to the journal. Calls `done` with a position in the journal at or after the end of the batch, or nil when there is
    /// no event to keep.
    private func keep(_ batch: CollectBatch, then done: @escaping @Sendable (Result<JournalPosition?, any Error>) -> Void) {
        guard !batch.rows.isEmpty else {
            write(.init(project: batch.project, hour: batch.hour, refusals: batch.refusals))
            count(batch)
            return done(.success(nil))
        }
        counters.kept(Int64(batch.events), of: batch.project, at: batch.hour)
        let record = JournalRecord.encode(
            project: batch.project, hour: batch.hour, received: batch.received, refusals: batch.refusals,
            adjustments: batch.adjustments, rows: batch.rows)
        journal.append(record) { [self] outcome in
            switch outcome {
            case .success(let end):
                writer.acknowledged.note(batch.project, upTo: end, at: time.now, isBatch: batch.isLarge)
                for refused in counters.takeUnwritten() { write(refused) }
                count(batch)
            case .failure: undo(batch)
            }
            done(outcome.map(Optional.some))
        }
    }

    /// Like `keep` with a closure.
    func keep(_ batch: CollectBatch) async throws -> JournalPosition? {
        try await withCheckedThrowingContinuation { continuation in keep(batch) { continuation.resume(with: $0) } }
    }

    private func count(_ batch: CollectBatch) {
        counters.received(batch.received)
        for (reason, count) in batch.adjustments { counters.adjusted(reason, count) }
        for (reason, count) in batch.refusals { counters.refused(reason, count) }
    }

    /// None of the batch's events were kept, so their effects are undone.
    private func undo(_ batch: CollectBatch) {
        counters.kept(Int64(-batch.events), of: batch.project, at: batch.hour)
        pipeline.undo(batch.effects)
        counters.addUnwritten(
            .init(project: batch.project, hour: batch.hour, refusals: [DropReason.journalFull.name: batch.received]))
        counters.refused(DropReason.journalFull.name, batch.received)
        counters.received(batch.received)
    }

    /// What is answered: `{"ok":true}` for a single event; for a batch, how many of its events are accepted, and why the others aren't.
    struct Outcome: Sendable {
        struct Failure: Sendable { let index: Int64, error: String }

        var accepted: Int64?
        var errors: [Failure] = []

        private static let failure = Shape<Failure>([.required("index", \.index, .count), .required("error", \.error, .string(1...1_000))])
        static let shape = Shape<Outcome>([
            .required("ok", { $0.errors.isEmpty }, .boolean), .optional("accepted", \.accepted, .count),
            .optional("errors", { $0.errors.isEmpty ? nil : $0.errors }, .list(failure)),
        ])
    }

    /// Written once, because every event gets it.
    private static let ok = Answer.json(bytes: ByteBuffer(string: #"{"ok":true}"#))

    private static func answer(to batch: CollectBatch, isSingle: Bool, _ call: ProjectRequest) throws -> Answer {
        guard isSingle else { return answer(toBatch: batch, call) }
        if let (_, error) = batch.errors.first { throw error }
        return ok
    }

    private static func answer(toBatch batch: CollectBatch, _ call: ProjectRequest) -> Answer {
        let errors = batch.errors.map { Outcome.Failure(index: Int64($0.index), error: call.sentence(about: $0.error)) }
        return .json(
            Outcome(accepted: Int64(batch.accepted), errors: errors), Outcome.shape, status: batch.accepted > 0 ? 200 : 400)
    }

    static func reason(_ error: ServiceError, default reason: DropReason) -> DropReason {
        error.status == 413 ? .bodyTooLarge : .named(error.code) ?? reason
    }
}
