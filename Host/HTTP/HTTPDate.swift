import Foundation
import Synchronization

/// The current time for the `Date` header of responses, formatted once a second.
///
/// - Source: RFC 9110, 5.6.7.
enum HTTPDate {
    private static let latest = Mutex<(second: Int, text: String)>((0, ""))

    static func now() -> String {
        let second = time(nil)
        return latest.withLock { latest in
            if latest.second != second { latest = (second, text(second)) }
            return latest.text
        }
    }

    /// - Parameter second: seconds since 1970.
    static func text(_ second: Int) -> String {
        var second = second, parts = tm()
        gmtime_r(&second, &parts)
        return String(unsafeUninitializedCapacity: 40) { strftime($0.baseAddress!, $0.count, "%a, %d %b %Y %H:%M:%S GMT", &parts) }
    }
}
