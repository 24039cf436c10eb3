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
@_spi(Host) public final class Collection: FactRecorder {
    /// A body of more bytes than this is a batch, which waits if the writer is busy. Browsers send smaller bodies.
    private static let liveBytes = 16 << 10
    /// After this many events of a batch, the task yields to other requests.
    private static let eventsAtATime = 32

    private let journal: Journal
    private let writer: IngestWriter
    private let pipeline: EventPipeline
    private let counters: IngestCounters
    private let maximumEvents: Int

    public init(journal: Journal, writer: IngestWriter, pipeline: EventPipeline, counters: IngestCounters, maximumEvents: Int = 1_000) {
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
        let pass = try await refusing(call) { try await self.pass(for: body, of: call.project) }
        let payloads: Payloads, batch: Batch
        do {
            payloads = try refusing(call) { try Payloads(body, maximum: maximumEvents) }
            batch = try await take(payloads, from: call)
        } catch {
            writer.door.leave(pass, bytes: 0, keptUntil: nil)
            throw error
        }
        writer.door.leave(pass, bytes: batch.rows.bytes.count, keptUntil: batch.end)
        return try Self.answer(to: batch, isSingle: payloads.isSingle)
    }

    /// Like `collect`, for requests with a few small events, as pages send them. Nothing here waits. See `Route.answeringInPlace`.
    public func collectInPlace(_ call: ProjectRequest, _ body: ByteBuffer, _ done: @escaping Route.Completion) -> Bool {
        guard body.readableBytes <= min(Self.liveBytes, call.services.limits.bytes), !pipeline.lacksSalt(at: call.now) else { return false }
        do {
            try refusing(call) { try Self.mediaType(of: call).check(body) }
            let payloads = try refusing(call) { try Payloads(body, maximum: maximumEvents) }
            guard payloads.events.count <= Self.eventsAtATime else { return false }
            let sender = pipeline.sender(of: call)
            var batch = batch(of: payloads, from: call)
            for index in payloads.events.indices { try add(payloads, index, from: sender, to: &batch) }
            keep(batch, from: call) { [batch] kept in
                done(kept.flatMap { _ in Result { try Self.answer(to: batch, isSingle: payloads.isSingle) } })
            }
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

    private func refused(_ call: ProjectRequest, _ error: any Error) -> any Error {
        if let error = error as? ServiceError { refuse(in: call.project, at: call.now, Self.reason(error, default: .invalidBody)) }
        return error
    }

    private static func isLarge(_ body: ByteBuffer) -> Bool { body.readableBytes > liveBytes }

    /// Waits until the writer can keep up with a large body. Returns nil when no pass is needed; small bodies never wait.
    /// - Throws: 429 when the wait takes too long, 503 when batches have filled their half of the journal (`BatchDoor`).
    private func pass(for body: ByteBuffer, of project: Project) async throws -> BatchDoor.Pass? {
        guard Self.isLarge(body) else { return nil }
        return try await writer.door.enter(project.number, bytes: body.readableBytes) { writer.hurry() }
    }

    /// Collects one event that did not come in a request body, such as a pageview sent by requesting the image.
    /// - Throws: the reason if the event is refused.
    func collect(_ event: JSON, from call: ProjectRequest) async throws {
        let batch = try await take(Payloads(event), from: call)
        if let (_, error) = batch.errors.first { throw error }
    }

    /// Checks events one by one and keeps the valid ones.
    private func take(_ payloads: Payloads, from call: ProjectRequest) async throws -> Batch {
        var batch = batch(of: payloads, from: call)
        if pipeline.lacksSalt(at: call.now) { await pipeline.fetchSalt(at: call.now) }
        let sender = pipeline.sender(of: call)
        for index in payloads.events.indices {
            if index > 0, index % Self.eventsAtATime == 0 { await Task.yield() }
            try add(payloads, index, from: sender, to: &batch)
        }
        batch.end = try await withCheckedThrowingContinuation { continuation in
            keep(batch, from: call) { continuation.resume(with: $0) }
        }
        return batch
    }

    private func batch(of payloads: Payloads, from call: ProjectRequest) -> Batch {
        Batch(project: call.project.number, hour: call.now.startOfHour.milliseconds, isLarge: payloads.isLarge)
    }

    private func add(_ payloads: Payloads, _ index: Int, from sender: EventPipeline.Sender, to batch: inout Batch) throws {
        batch.received += 1
        do {
            let effect = try pipeline.add(payloads.events[index], from: sender, to: &batch.rows)
            batch.effects.append(effect)
            batch.accepted += 1
            let adjustments = effect.adjustments.union(payloads.mended(index))
            if !adjustments.isEmpty { for name in adjustments.names { batch.adjustments[name, default: 0] += 1 } }
        } catch let refusal as Refusal {
            batch.refusals[refusal.reason.rawValue, default: 0] += 1
            if refusal.reason.isTold { batch.errors.append((index, refusal.error)) } else { batch.accepted += 1 }
        }
    }

    // MARK: Facts without an event

    /// Writes the facts to the journal, and returns once they are on disk. See `FactRecorder`.
    public func record(_ facts: [Fact], about visitor: String, of project: Project, at instant: Instant) async throws {
        var rows = EncodedRows()
        pipeline.add(facts, about: visitor, of: project, at: instant, to: &rows)
        let end = try await journal.append(
            JournalRecord.encode(
                project: project.number, hour: instant.startOfHour.milliseconds, received: 0, refusals: [:], rows: rows))
        writer.acknowledged.note(project.number, upTo: end, at: instant)
    }

    /// Counts a request that the gate refused. The request counts as one event.
    public func refuse(in project: Project, at now: Instant, _ reason: DropReason) {
        write(.init(project: project.number, hour: now.startOfHour.milliseconds, refusals: [reason.rawValue: 1]))
        counters.received(1)
        counters.refused(reason, 1)
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

    private struct Payloads {
        let events: [JSON]
        let isSingle: Bool
        let isLarge: Bool
        /// Nil if the event did not come in a body.
        private let document: JSON.Mended?

        /// The repairs that were needed to parse the event.
        func mended(_ index: Int) -> Adjustments {
            guard let document else { return [] }
            return isSingle ? document.adjustments : document.adjustments(ofElement: index, inMember: document.json.kind == .object)
        }

        init(_ event: JSON) {
            (events, isSingle, isLarge, document) = ([event], true, false, nil)
        }

        init(_ body: ByteBuffer, maximum: Int) throws {
            isLarge = Collection.isLarge(body)
            let document = try body.withUnsafeReadableBytes { try JSON.parseRepairing($0) }
            self.document = document
            let json = document.json
            switch json.kind {
            case .array:
                events = json.elements
                isSingle = false
            case .object:
                if let list = json["events"], json["type"] == nil {
                    guard list.kind == .array else { throw ServiceError.body("field 'events' must be an array; got \(list.described).") }
                    events = list.elements
                    isSingle = false
                } else {
                    events = [json]
                    isSingle = true
                }
            default: throw ServiceError.body("expected an object or an array of objects; got \(json.described).")
            }
            guard !events.isEmpty else {
                let place = json.kind == .array ? "the array" : "field 'events'"
                throw ServiceError.body("\(place) contains no events; 1 to \(maximum) are accepted.")
            }
            guard events.count <= maximum else {
                throw ServiceError.invalid(
                    DropReason.tooManyEvents.rawValue,
                    "Invalid request body: \(events.count) events in one request; at most \(maximum) are accepted.")
            }
        }
    }

    // MARK: Storing and responding

    private struct Batch {
        let project: Int32
        let hour: Int64
        /// Whether the batch had to pass `BatchDoor`.
        let isLarge: Bool
        var received = 0
        var accepted = 0
        var refusals: [String: Int] = [:]
        /// How many of the events to be stored were adjusted, by reason.
        var adjustments: [String: Int] = [:]
        var errors: [(index: Int, error: ServiceError)] = []
        /// The rows of the events to be stored, and the changes that each of these events made in memory.
        var rows = EncodedRows()
        var effects: [EventPipeline.Effect] = []
        /// A position in the journal at or after the batch's last event; nil when none of its events is in the journal.
        var end: JournalPosition?
        var events: Int { effects.count }
    }

    /// Writes the batch to the journal. Calls `done` with a position in the journal at or after the end of the batch, or nil when there is
    /// no event to keep.
    private func keep(
        _ batch: Batch, from call: ProjectRequest, then done: @escaping @Sendable (Result<JournalPosition?, any Error>) -> Void
    ) {
        guard !batch.rows.isEmpty else {
            write(.init(project: batch.project, hour: batch.hour, refusals: batch.refusals))
            count(batch)
            return done(.success(nil))
        }
        counters.kept(Int64(batch.events), of: batch.project, at: batch.hour)
        let record = JournalRecord.encode(
            project: batch.project, hour: batch.hour, received: batch.received, refusals: batch.refusals,
            adjustments: batch.adjustments, rows: batch.rows)
        journal.append(record) { [self, time = call.services.time] outcome in
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

    private func count(_ batch: Batch) {
        counters.received(batch.received)
        for (reason, count) in batch.adjustments { counters.adjusted(reason, count) }
        for (reason, count) in batch.refusals { if let reason = DropReason(rawValue: reason) { counters.refused(reason, count) } }
    }

    /// None of the batch's events were kept, so their effects are undone.
    private func undo(_ batch: Batch) {
        counters.kept(Int64(-batch.events), of: batch.project, at: batch.hour)
        pipeline.undo(batch.effects)
        counters.addUnwritten(
            .init(project: batch.project, hour: batch.hour, refusals: [DropReason.journalFull.rawValue: batch.received]))
        counters.refused(.journalFull, batch.received)
        counters.received(batch.received)
    }

    private static let ok = Answer.json(bytes: ByteBuffer(string: #"{"ok":true}"#))

    private static func answer(to batch: Batch, isSingle: Bool) throws -> Answer {
        guard isSingle else { return answer(toBatch: batch) }
        if let (_, error) = batch.errors.first { throw error }
        return ok
    }

    private static func answer(toBatch batch: Batch) -> Answer {
        var text = JSONText()
        text.append(raw: #"{"accepted":\#(batch.accepted)"#)
        if !batch.errors.isEmpty {
            text.append(raw: #","errors":["#)
            for (position, (index, error)) in batch.errors.enumerated() {
                text.append(raw: position > 0 ? #",{"error":"# : #"{"error":"#)
                text.append(string: error.message)
                text.append(raw: #","index":\#(index)}"#)
            }
            text.append(raw: "]")
        }
        text.append(raw: #","ok":\#(batch.errors.isEmpty)}"#)
        return Answer.json(bytes: ByteBuffer(bytes: text.bytes), status: batch.accepted > 0 ? 200 : 400)
    }

    static func reason(_ error: ServiceError, default reason: DropReason) -> DropReason {
        error.status == 413 ? .bodyTooLarge : DropReason(rawValue: error.code) ?? reason
    }
}

/// Why an event is not stored: the reason to count, and the error for the sender.
struct Refusal: Error {
    let reason: DropReason
    let error: ServiceError
}
