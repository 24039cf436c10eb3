import Foundation

/// A failed operation on the journal's files.
public struct JournalError: Error, CustomStringConvertible {
    public let description: String
    /// The disk is full, or this user's part of it.
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
