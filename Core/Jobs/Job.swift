import Common
import Logging
import ServiceLifecycle

/// Upkeep that every host repeats at an interval, such as of what it has in memory. Work that one host does for all is a `TaskKind` with a
/// `Schedule`.
public struct Job: Sendable {
    /// The job's name, used in logs.
    public let name: String
    /// The number of seconds to wait before each run, including the first.
    public let everySeconds: Int
    /// Does the work of one run.
    public let run: @Sendable () async throws -> Void

    public init(_ name: String, everySeconds: Int, run: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.everySeconds = everySeconds
        self.run = run
    }
}

/// Runs jobs, each at its own interval, until shutdown. If a run fails, the failure is logged and the job runs again after its interval.
@_spi(Host) public struct JobRunner: Service {
    private let jobs: [Job]
    private let logger: Logger

    public init(jobs: [Job], logger: Logger) {
        self.jobs = jobs
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
            do { try await job.run() } catch {
                logger.warning("a job failed and will be retried", metadata: ["job": "\(job.name)", "error": "\(error)"])
            }
        }
    }
}
