@_spi(Host) import Common
import Foundation
import Logging
import Synchronization

/// Where log lines go and how they are formatted. All loggers of the process share it.
public struct LogOutput: Sendable {
    /// The format of a log line.
    public enum Format: String, Sendable, CaseIterable {
        /// For people: `2026-03-01T10:00:00.250Z info pulse: ready address=127.0.0.1:8080`
        case text
        /// For programs: one JSON object per line.
        case json
    }

    /// How lines are formatted.
    public let format: Format
    /// The level of all loggers that have no level of their own.
    public let threshold: LogThreshold
    /// Removes secrets from messages and metadata.
    public let redaction: Redaction
    let time: any TimeSource
    /// Receives each line as a whole, including the line break.
    let write: @Sendable (String) -> Void

    @_spi(Host) public init(
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

/// The lowest level that is logged. A change applies to every logger that has no level of its own.
public final class LogThreshold: Sendable {
    private let index: Atomic<Int>

    public init(_ level: Logger.Level) { index = Atomic(Self.index(of: level)) }

    /// The current level. It may be changed at any time.
    public var level: Logger.Level {
        get { Logger.Level.allCases[index.load(ordering: .relaxed)] }
        set { index.store(Self.index(of: newValue), ordering: .relaxed) }
    }

    private static func index(of level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level)! }
}

/// Writes log lines to standard error.
public enum StandardError {
    private static let lock = Mutex(())

    /// Writes a whole line. Lines from different threads never mix.
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
                        // Standard error is closed, and there is no other place to report that.
                        return
                    }
                }
            }
        }
    }
}
