@_spi(Host) import Storage

/// Why a statement must stop.
enum StopReason: Sendable {
    case cancelled
    case timeout(seconds: Double)

    var error: any Error {
        switch self {
        case .cancelled: CancellationError()
        case .timeout(let seconds): QueryTimeout(seconds: seconds)
        }
    }
}
