import Common
import Foundation
import Testing

/// The Citus cluster that `test-servers.sh` has started: a coordinator and three workers. Absent where Citus isn't installed.
package enum Cluster {
    /// The ports of the nodes, the coordinator's first.
    package static let nodes = (ProcessInfo.processInfo.environment["PULSE_TEST_CITUS_NODES"] ?? "").split(separator: " ").map(String.init)
    package static var isThere: Bool { nodes.count == 4 }

    /// The environment variables that make a host use a new database of the cluster.
    /// - Parameter workers: the number of workers that have a part of it.
    package static func environment(workers: Int = 3) throws -> [String: String] {
        let name = Profile.newDatabaseName()
        try Profile.createDatabase(name, onNodes: Array(nodes.prefix(workers + 1)))
        return try environment(of: name)
    }

    package static func environment(of database: String) throws -> [String: String] {
        var environment = ["DATABASE_URL": "postgresql://pulse@127.0.0.1:\(nodes[0])/\(database)"]
        if let redis = Profile.redisURL { environment["REDIS_URL"] = redis }
        return environment
    }

    /// Starts or stops a node with `pg_ctl`.
    package static func control(_ node: Int, _ command: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: ProcessInfo.processInfo.environment["PULSE_TEST_SOCKETS"]! + "/node.sh")
        process.arguments = [String(node)] + command
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "node \(node): \(command.joined(separator: " "))")
    }

    /// Stops a node for the duration of `body`.
    package static func without(_ node: Int, _ body: () async throws -> Void) async throws {
        try control(node, "stop", "-m", "immediate")
        do { try await body() } catch {
            try? control(node, "start")
            throw error
        }
        try control(node, "start")
    }

    /// Runs commands on the coordinator as the superuser, and returns the rows that they print, with `|` between columns.
    @discardableResult
    package static func run(_ environment: [String: String], _ commands: String...) throws -> String {
        let database = environment["DATABASE_URL"]!.split(separator: "/").last.map(String.init)!
        return try Profile.psql(Profile.superuser(nodes[0], database), commands)
    }
}
