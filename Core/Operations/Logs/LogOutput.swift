import Common
import Foundation
import Logging
import Synchronization

/// Where log lines go and what they look like: shared by all loggers of the process.
public struct LogOutput: Sendable {
    public enum Format: String, Sendable, CaseIterable {
        /// For people: `2026-03-01T10:00:00.250Z info pulse: ready address=127.0.0.1:8080`
        case text
        /// For programs: one object a line.
        case json
    }

    public let format: Format
    public let threshold: LogThreshold
    public let redaction: Redaction
    let time: any TimeSource
    /// Gets a whole line, with its end.
    let write: @Sendable (String) -> Void

    public init(
        format: Format = .text, threshold: LogThreshold = LogThreshold(.info), redaction: Redaction = Redaction(),
        time: any TimeSource = SystemTime(), write: @escaping @Sendable (String) -> Void = StandardError.write
    ) {
        self.format = format
        self.threshold = threshold
        self.redaction = redaction
        self.time = time
        self.write = write
    }
}

/// The level below which nothing is logged. Changing it changes every logger that hasn't been given a level of its own.
public final class LogThreshold: Sendable {
    private let index: Atomic<Int>

    public init(_ level: Logger.Level) { index = Atomic(Self.index(of: level)) }

    public var level: Logger.Level {
        get { Logger.Level.allCases[index.load(ordering: .relaxed)] }
        set { index.store(Self.index(of: newValue), ordering: .relaxed) }
    }

    private static func index(of level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level)! }
}

public enum StandardError {
    private static let lock = Mutex(())

    /// Writes `line` whole: lines of several threads don't mix.
    public static let write: @Sendable (String) -> Void = { line in
        var line = line
        line.withUTF8 { bytes in
            lock.withLock { _ in
                var rest = UnsafeRawBufferPointer(bytes)
                while !rest.isEmpty {
                    let written = Foundation.write(STDERR_FILENO, rest.baseAddress, rest.count)
                    if written > 0 {
                        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
                    } else if errno != EINTR {
                        // Nobody listens, and there is nowhere to say so.
                        return
                    }
                }
            }
        }
    }
}
