@_spi(Host) import Access
import Common
@_spi(Host) import Storage

/// Events and facts from code. They take the same way as those of a request.
extension Collection: EventIntake {
    public func collect(
        _ events: [IncomingEvent], for sender: EventSender, _ options: CollectOptions
    ) async throws -> [EventOutcome] {
        guard !events.isEmpty else { return [] }
        let now = time.now, payloads: Payloads, pass: BatchDoor.Pass?
        do {
            if !sender.isCounted { try await countCall(sender.project) }
            payloads = try Payloads(events, maximum: maximumEvents)
            pass = try await self.pass(forBytes: payloads.bytes, of: sender.project)
        } catch { throw refused(sender.project, error, at: now) }
        let from = pipeline.sender(sender, at: time.now)
        var batch = CollectBatch(of: sender.project, at: from.now, isLarge: payloads.isLarge), outcomes: [EventOutcome]
        let ids: [EncodedRow.EventID?]
        do {
            outcomes = try await add(payloads, from: from, options, to: &batch)
            ids = options.contains(.untilStored) ? batch.rows.eventIDs : []
            counters.awaited.begin(Set(ids.compactMap { $0 }))
            do { batch.end = try await keep(batch) } catch {
                _ = counters.awaited.end(Set(ids.compactMap { $0 }))
                throw error
            }
        } catch {
            writer.door.leave(pass, bytes: 0, keptUntil: nil)
            throw error
        }
        writer.door.leave(pass, bytes: batch.rows.bytes.count, keptUntil: batch.end)
        if options.contains(.untilStored), let end = batch.end { await settle(ids, upTo: end, &outcomes) }
        return outcomes
    }

    /// Checks the events, and adds the valid ones to `batch`.
    /// - Returns: the outcome of each event if the batch is kept.
    private func add(
        _ payloads: Payloads, from sender: EventPipeline.Sender, _ options: CollectOptions, to batch: inout CollectBatch
    ) async throws -> [EventOutcome] {
        if pipeline.lacksSalt(at: sender.now) { await pipeline.fetchSalt(at: sender.now) }
        var outcomes: [EventOutcome] = [], waiting: [(index: Int, event: EventPipeline.Checked)] = []
        batch.received = payloads.events.count
        for (index, json) in payloads.events.enumerated() {
            await Self.yield(before: index)
            do {
                let event = try pipeline.check(json, from: sender)
                outcomes.append(.accepted)
                // Events that may have to be left out must not extend a session.
                if options.contains(.allOrNothing) {
                    waiting.append((index, event))
                } else {
                    batch.accept(pipeline.add(event, from: sender, to: &batch.rows), payloads.mended(index))
                }
            } catch let refusal as Refusal {
                batch.refuse(refusal, index)
                outcomes.append(refusal.outcome)
            }
        }
        let isRefused = !batch.errors.isEmpty
        for (index, event) in waiting {
            await Self.yield(before: index)
            if isRefused {
                batch.refuse(Refusal(reason: .batchRefused, error: Self.otherRefused), index)
                outcomes[index] = .withheld
            } else {
                batch.accept(pipeline.add(event, from: sender, to: &batch.rows), payloads.mended(index))
            }
        }
        return outcomes
    }

    private static let otherRefused = ServiceError.invalid(
        DropReason.batchRefused.name, "Not kept, because another event of the batch was refused.")

    /// Waits until the accepted events can be queried, and replaces their outcomes. If that takes too long, they stay accepted.
    /// - Parameter ids: the ids of the accepted events, in order.
    private func settle(_ ids: [EncodedRow.EventID?], upTo end: JournalPosition, _ outcomes: inout [EventOutcome]) async {
        let isStored = (try? await writer.wait(until: end, within: writer.settings.reportPatience)) ?? false
        let findings = counters.awaited.end(Set(ids.compactMap { $0 }))
        guard isStored else { return }
        var places = ids.makeIterator(), isDuplicate: [EncodedRow.EventID: ArraySlice<Bool>] = [:]
        for (id, count) in Dictionary(grouping: ids.compactMap { $0 }, by: { $0 }).mapValues(\.count) {
            // If others sent the id at the same moment, these are rather the later ones: somebody retries.
            isDuplicate[id] = (findings[id] ?? []).suffix(count)
        }
        for index in outcomes.indices where outcomes[index] == .accepted {
            guard let id = places.next() ?? nil else {
                outcomes[index] = .stored
                continue
            }
            outcomes[index] = isDuplicate[id]?.popFirst() == true ? .duplicate : .stored
        }
    }

    public func record(
        _ facts: [Fact], about visitor: String, at instant: Instant, id: String?, for sender: EventSender
    ) async throws {
        guard !facts.isEmpty else { return }
        let now = time.now
        var batch = CollectBatch(of: sender.project, at: now, isLarge: false)
        do {
            if !sender.isCounted { try await countCall(sender.project) }
            try pipeline.add(facts, about: visitor, id: id, from: sender, at: instant, now: now, to: &batch.rows)
        } catch let refusal as Refusal {
            refuse(in: sender.project, at: now, refusal.reason)
            throw refusal.error
        } catch { throw refused(sender.project, error, at: now) }
        batch.received = 1
        batch.accept(EventPipeline.Effect(session: nil, visitor: nil, adjustments: []), [])
        _ = try await keep(batch)
    }
}

extension Refusal {
    fileprivate var outcome: EventOutcome {
        reason.isTold ? .refused(EventRefusal(reason: reason.name, error: error)) : .dropped(reason: reason.name)
    }
}

extension EncodedRows {
    /// The first id of each event, in order; nil for an event without an id.
    fileprivate var eventIDs: [EncodedRow.EventID?] {
        var ids: [EncodedRow.EventID?] = [], at = 0
        while at < bytes.count {
            let length = Int(bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: UInt32.self)) })
            let header = EncodedRow(bytes[(at + 4)..<(at + 4 + length)]).header
            if header.role == .event { ids.append(header.eventID) }
            at += 4 + length
        }
        return ids
    }
}
