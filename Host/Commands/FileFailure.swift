import Foundation

/// Explains in plain words why a file could not be read or written.
enum FileFailure {
    /// The reason as a sentence, such as "No space left on device."
    static func reason(_ error: any Error) -> String {
        let error = error as NSError
        let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
        if cause.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(cause.code))) + "." }
        let known = ["NSCocoaErrorDomain 640": ENOSPC, "NSCocoaErrorDomain 642": EROFS, "NSCocoaErrorDomain 513": EACCES]
        if let code = known["\(cause.domain) \(cause.code)"] { return String(cString: strerror(code)) + "." }
        return cause.domain == NSCocoaErrorDomain ? cause.localizedDescription : "\(error)"
    }
}
