import Common
import Coordination
import Logging
import ServiceLifecycle

/// Work that is repeated at an interval. Unless `isShared` is false, a lease ensures that only one host of the installation runs the job.
public struct Job: Sendable {
    /// The job's name, used in logs and for its lease.
    public let name: String
    /// The number of seconds to wait before each run, including the first.
    public let everySeconds: Int
    /// Whether only one host runs the job. If false, every host runs it.
    public let isShared: Bool
    /// Does the work of one run.
    public let run: @Sendable () async throws -> Void

    public init(_ name: String, everySeconds: Int, shared: Bool = true, run: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.everySeconds = everySeconds
        self.isShared = shared
        self.run = run
    }
}

/// Runs jobs, each at its own interval, until shutdown. If a run fails, the failure is logged and the job runs again after its interval.
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

    /// Runs a job once. Does nothing if another host holds the job's lease.
    public func runOnce(_ job: Job) async {
        do {
            // The lease lasts longer than the pause between runs, so the same host keeps it. If that host stops, the lease expires and
            // another host gets it.
            if job.isShared {
                guard try await coordination.acquire(lease: "job:\(job.name)", owner: owner, seconds: job.everySeconds * 2) else { return }
            }
            try await job.run()
        } catch {
            logger.warning("a job failed and will be retried", metadata: ["job": "\(job.name)", "error": "\(error)"])
        }
    }
}
