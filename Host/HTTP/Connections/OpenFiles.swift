import Foundation

/// The limit on how many files and sockets this process may have open.
enum OpenFiles {
    /// More descriptors than Pulse ever uses. Some systems allow a billion, which breaks libraries that loop up to the limit.
    private static let enough: rlim_t = 65_536

    /// The current limit, at most `enough`.
    static var limit: Int {
        var limits = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return 1_024 }
        return Int(min(limits.rlim_cur, enough))
    }

    /// Raises the limit as far as the system allows, to `enough` at most. The usual soft limit of 1,024 exists for programs that
    /// use `select`, and Pulse does not use it.
    static func raise() {
        var limits = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0, limits.rlim_cur < min(limits.rlim_max, enough) else {
            return
        }
        limits.rlim_cur = min(limits.rlim_max, enough)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
    }

    /// The limit of another running process; nil if the system does not report it.
    static func limit(of process: Int32) -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/limits", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Max open files") })
        else { return nil }
        return line.split(separator: " ").compactMap { Int($0) }.first
    }
}
