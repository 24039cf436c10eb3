import Storage

/// Why a statement is to be stopped.
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
