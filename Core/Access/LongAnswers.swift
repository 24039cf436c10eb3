@_spi(Host) import Blobs
import Common
import NIOCore
import Synchronization

/// The streams that are being sent. Each ends when the right of its caller does: when the key is revoked or expires, the session ends, the
/// project is deleted or the module is switched off.
@_spi(Host) public final class LongAnswers: Sendable {
    private struct Open: Sendable {
        let isAllowed: @Sendable () -> Bool
        /// Weak, so a stream that nobody reads, such as that of a HEAD request, is forgotten.
        weak let stream: GuardedStream?
    }

    private let open = Mutex<(next: Int, streams: [Int: Open])>((0, [:]))

    init() {}

    /// The pieces of `stream`, until `isAllowed` returns false. A stream without an end of its own, such as one of events, ends then. Any other
    /// is broken off, so that no client takes a part of an export for all of it.
    func stream(_ stream: ByteStream, while isAllowed: @escaping @Sendable () -> Bool) -> ByteStream {
        let guarded = GuardedStream(stream)
        open.withLock { open in
            open.next += 1
            open.streams[open.next] = Open(isAllowed: isAllowed, stream: guarded)
        }
        return ByteStream(like: stream) {
            guard isAllowed() else { return try guarded.brokenOff() }
            return try await guarded.next()
        }
    }

    /// Ends the streams of callers that have lost their right. The host calls this about once a second.
    public func sweep() {
        let streams = open.withLock { open in
            open.streams = open.streams.filter { $0.value.stream != nil }
            return Array(open.streams.values)
        }
        for open in streams where !open.isAllowed() { open.stream?.end() }
    }
}

/// A stream that can be ended while its reader waits for the next piece.
private final class GuardedStream: Sendable {
    private let stream: ByteStream
    private let state = Mutex<(wait: Task<ByteBuffer?, any Error>?, isEnded: Bool)>((nil, false))

    init(_ stream: ByteStream) { self.stream = stream }

    /// The next piece; nil at the end. Only one task may call this at a time.
    func next() async throws -> ByteBuffer? {
        // The wait has a task of its own, because cancelling the reader's would also keep it from finishing the response.
        let wait = state.withLock { [stream] state -> Task<ByteBuffer?, any Error>? in
            guard !state.isEnded else { return nil }
            let wait = Task { try await stream.next() }
            state.wait = wait
            return wait
        }
        guard let wait else { return try brokenOff() }
        let outcome = await withTaskCancellationHandler {
            await wait.result
        } onCancel: {
            wait.cancel()
        }
        return state.withLock { $0.isEnded } ? try brokenOff() : try outcome.get()
    }

    /// Instead of the next piece, once the right to it is gone.
    func brokenOff() throws -> ByteBuffer? {
        guard stream.isEndless else { throw CancellationError() }
        return nil
    }

    func end() {
        state.withLock { state in
            state.isEnded = true
            state.wait?.cancel()
        }
    }
}
