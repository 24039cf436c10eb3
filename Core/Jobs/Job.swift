import Common
import Coordination
import Logging
import ServiceLifecycle

/// Recurring work. A lease makes sure that only one host of the installation runs it.
public struct Job: Sendable {
    /// Names the job in logs, and its lease.
    public let name: String
    /// The pause before each run.
    public let everySeconds: Int
    /// False if every host runs the job for itself.
    public let isShared: Bool
    /// Does the work once.
    public let run: @Sendable () async throws -> Void

    public init(_ name: String, everySeconds: Int, shared: Bool = true, run: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.everySeconds = everySeconds
        self.isShared = shared
        self.run = run
    }
}

/// Runs jobs, each at its own interval, until shutdown. A job that fails is retried at its next run.
@_spi(Host) public struct JobRunner: Service {
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

    /// Runs a job once, unless another host holds its lease.
    public func runOnce(_ job: Job) async {
        do {
            // The lease outlives the pause, so it stays with one host and passes to another when that host is gone.
            if job.isShared {
                guard try await coordination.acquire(lease: "job:\(job.name)", owner: owner, seconds: job.everySeconds * 2) else { return }
            }
            try await job.run()
        } catch {
            logger.warning("a job failed and will be retried", metadata: ["job": "\(job.name)", "error": "\(error)"])
        }
    }
}
