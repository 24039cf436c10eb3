import Access
import ArgumentParser
@_spi(Host) import Common

extension KeyScope: ExpressibleByArgument {}

/// `pulse key`: creates, lists and revokes API keys, even while a host is running.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Create, list and revoke API keys, even while Pulse is running.",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Create a key, which is shown only once.")

        @Argument(help: "The project's id, or its name.")
        var project: String
        @Option(name: .long, help: "The key's name.")
        var name: String
        @Option(
            name: .long,
            help: "What the key may do: ingest (send data), query (read reports, manage funnels and the like) or admin. Repeat for several."
        )
        var scope: [KeyScope]
        @Option(name: .long, help: "A module that the key may use. Repeat for several. Default: every enabled module.")
        var module: [String] = []
        @Option(name: .long, help: "When the key expires: a date, an ISO 8601 timestamp, or a number of days such as 90d. Default: never.")
        var expires: String?
        @Flag(name: .long, help: "For a key used by a server: its events may contain the visitor's ip and user_agent.")
        var server = false
        @OptionGroup var options: ConfigurationOptions
        @Flag(name: .long, help: "Print JSON.")
        var json = false

        func validate() throws {
            guard (1...200).contains(name.trimmingSpaces.count) else { throw ValidationError("--name must have 1 to 200 characters.") }
            guard !scope.isEmpty else { throw ValidationError("--scope must be given at least once: ingest, query or admin.") }
            let unknown = module.filter { !ModuleList.current.names.contains($0) }
            guard unknown.isEmpty else {
                throw ValidationError(
                    "There is no module '\(unknown[0])'; the modules are: \(ModuleList.current.names.joined(separator: ", ")).")
            }
            if let expires { _ = try Self.expiry(expires, now: SystemTime().now) }
        }

        /// The expiry time for a key that is created at `now`.
        /// - Throws: `ValidationError` if `text` is not a time in the future.
        static func expiry(_ text: String, now: Instant) throws -> Instant {
            if text.hasSuffix("d"), let days = Int64(text.dropLast()), (1...36_500).contains(days) { return now.adding(days: days) }
            guard let instant = ISO8601.parse(text)?.utc, instant > now else {
                throw ValidationError(
                    "--expires must be a date or timestamp in the future, or days such as 90d; got '\(text.excerpt(40))'.")
            }
            return instant
        }

        func run() async throws {
            let now = SystemTime().now
            let request = Directory.KeyRequest(
                name: name.trimmingSpaces, scopes: scope, expiresAt: try expires.map { try Self.expiry($0, now: now) },
                allowedModules: module.isEmpty ? nil : module, isServer: server)
            let (key, secret, project) = try await ControlPlane.with(try options.load()) { control in
                let project = try control.project(self.project)
                let (key, secret) = try await control.directory.createKey(request, in: project, by: ControlPlane.actor)
                return (key, secret, project)
            }
            if json { return try StandardOutput.json(APIKey.Created(key: key, secret: secret), APIKey.Created.shape) }
            print(
                """
                \(secret)

                This key for project '\(project.name)' is shown only once; write it down. Its id is \(key.id).
                A running host accepts it within two seconds.
                """)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List a project's keys that are not revoked, oldest first.")

        @Argument(help: "The project's id, or its name.")
        var project: String
        @OptionGroup var options: ConfigurationOptions
        @Flag(name: .long, help: "Print JSON.")
        var json = false

        func run() async throws {
            let keys = try await ControlPlane.with(try options.load()) { control in
                try await control.directory.keys(of: try control.project(project))
            }
            if json { return try StandardOutput.json(keys, .list(APIKey.shape)) }
            if keys.isEmpty { return print("The project has no keys; `pulse key create` creates one.") }
            let now = SystemTime().now
            var columns = Columns("id", "key", "scopes", "modules", "kind", "expires", "last used", "name")
            for key in keys {
                columns.add(
                    key.id, key.prefix, key.scopeNames.joined(separator: ","), key.allowedModules?.joined(separator: ",") ?? "all",
                    key.isServer ? "server" : "browser",
                    key.expiresAt.map { $0 <= now ? "expired" : "\(Day($0))" } ?? "never", key.lastUsedAt?.iso8601 ?? "never", key.name)
            }
            print(columns.text)
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Revoke a key permanently.")

        @Argument(help: "The project's id, or its name.")
        var project: String
        @Argument(help: "The key's id, or its name if no other key of the project has it.")
        var key: String
        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let name = try await ControlPlane.with(try options.load()) { control in
                let project = try control.project(self.project)
                let key = try Self.find(key, among: try await control.directory.keys(of: project), of: project)
                try await control.directory.revokeKey(key.id, in: project, by: ControlPlane.actor)
                return key.name
            }
            print("Key '\(name)' is revoked. A running host rejects it within two seconds.")
        }

        static func find(_ text: String, among keys: [APIKey], of project: Project) throws -> APIKey {
            if let key = keys.first(where: { $0.id == text.lowercased() }) { return key }
            let named = keys.filter { $0.name == text }
            switch named.count {
            case 1: return named[0]
            case 0:
                throw CommandError("Project '\(project.name)' has no key with the name or id '\(text)'. `pulse key list` shows them.")
            default:
                throw CommandError(
                    "\(named.count) keys are called '\(text)'; use an id instead: \(named.map(\.id).joined(separator: ", ")).")
            }
        }
    }
}

extension APIKey {
    /// The names of the key's scopes, in the order of `KeyScope.allCases`.
    var scopeNames: [String] { KeyScope.allCases.filter(scopes.contains).map(\.rawValue) }
}
