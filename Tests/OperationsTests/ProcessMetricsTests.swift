import Foundation
@testable import Operations
import Testing

@Suite("Process metrics")
struct ProcessMetricsTests {
    @Test("reads /proc, even for a program with an odd name")
    func example() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["self/fd/0", "self/fd/1", "self/fd/2"] {
            try FileManager.default.createDirectory(at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        let files = [
            "self/stat": "42 (my) (pro gram) S 1 42 42 0 -1 4194560 100 0 0 0 1250 250 0 0 20 0 8 0 4200 123456 789 18446744073709551615\n",
            "self/statm": "5000 2000 800 10 0 900 0\n",
            "stat": "cpu  1 2 3\nbtime 1772000000\nprocesses 7\n",
        ]
        for (name, text) in files { try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8) }
        let metrics = PrometheusMetrics(process: ProcessMetrics(folder: folder.path, ticksPerSecond: 100, pageBytes: 4_096))
        #expect(
            metrics.render() == """
                # HELP process_cpu_seconds_total User and system CPU time, in seconds.
                # TYPE process_cpu_seconds_total counter
                process_cpu_seconds_total 15
                # HELP process_open_fds Open files and sockets.
                # TYPE process_open_fds gauge
                process_open_fds 3
                # HELP process_resident_memory_bytes Resident memory, in bytes.
                # TYPE process_resident_memory_bytes gauge
                process_resident_memory_bytes 8192000
                # HELP process_start_time_seconds Start time of the process, in seconds since 1970.
                # TYPE process_start_time_seconds gauge
                process_start_time_seconds 1772000042

                """)
    }

    @Test("reads the machine's own /proc, and omits what is missing")
    func thisProcess() throws {
        let blocks = ProcessMetrics().blocks()
        #expect(
            blocks.map(\.name) == [
                "process_cpu_seconds_total", "process_open_fds", "process_resident_memory_bytes", "process_start_time_seconds",
            ])
        let start = try #require(blocks.last?.lines.split(separator: " ").last.flatMap { Double($0.dropLast()) })
        #expect(abs(start - Date().timeIntervalSince1970) < 3_600)
        #expect(ProcessMetrics(folder: "/nowhere", ticksPerSecond: 100, pageBytes: 4_096).blocks().isEmpty)
    }
}
