import Foundation

/// Metrics of this process, read from Linux's `/proc`. They have the names that every Prometheus client uses.
///
/// - Source: https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics; proc(5)
public struct ProcessMetrics: Sendable {
    private let folder: String
    private let ticksPerSecond: Double
    private let pageBytes: Double

    public init() { self.init(folder: "/proc", ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)), pageBytes: sysconf(Int32(_SC_PAGESIZE))) }

    /// - Parameter folder: a folder with the layout of `/proc`.
    init(folder: String, ticksPerSecond: Int, pageBytes: Int) {
        self.folder = folder
        self.ticksPerSecond = Double(ticksPerSecond)
        self.pageBytes = Double(pageBytes)
    }

    /// Returns the process metrics, without those that can't be read.
    func blocks() -> [MetricBlock] {
        let fields = statistics()
        let values: [(name: String, type: String, help: String, value: Double?)] = [
            (
                "process_cpu_seconds_total", "counter", "User and system CPU time, in seconds.",
                fields.map { ($0.userTicks + $0.systemTicks) / ticksPerSecond }
            ),
            ("process_open_fds", "gauge", "Open files and sockets.", openFiles()),
            ("process_resident_memory_bytes", "gauge", "Resident memory, in bytes.", residentPages().map { $0 * pageBytes }),
            (
                "process_start_time_seconds", "gauge", "Start time of the process, in seconds since 1970.",
                fields.flatMap { fields in bootTime().map { $0 + fields.startTicks / ticksPerSecond } }
            ),
        ]
        return values.compactMap { each in
            each.value.map { MetricBlock(name: each.name, type: each.type, help: each.help, lines: "\(each.name) \($0.metricText)\n") }
        }
    }

    private func statistics() -> (userTicks: Double, systemTicks: Double, startTicks: Double)? {
        // The program's name is in parentheses and may contain any character, including spaces.
        guard let text = read("self/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        // Fields are numbered as in proc(5), where the state is field 3: 14 is utime, 15 is stime, 22 is starttime.
        guard fields.count > 19, let user = Double(fields[11]), let system = Double(fields[12]), let start = Double(fields[19]) else {
            return nil
        }
        return (user, system, start)
    }

    private func residentPages() -> Double? {
        guard let fields = read("self/statm")?.split(separator: " "), fields.count > 1 else { return nil }
        return Double(fields[1])
    }

    private func bootTime() -> Double? {
        guard let line = read("stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }) else { return nil }
        return Double(line.dropFirst(6))
    }

    private func openFiles() -> Double? {
        (try? FileManager.default.contentsOfDirectory(atPath: folder + "/self/fd")).map { Double($0.count) }
    }

    private func read(_ name: String) -> String? { try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) }
}
