import Foundation

/// A failed operation on the journal's files.
@_spi(Host) public struct JournalError: Error, CustomStringConvertible {
    public let description: String
    /// Whether the operation failed because the disk, or this user's disk quota, is full.
    let isOutOfSpace: Bool

    init(_ what: String, _ code: Int32) {
        description = "\(what): \(String(cString: strerror(code)))"
        isOutOfSpace = code == ENOSPC || code == EDQUOT
    }

    init(_ what: String) {
        description = what
        isOutOfSpace = false
    }
}
