import Foundation

/// A line of the results.
struct Finding {
    enum Part: String, CaseIterable {
        case ingest = "Ingest", imports = "An import next to another project", report = "Reports", analysis = "Analyses", facts =
            "Errors and logs", directory = "Many projects", start = "Start", memory = "Memory", disk = "Disk", note = "Notes", servers =
            "Servers", serverReport = "Reports on servers"
    }

    let part: Part
    let name: String
    let value: String
    var detail: String?
    var budget: String?
    var isMet: Bool?

    init(_ part: Part, _ name: String, _ value: String, _ detail: String? = nil, budget: String? = nil, isMet: Bool? = nil) {
        self.part = part
        self.name = name
        self.value = value
        self.detail = detail
        self.budget = budget
        self.isMet = isMet
    }

    var verdict: String { isMet.map { $0 ? "met" : "**missed**" } ?? "" }
}

/// Collects findings, prints them, and writes `docs/benchmarks.md`.
struct Report {
    let events, facts: Int
    var took = Duration.zero
    private var findings: [Finding] = []

    init(events: Int, facts: Int) {
        self.events = events
        self.facts = facts
    }

    mutating func add(_ more: [Finding]) {
        findings += more
        for finding in more {
            print(
                "  "
                    + [finding.name, finding.value, finding.detail, finding.budget, finding.verdict].compactMap(\.self).filter {
                        !$0.isEmpty
                    }.joined(separator: "  ·  "))
        }
    }

    /// - Parameters:
    ///   - writesPage: whether to write the page. What it says of servers stays.
    ///   - writesServers: whether to replace what the page says of servers.
    func finish(writesPage: Bool, writesServers: Bool) throws {
        let path = "docs/benchmarks.md", page = try self.page(of: Finding.Part.allCases.filter { !Self.ofServers.contains($0) })
        let old = (try? String(contentsOfFile: path, encoding: .utf8)) ?? "", heading = "## \(Finding.Part.servers.rawValue)\n"
        let start = old.range(of: heading)?.lowerBound ?? old.endIndex
        let servers = writesServers ? sections(of: Self.ofServers) : String(old[start...])
        print("\n\(page)\n\(writesServers ? servers : "")")
        guard writesPage || writesServers else { return }
        try ((writesPage ? page : String(old[..<start])) + servers).write(toFile: path, atomically: true, encoding: .utf8)
        print("Written to \(path)")
    }

    private static let ofServers: [Finding.Part] = [.servers, .serverReport]

    private func page(of parts: [Finding.Part]) throws -> String {
        let lines = [
            "# Benchmarks", "",
            "Written by `make bench`, \(Machine.date). Medians of several repetitions. Client and server run on the same machine, over loopback.",
            "",
            "| | |", "|---|---|",
            "| machine | \(Machine.processor), \(ProcessInfo.processInfo.activeProcessorCount) cores, \(ProcessInfo.processInfo.physicalMemory >> 30) GB |",
            "| system | \(Machine.system) |", "| DuckDB | \(Machine.duckDB) |",
            "| reference data | \(events.formatted) events over 60 days in 3 projects |",
            "| duration of the run | \(Int(took.seconds)) s |", "",
            "To repeat the run: `make bench`, or `make bench ARGS=\"--events 1000000\"` for a quick one. Both rewrite this page.", "",
        ]
        return lines.joined(separator: "\n") + "\n" + sections(of: parts)
    }

    private func sections(of parts: [Finding.Part]) -> String {
        var lines: [String] = []
        for part in parts {
            let found = findings.filter { $0.part == part }
            guard !found.isEmpty else { continue }
            lines += ["## \(part.rawValue)", ""]
            if part == .report {
                lines += [
                    "Over the project with 60 % of the events, in milliseconds. *Pulse* is a request over HTTP with a new range, *again* is the same request",
                    "repeated (budget: 10 ms). *DuckDB* and *ClickHouse* are the bare engines with the natural SQL for the same question; Pulse's budget is",
                    "ClickHouse's time.", "",
                    "| report | Pulse | again | DuckDB | ClickHouse | budget | |", "|---|--:|--:|--:|--:|---|---|",
                ]
                lines += found.map { "| \($0.name) | \($0.value) | \($0.verdict) | \($0.detail ?? "") |" }
            } else if part == .analysis {
                lines += [
                    "Over the same project and 60 days, in milliseconds. *DuckDB* is the bare engine with the fastest SQL that we know for the same question.",
                    "The budget is 1.2 times DuckDB's time, and at most 500 ms; for *again*, it is 10 ms.", "",
                    "| analysis | Pulse | again | DuckDB | budget | |", "|---|--:|--:|--:|---|---|",
                ]
                lines += found.map { "| \($0.name) | \($0.value) | \($0.verdict) | \($0.detail ?? "") |" }
            } else if part == .serverReport {
                lines += [
                    "Over the same project and 60 days. Pulse on embedded storage, on one PostgreSQL and on the cluster: milliseconds until the answer, and of the",
                    "servers' processor time. *Coordinator* is its share of the cluster's, *kB* all that went over loopback. Budgets: one PostgreSQL at most 4 times",
                    "embedded storage; the cluster's processor time at most 1.3 times one PostgreSQL's, the coordinator's a tenth of that, and 1 MB.",
                    "",
                    "| report | embedded | one | : embedded | cluster | processor: one | cluster | : one | coordinator | kB | budget | |",
                    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|---|",
                ]
                lines += found.map { "| \($0.name) | \($0.value) | \($0.verdict) | \($0.detail ?? "") |" }
            } else if part == .facts {
                lines += [
                    "Over \(facts.formatted) errors and as many log entries of one project, in milliseconds, as above. *DuckDB* is the bare engine with the fastest SQL",
                    "that we know for the same result. Half of the rows are in the 30 days.", "",
                    "| report | Pulse | again | DuckDB | budget | |", "|---|--:|--:|--:|---|---|",
                ]
                lines += found.map { "| \($0.name) | \($0.value) | \($0.verdict) | \($0.detail ?? "") |" }
            } else {
                if part == .servers {
                    lines += [
                        "`make bench ARGS=\"--only servers\"`, \(Machine.date): \(events.formatted) events, \(Machine.processor), "
                            + "\(ProcessInfo.processInfo.activeProcessorCount) cores. One PostgreSQL, and a Citus cluster of a coordinator and three",
                        "workers, whose nodes share the machine's cores with Pulse and with each other. So it is their work that can be compared, not how long",
                        "a cluster of several machines would take.", "",
                    ]
                }
                if part == .imports {
                    lines += [
                        "Six senders import batches of 1,000 events into one project as fast as Pulse accepts them, and obey `Retry-After`. Meanwhile, another",
                        "project sends one event at a time and requests `/api/v1/stats` twice after each: immediately, so the response has to wait for that event,",
                        "and then over a new range.", "",
                    ]
                }
                lines += ["| measure | value | | budget | |", "|---|---|---|---|---|"]
                lines += found.map { "| \($0.name) | \($0.value) | \($0.detail ?? "") | \($0.budget ?? "") | \($0.verdict) |" }
            }
            lines.append("")
        }
        return lines.joined(separator: "\n")
    }
}

enum Machine {
    static var date: String {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withFullDate]
        return formatter.string(from: Date())
    }

    static var processor: String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
    }

    static var system: String {
        let release = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)) ?? ""
        let name =
            release.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }?.dropFirst(12).trimmingCharacters(in: ["\""]) ?? "Linux"
        let swift = (try? Processes.output("swift", ["--version"]).text.split(separator: "\n").first).map { ", \($0)" } ?? ""
        return name + swift
    }

    static var duckDB: String {
        (try? String(contentsOfFile: ".tools/duckdb/stamp", encoding: .utf8))?.split(separator: " ").first.map(String.init) ?? "unknown"
    }
}

extension Double {
    /// The number, with about three significant digits.
    var short: String {
        self.isNaN ? "-" : String(format: abs(self) >= 100 ? "%.0f" : abs(self) >= 10 ? "%.1f" : "%.2f", self)
    }
}

extension Int {
    var formatted: String {
        var text = "", digits = String(self)
        while digits.count > 3 {
            text = "," + digits.suffix(3) + text
            digits.removeLast(3)
        }
        return digits + text
    }
}
