import Common

/// For those who wait for the writer: reports, and what has to see everything.
extension IngestWriter {
    /// Returns once everything that is acknowledged now, of all projects, can be queried.
    /// - Throws: 503 while the event store is away.
    public func settle() async throws { _ = try await wait(until: journal.committedPosition) }

    /// Waits until everything that is acknowledged now for `project` can be queried, though not for long.
    /// - Returns: nil when it can; else the instant before which everything that was acknowledged can.
    /// - Throws: 503 while the event store is away.
    public func settle(_ project: Int32) async throws -> Instant? {
        if try await wait(until: acknowledged.end(of: project), within: settings.reportPatience) { return nil }
        return acknowledged.asOf(appliedPosition)
    }

    /// Seconds of work, to two decimals, that the writer has, at the speed of its latest batches.
    public var backlogSeconds: Double {
        let bytes = journal.backlogBytes
        return Rounded.twoDecimals(Double(bytes) / (bytesPerSecond ?? settings.door.firstBytesPerSecond))
    }
}
