import ArgumentParser
import Common
@_spi(Host) import Jobs

extension TaskState: ExpressibleByArgument {}

/// `pulse tasks`: lists durable tasks and changes them, even while a host is running.
struct TasksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks", abstract: "List, retry, pause and resume background tasks, even while Pulse is running.",
        subcommands: [List.self, Show.self, Retry.self, Pause.self, Resume.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List tasks, those enqueued last first.")

        @Option(name: .long, help: "Only tasks in this state: waiting, running, paused, dead or done.")
        var state: TaskState?
        @Option(name: .long, help: "Only tasks of this kind, such as pulse.retention.")
        var kind: String?
        @Option(name: .long, help: "The most tasks to list.")
        var limit = 50
        @OptionGroup var options: ConfigurationOptions
        @Flag(name: .long, help: "Print JSON.")
        var json = false

        func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit must be 1 to 10000; got \(limit).") }
        }

        func run() async throws {
            let (tasks, total) = try await ControlPlane.with(try options.load(), readsDirectory: false) { control in
                (try await control.tasks.tasks(in: state, of: kind, limit: limit), try await control.tasks.count(in: state, of: kind))
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

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retry", abstract: "Run a dead task again, with all its attempts, or a waiting one now.")

        @OptionGroup var task: TaskOptions

        func run() async throws { print("Task \(try await task.change(.retry)) runs within 30 seconds.") }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause", abstract: "Hold a waiting task back, and those that must run after it.")

        @OptionGroup var task: TaskOptions

        func run() async throws { print("Task \(try await task.change(.pause)) is paused; `pulse tasks resume` lets it run.") }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "resume", abstract: "Let a paused task run when its time comes.")

        @OptionGroup var task: TaskOptions

        func run() async throws { print("Task \(try await task.change(.resume)) waits for its time.") }
    }

    /// The arguments of a command that changes a task.
    struct TaskOptions: ParsableArguments {
        @Argument(help: "The task's id.")
        var id: String
        @OptionGroup var options: ConfigurationOptions

        /// - Returns: the task's id.
        func change(_ change: TaskStore.Change) async throws -> String {
            try await ControlPlane.with(try options.load(), readsDirectory: false) { control in
                try await control.tasks.change(id.lowercased(), change, by: ControlPlane.actor).id
            }
        }
    }
}

extension StoredTask {
    /// The beginning of the last error, on one line.
    fileprivate var shortError: String {
        (lastError ?? "").split(whereSeparator: \.isNewline).joined(separator: " ").excerpt(80)
    }
}
