import CoreMetrics
import Foundation
import Operations
import Testing

@Suite("Prometheus metrics")
struct PrometheusMetricsTests {
    @Test("renders every kind of metric, in order")
    func example() {
        let metrics = PrometheusMetrics(help: ["ingest_received_events_total": "Events that arrived.\nAll of them \\o/."], process: nil)
        Counter(label: "ingest_received_events_total", factory: metrics).increment(by: 3)
        Counter(label: "http.requests", dimensions: [("route", "/b"), ("code", "200")], factory: metrics).increment()
        Counter(label: "http.requests", dimensions: [("code", "200"), ("route", "/b")], factory: metrics).increment()
        Counter(label: "http.requests", dimensions: [("route", "a\\\"\n"), ("code", "200")], factory: metrics).increment()
        FloatingPointCounter(label: "cost_total", factory: metrics).increment(by: 1.5)
        Gauge(label: "waiting_events", factory: metrics).record(7)
        let meter = Meter(label: "open_streams", factory: metrics)
        meter.increment(by: 3.0)
        meter.decrement()
        let timer = Timer(label: "report_seconds", dimensions: [("report", "funnel")], factory: metrics)
        for seconds in [0.001, 0.25, 60] { timer.recordSeconds(seconds) }
        #expect(
            metrics.render() == """
                # TYPE cost_total counter
                cost_total 1.5
                # TYPE http_requests counter
                http_requests{code="200",route="/b"} 2
                http_requests{code="200",route="a\\\\\\"\\n"} 1
                # HELP ingest_received_events_total Events that arrived.\\nAll of them \\\\o/.
                # TYPE ingest_received_events_total counter
                ingest_received_events_total 3
                # TYPE open_streams gauge
                open_streams 2
                # TYPE report_seconds histogram
                report_seconds_bucket{report="funnel",le="0.001"} 1
                report_seconds_bucket{report="funnel",le="0.0025"} 1
                report_seconds_bucket{report="funnel",le="0.005"} 1
                report_seconds_bucket{report="funnel",le="0.01"} 1
                report_seconds_bucket{report="funnel",le="0.025"} 1
                report_seconds_bucket{report="funnel",le="0.05"} 1
                report_seconds_bucket{report="funnel",le="0.1"} 1
                report_seconds_bucket{report="funnel",le="0.25"} 2
                report_seconds_bucket{report="funnel",le="0.5"} 2
                report_seconds_bucket{report="funnel",le="1"} 2
                report_seconds_bucket{report="funnel",le="2.5"} 2
                report_seconds_bucket{report="funnel",le="5"} 2
                report_seconds_bucket{report="funnel",le="10"} 2
                report_seconds_bucket{report="funnel",le="30"} 2
                report_seconds_bucket{report="funnel",le="+Inf"} 3
                report_seconds_sum{report="funnel"} 60.251
                report_seconds_count{report="funnel"} 3
                # TYPE waiting_events gauge
                waiting_events 7

                """)
    }

    @Test("chooses histogram buckets by the unit in the name")
    func bounds() {
        let metrics = PrometheusMetrics(process: nil)
        Recorder(label: "body_bytes", factory: metrics).record(1_024)
        Recorder(label: "batch_events", factory: metrics).record(3)
        Timer(label: "commit", factory: metrics).recordMilliseconds(2)
        let text = metrics.render()
        #expect(text.contains("body_bytes_bucket{le=\"256\"} 0\nbody_bytes_bucket{le=\"1024\"} 1\n"))
        #expect(text.contains("batch_events_bucket{le=\"2\"} 0\nbatch_events_bucket{le=\"5\"} 1\n"))
        #expect(text.contains("commit_seconds_bucket{le=\"0.001\"} 0\ncommit_seconds_bucket{le=\"0.0025\"} 1\n"))
    }

    @Test("adds up label sets beyond a metric's limit, and counts them")
    func overflow() {
        let metrics = PrometheusMetrics(maximumSeries: 2, process: nil)
        for reason in ["a", "b", "c", "d", "a"] {
            Counter(label: "dropped_total", dimensions: [("reason", reason)], factory: metrics).increment()
            Gauge(label: "level", dimensions: [("reason", reason)], factory: metrics).record(1)
        }
        #expect(
            metrics.render() == """
                # TYPE dropped_total counter
                dropped_total{reason="a"} 2
                dropped_total{reason="b"} 1
                dropped_total{overflow="true"} 2
                # TYPE level gauge
                level{reason="a"} 1
                level{reason="b"} 1
                # HELP metrics_overflow_total Lookups of label sets beyond a metric's limit.
                # TYPE metrics_overflow_total counter
                metrics_overflow_total{metric="dropped_total"} 2
                metrics_overflow_total{metric="level"} 2

                """)
    }

    @Test("a name used for two types gets a suffix, and invalid names are cleaned")
    func names() {
        let metrics = PrometheusMetrics(process: nil)
        Counter(label: "size", factory: metrics).increment()
        Gauge(label: "size", factory: metrics).record(-0.5)
        Counter(label: "9 lives/ä", dimensions: [("le", "1"), ("a-b", "2")], factory: metrics).increment()
        #expect(
            metrics.render() == """
                # TYPE _9_lives___ counter
                _9_lives___{a_b="2",le_="1"} 1
                # TYPE size counter
                size 1
                # TYPE size_gauge gauge
                size_gauge -0.5

                """)
    }

    @Test("ignores values that would corrupt a counter")
    func counters() {
        let metrics = PrometheusMetrics(process: nil)
        let counter = FloatingPointCounter(label: "total", factory: metrics)
        for amount in [2.5, -1, .nan, .infinity, 0] { counter.increment(by: amount) }
        Counter(label: "total", factory: metrics).increment(by: -4)
        Counter(label: "total", factory: metrics).increment(by: 4)
        Recorder(label: "spread", factory: metrics).record(Double.nan)
        #expect(metrics.render().contains("total 6.5\n"))
        #expect(metrics.render().contains("spread_count 0\n"))
    }

    @Test("loses nothing when many threads count concurrently")
    func concurrency() async {
        let metrics = PrometheusMetrics(process: nil)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        Counter(label: "total", factory: metrics).increment()
                        Meter(label: "level", factory: metrics).increment(by: 0.5)
                        Timer(label: "work_seconds", dimensions: [("task", "\(task % 2)")], factory: metrics).recordSeconds(1)
                    }
                }
            }
        }
        let text = metrics.render()
        #expect(text.contains("total 8000\n") && text.contains("level 4000\n"))
        #expect(text.contains("work_seconds_sum{task=\"1\"} 4000\nwork_seconds_count{task=\"1\"} 4000\n"))
    }
}
