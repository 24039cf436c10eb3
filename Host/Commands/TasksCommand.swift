import ArgumentParser
import Common
@_spi(Host) import Jobs

extension TaskState: ExpressibleByArgument {}

/// `pulse tasks`: lists durable tasks and changes them, even while a host is running.
struct TasksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks", abstract: "List, retry, pause and resume background tasks, even while Pulse is running.",
        subcommands: [List.self, Show.self, Kinds.self, Schedules.self, Retry.self, Pause.self, Resume.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List tasks, those enqueued last first.")

        @Option(name: .long, help: "Only tasks in this state: waiting, running, paused, dead or done.")
        var state: TaskState?
        @Option(name: .long, help: "Only tasks of this kind, such as pulse.retention.")
        var kind: String?
        @OptionGroup var length: ListLength
        @OptionGroup var options: ConfigurationOptions
        @Flag(name: .long, help: "Print JSON.")
        var json = false

        func run() async throws {
            let (tasks, total) = try await ControlPlane.with(try options.load(), readsDirectory: false) { control in
                (
                    try await control.tasks.tasks(in: state, of: kind, limit: length.limit),
                    try await control.tasks.count(in: state, of: kind)
                )
            }
            if json { return try StandardOutput.json(tasks, .list(StoredTask.shape)) }
            if tasks.isEmpty { return print("There are no such tasks.") }
            var columns = Columns("id", "kind", "state", "attempts", "runs at", "last error")
            for task in tasks {
                columns.add(task.id, task.kind, task.state.rawValue, "\(task.attempts)", task.runAt.iso8601, task.shortError)
            }
            print(columns.text)
            if total > tasks.count { print("These are \(tasks.count) of \(total); --limit lists more.") }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show everything about a task, what it was given to do included.")

        @Argument(help: "The task's id.")
        var id: String
        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let task = try await ControlPlane.with(try options.load(), readsDirectory: false) { try await $0.tasks.task(id.lowercased()) }
            try StandardOutput.json(StoredTask.Whole(task), StoredTask.Whole.shape)
        }
    }

    struct Kinds: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "kinds", abstract: "List the kinds of stored tasks, each with the number of its tasks.")

        @OptionGroup var options: ConfigurationOptions
        @Flag(name: .long, help: "Print JSON.")
        var json = false

        func run() async throws {
            let kinds = try await ControlPlane.with(try options.load(), readsDirectory: false) { try await $0.tasks.kindOverviews() }
            if json { return try StandardOutput.json(kinds, .list(TaskStore.KindOverview.shape)) }
            if kinds.isEmpty { return print("There are no tasks.") }
            var columns = Columns("kind", "waiting", "running", "dead", "last done", "next", "paused")
            for kind in kinds {
                let counts = [TaskState.waiting, .running, .dead].map { "\(kind.counts[$0] ?? 0)" }
                columns.add(
                    kind.name, counts[0], counts[1], counts[2], kind.lastDoneAt?.iso8601 ?? "", kind.nextAt?.iso8601 ?? "",
                    kind.isPaused ? "yes" : "")
            }
            print(columns.text)
        }
    }

    struct Schedules: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "schedules", abstract: "List what repeats, that first whose time comes next.")

        @OptionGroup var length: ListLength
        @OptionGroup var options: ConfigurationOptions
        @Flag(name: .long, help: "Print JSON.")
        var json = false

        func run() async throws {
            let (schedules, total) = try await ControlPlane.with(try options.load(), readsDirectory: false) { control in
                (try await control.tasks.schedules(limit: length.limit), try await control.tasks.scheduleCount())
            }
            if json { return try StandardOutput.json(schedules, .list(TaskStore.StoredSchedule.shape)) }
            if schedules.isEmpty { return print("There are no schedules yet; `pulse serve` stores those of its modules.") }
            var columns = Columns("schedule", "kind", "repeats", "last", "next")
            for schedule in schedules {
                columns.add(schedule.name, schedule.kind, schedule.rhythm, schedule.lastAt?.iso8601 ?? "", schedule.nextAt.iso8601)
            }
            print(columns.text)
            if total > schedules.count { print("These are \(schedules.count) of \(total); --limit lists more.") }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retry",
            abstract: "Run a dead task again, with all its attempts, or a waiting one now; or all dead tasks of a kind.")

        @OptionGroup var task: TaskOptions

        func run() async throws {
            switch try task.target() {
            case .task(let id): print("Task \(try await task.change(id, .retry)) runs within 30 seconds.")
            case .kind(let kind):
                let count = try await task.control { try await $0.tasks.retryAll(of: kind, by: ControlPlane.actor) }
                print(count == 0 ? "No task of kind \(kind) is dead." : "\(count.counting("task")) of kind \(kind) run within 30 seconds.")
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause", abstract: "Hold a waiting task back, and those that must run after it; or all tasks of a kind.")

        @OptionGroup var task: TaskOptions

        func run() async throws {
            switch try task.target() {
            case .task(let id): print("Task \(try await task.change(id, .pause)) is paused; `pulse tasks resume` lets it run.")
            case .kind(let kind):
                _ = try await task.control { try await $0.tasks.setPaused(true, kind: kind) }
                print("No task of kind \(kind) is begun any more; `pulse tasks resume --kind \(kind)` lets them run.")
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "Let a paused task run when its time comes; or all tasks of a paused kind.")

        @OptionGroup var task: TaskOptions

        func run() async throws {
            switch try task.target() {
            case .task(let id): print("Task \(try await task.change(id, .resume)) waits for its time.")
            case .kind(let kind):
                _ = try await task.control { try await $0.tasks.setPaused(false, kind: kind) }
                print("Tasks of kind \(kind) run when their time comes.")
            }
        }
    }

    /// How much a command lists.
    struct ListLength: ParsableArguments {
        @Option(name: .long, help: "The most lines to list.")
        var limit = 50

        func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit must be 1 to 10000; got \(limit).") }
        }
    }

    /// The arguments of a command that changes a task, or all tasks of a kind.
    struct TaskOptions: ParsableArguments {
        @Argument(help: "The task's id.")
        var id: String?
        @Option(name: .long, help: "All tasks of this kind, such as pulse.retention, instead of one.")
        var kind: String?
        @OptionGroup var options: ConfigurationOptions

        enum Target { case task(String), kind(String) }

        func target() throws -> Target {
            switch (id, kind) {
            case (let id?, nil): .task(id)
            case (nil, let kind?): .kind(kind)
            default:
                throw ValidationError(
                    "Give either a task's id, or --kind and a kind. `pulse tasks list` and `pulse tasks kinds` show them.")
            }
        }

        func validate() throws { _ = try target() }

        func control<Result: Sendable>(_ body: @escaping @Sendable (ControlPlane) async throws -> Result) async throws -> Result {
            try await ControlPlane.with(try options.load(), readsDirectory: false, body)
        }

        /// - Returns: the task's id.
        func change(_ id: String, _ change: TaskStore.Change) async throws -> String {
            try await control { try await $0.tasks.change(id.lowercased(), change, by: ControlPlane.actor).id }
        }
    }
}

extension StoredTask {
    /// The beginning of the last error, on one line.
    fileprivate var shortError: String {
        (lastError ?? "").split(whereSeparator: \.isNewline).joined(separator: " ").excerpt(80)
    }
}
