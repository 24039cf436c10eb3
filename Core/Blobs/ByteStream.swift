import Common
import NIOCore
import Synchronization

/// The body of a response that is made while it is sent. The host asks for the next piece when the client has taken the last one, so a slow
/// client slows down the source, and only one piece is in memory.
///
/// An error before the first piece becomes an ordinary error response. Later the status has been sent. The host then cuts the connection,
/// so the client sees a broken transfer instead of a short body that looks complete.
public struct ByteStream: Sendable {
    private let pull: @Sendable () async throws -> ByteBuffer?
    private let first: ByteBuffer?
    /// Whether the pieces arise on their own, so the stream may end at any time.
    @_spi(Host) public let isEndless: Bool

    /// - Parameter next: makes the next piece. Returns nil after the last one, each time it is called. It is never called concurrently, and
    ///   its task is cancelled when the client disconnects. Release what it uses in `deinit`: a client may leave at any time.
    public init(_ next: @escaping @Sendable () async throws -> ByteBuffer?) {
        self.init(nil, isEndless: false, next)
    }

    /// A stream of pieces that arise on their own, such as events. Their sender must bound the buffer.
    public init(_ pieces: AsyncStream<ByteBuffer>) {
        self.init(nil, isEndless: true) {
            // All iterators of an `AsyncStream` share its buffer.
            var iterator = pieces.makeAsyncIterator()
            return await iterator.next()
        }
    }

    /// Like another stream, with pieces that come through `next`.
    @_spi(Host) public init(like other: ByteStream, _ next: @escaping @Sendable () async throws -> ByteBuffer?) {
        self.init(nil, isEndless: other.isEndless, next)
    }

    /// A stream of one piece that is in memory.
    public init(_ piece: ByteBuffer) {
        let rest = Rest(piece)
        self.init { rest.piece.withLock { $0.take() } }
    }

    private final class Rest: Sendable {
        let piece: Mutex<ByteBuffer?>
        init(_ piece: ByteBuffer) { self.piece = Mutex(piece) }
    }

    private init(_ first: ByteBuffer?, isEndless: Bool, _ next: @escaping @Sendable () async throws -> ByteBuffer?) {
        pull = next
        self.first = first
        self.isEndless = isEndless
    }

    /// The same stream, after its first piece has been made.
    @_spi(Host) public func begun() async throws -> ByteStream {
        ByteStream(try await pull(), isEndless: isEndless, pull)
    }

    /// The next piece of a stream that has not begun; nil after the last.
    @_spi(Host) public func next() async throws -> ByteBuffer? { try await pull() }

    /// Calls `send` with each piece, and makes the next one when it returns.
    /// - Throws: `BrokenStream` if a piece can't be made, and whatever `send` throws.
    @_spi(Host) public func forEach(_ send: (ByteBuffer) async throws -> Void) async throws {
        if let first { try await send(first) }
        while true {
            let piece: ByteBuffer?
            do { piece = try await pull() } catch { throw BrokenStream(cause: error) }
            guard let piece else { return }
            try await send(piece)
        }
    }
}

/// A response's body could not be made to its end.
@_spi(Host) public struct BrokenStream: Error, Sendable {
    /// Why the next piece could not be made.
    public let cause: any Error
}
