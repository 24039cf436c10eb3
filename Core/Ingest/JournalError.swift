import Foundation

/// A failed operation on the journal's files.
public struct JournalError: Error, CustomStringConvertible {
    public let description: String

    init(_ what: String, _ code: Int32) { description = "\(what): \(String(cString: strerror(code)))" }
    init(_ what: String) { description = what }
}
