import Common

/// Waiting until acknowledged events can be queried.
extension IngestWriter {
    /// Returns once every event acknowledged so far, in any project, can be queried.
    /// - Throws: 503 while the event store is unavailable.
    public func settle() async throws { _ = try await wait(until: journal.committedPosition) }

    /// Waits until every event acknowledged so far for `project` can be queried, but no longer than `Settings.reportPatience`.
    /// - Returns: nil once they can be queried; otherwise the instant before which all acknowledged events can be queried.
    /// - Throws: 503 while the event store is unavailable.
    public func settle(_ project: Int32) async throws -> Instant? {
        if try await wait(until: acknowledged.end(of: project), within: settings.reportPatience) { return nil }
        return acknowledged.asOf(appliedPosition)
    }

    /// The instant before which everything acknowledged by this host can be queried.
    func asOf(_ now: Instant) -> Instant {
        let applied = appliedPosition
        return applied >= journal.committedPosition ? now : acknowledged.asOf(applied)
    }

    /// How many seconds the writer needs for its backlog at the speed of its latest batches, to two decimals.
    public var backlogSeconds: Double {
        let bytes = journal.backlogBytes
        return Rounded.twoDecimals(Double(bytes) / (bytesPerSecond ?? settings.door.firstBytesPerSecond))
    }
}
