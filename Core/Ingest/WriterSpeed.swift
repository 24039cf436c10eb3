import Foundation

/// How fast the event store applies the writer's batches, as a mean over about the last second of work.
///
/// The mean is weighted by how long the batches took, because a batch of a few rows is slow for its size and says little about larger ones.
struct WriterSpeed: Sendable {
    private static let halfLifeSeconds = 1.0

    private var bytes = 0.0
    private var seconds = 0.0

    /// Nil before the first batch.
    var bytesPerSecond: Double? { seconds > 0 ? bytes / seconds : nil }

    mutating func add(bytes more: Int, seconds took: Double) {
        let fade = pow(0.5, took / Self.halfLifeSeconds)
        bytes = bytes * fade + Double(more)
        seconds = seconds * fade + took
    }
}
