import Foundation
import Logging
import NIOCore
@_spi(Host) import PostgreSQLEngine
@_spi(Host) import SQLiteEngine
@_spi(Host) import Storage

/// Measures the start, the memory and the changes of an installation with very many projects, each with three keys.
struct DirectoryTimes {
    let program: String
    let projects: Int
    /// URL of an empty PostgreSQL database to use instead of SQLite and DuckDB.
    var database: String?

    /// How many projects and keys are created over HTTP.
    private static let changes = 50

    func run() async throws -> [Finding] {
        print("\(projects.formatted) projects with \((projects * 3).formatted) keys")
        return try await Files.withTemporaryFolder { folder in
            let small = try await changes(in: folder)
            try await fill(folder)
            var starts: [Double] = []
            for _ in 0..<2 {
                let start = ContinuousClock.now
                let pulse = try PulseProcess(program: program, dataFolder: folder, database: database)
                defer { pulse.kill() }
                starts.append(try await pulse.ready(since: start))
                try await pulse.stop()
            }
            let start = ContinuousClock.now
            let pulse = try PulseProcess(program: program, dataFolder: folder, database: database)
            defer { pulse.kill() }
            starts.append(try await pulse.ready(since: start))
            let processor = pulse.processorSeconds
            let (resident, own, peak) = (pulse.residentMB, pulse.ownMB, pulse.peakMB)
            let large = try await changes(of: pulse)
            let page = ContinuousClock.now
            guard
                try await Client.get(pulse.address + "/api/admin/projects?limit=100&offset=\(projects / 2)", token: PulseProcess.adminToken)
                    .status == 200
            else { throw BenchError("the list of projects failed") }
            let listed = page.duration(to: .now).milliseconds
            try await pulse.stop()
            return [
                Finding(
                    .directory, "start to ready", "\(starts.median.short) s", "\(processor.short) s of CPU time", budget: "2 s or less",
                    isMet: starts.median <= 2),
                finding("create a project", large.projects, before: small.projects),
                finding("create a key", large.keys, before: small.keys),
                Finding(.directory, "100 projects from the middle of the list", "\(listed.short) ms"),
                Finding(
                    .directory, "RSS after the start", "\(Int(resident)) MB",
                    "\(Int(own)) MB private, at most \(Int(peak)) MB during the start",
                    budget: "400 MB or less", isMet: peak <= 400),
            ]
        }
    }

    private func finding(_ name: String, _ times: [Double], before: [Double]) -> Finding {
        Finding(
            .directory, name, "\(times.median.short) ms",
            "longest \((times.max() ?? .nan).short) ms; \(before.median.short) ms without other projects",
            budget: "10 ms or less", isMet: times.median <= 10)
    }

    /// Times in milliseconds.
    private typealias Times = (projects: [Double], keys: [Double])

    /// Sets up an empty installation, and creates projects and keys in it.
    private func changes(in folder: String) async throws -> Times {
        let pulse = try PulseProcess(program: program, dataFolder: folder, database: database)
        defer { pulse.kill() }
        try await pulse.ready()
        let times = try await changes(of: pulse)
        try await pulse.stop()
        return times
    }

    private func changes(of pulse: PulseProcess) async throws -> Times {
        var times: Times = ([], [])
        for number in 0..<Self.changes {
            let start = ContinuousClock.now
            let project = try await pulse.create("/api/admin/projects", #"{"name":"Made \#(number)","domain":"made.example"}"#)
            times.projects.append(start.duration(to: .now).milliseconds)
            guard let id = project["id"] as? String else { throw BenchError("no project was created: \(project)") }
            let middle = ContinuousClock.now
            let key = try await pulse.create("/api/admin/projects/\(id)/keys", #"{"name":"query","scopes":["query"]}"#)
            times.keys.append(middle.duration(to: .now).milliseconds)
            guard let secret = key["key"] as? String, try await Client.get(pulse.address + "/api/v1/stats", key: secret).status == 200
            else {
                throw BenchError("a new key doesn't work: \(key)")
            }
        }
        return times
    }

    /// Adds projects and keys to the control store of a stopped installation. Each tenth project has switched five modules.
    private func fill(_ folder: String) async throws {
        let store: any ControlEngine =
            try database.map { try PostgreSQLControlStore(url: $0, maximumConnections: 1, logger: Logger(label: "pulse-bench")) }
            ?? SQLiteControlStore(path: folder + "/control.sqlite")
        let isServer = database != nil
        let id =
            isServer
            ? "CAST(gen_random_uuid() AS text)"
            : "(SELECT lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(6))) WHERE n = n)"
        let hash = isServer ? "md5(CAST(gen_random_uuid() AS text)) || md5(CAST(gen_random_uuid() AS text))" : "lower(hex(randomblob(32)))"
        let prefix = isServer ? "substr(CAST(gen_random_uuid() AS text), 1, 4)" : "lower(hex(randomblob(2)))"
        let count = projects
        try await store.write { transaction in
            try await transaction.run(
                """
                INSERT INTO access_projects (id, number, name, domain, privacy, created_at)
                WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < \(count))
                SELECT \(sql: id), 1000 + n, 'Project ' || n, 'site-' || n || '.example.com', (SELECT max(privacy) FROM access_projects),
                1700000000000 + n FROM numbers
                """)
            try await transaction.run(
                """
                INSERT INTO access_keys (id, project_id, name, secret_hash, prefix, scopes, is_server, created_at)
                WITH scopes(n, scope) AS (VALUES (1, 'ingest'), (2, 'query'), (3, 'admin'))
                SELECT \(sql: id), p.id, scope || ' key', \(sql: hash), 'pa_live_' || \(sql: prefix) || '...', scope, FALSE,
                1700000000000 FROM access_projects p CROSS JOIN scopes WHERE p.number > 1000
                """)
            try await transaction.run(
                """
                INSERT INTO access_modules (project_id, module, is_enabled, access)
                WITH modules(module) AS (VALUES ('funnels'), ('goals'), ('revenue'), ('segments'), ('utm'))
                SELECT p.id, module, TRUE, 'all' FROM access_projects p CROSS JOIN modules WHERE p.number > 1000 AND p.number % 10 = 0
                """)
        }
        await store.close()
    }
}
