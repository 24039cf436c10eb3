import Common
import Coordination
import Logging
import ServiceLifecycle

/// Work that repeats. A lease sees to it that one host of the installation does it.
public struct Job: Sendable {
    public let name: String
    public let everySeconds: Int
    /// False for work that each host does for itself.
    public let isShared: Bool
    public let run: @Sendable () async throws -> Void

    public init(_ name: String, everySeconds: Int, shared: Bool = true, run: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.everySeconds = everySeconds
        self.isShared = shared
        self.run = run
    }
}

/// Runs jobs, each in its own rhythm, until shutdown. A job that fails is tried again at its next turn.
public struct JobRunner: Service {
    private let jobs: [Job]
    private let coordination: any Coordination
    private let owner: String
    private let logger: Logger

    public init(jobs: [Job], coordination: any Coordination, owner: String, logger: Logger) {
        self.jobs = jobs
        self.coordination = coordination
        self.owner = owner
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                for job in jobs { group.addTask { await self.repeatedly(job) } }
            }
        }
    }

    private func repeatedly(_ job: Job) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(job.everySeconds)) } catch { return }
            await runOnce(job)
        }
    }

    /// One turn of a job, if no other host has it.
    public func runOnce(_ job: Job) async {
        do {
            // The lease outlives the pause a little, so that it stays with one host, and passes on when that host goes.
            if job.isShared {
                guard try await coordination.acquire(lease: "job:\(job.name)", owner: owner, seconds: job.everySeconds * 2) else { return }
            }
            try await job.run()
        } catch {
            logger.warning("a job failed and will be tried again", metadata: ["job": "\(job.name)", "error": "\(error)"])
        }
    }
}
