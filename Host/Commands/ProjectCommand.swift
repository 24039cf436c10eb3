import Access
import ArgumentParser
import Common

/// `pulse project`: creates and lists projects, even while a host is running.
struct ProjectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "project", abstract: "Create and list projects, even while Pulse is running.", subcommands: [Create.self, List.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "create", abstract: "Create a project with the host's defaults.")

        @Argument(help: "The project's name.")
        var name: String
        @Argument(help: "The site's host name, such as www.example.com.")
        var domain: String
        @OptionGroup var options: ConfigurationOptions
        @Flag(name: .long, help: "Print JSON.")
        var json = false

        func validate() throws {
            guard (1...200).contains(name.trimmingSpaces.count) else {
                throw ValidationError("NAME must have 1 to 200 characters; got \(name.trimmingSpaces.count).")
            }
            guard SiteDomain(domain) != nil else {
                throw ValidationError("DOMAIN must be a host name such as www.example.com; got '\(domain.excerpt(60))'.")
            }
        }

        func run() async throws {
            let name = name.trimmingSpaces, domain = SiteDomain(domain)!.text
            let project = try await ControlPlane.with(try options.load(), creating: true) { control in
                try await control.createProject(name: name, domain: domain)
            }
            if json { return try StandardOutput.json(project, Project.shape) }
            print(
                """
                Created project '\(project.name)' for \(project.domain); its id is \(project.id).
                Next: pulse key create \(project.id) --name website --scope ingest
                """)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List all projects, oldest first.")

        @OptionGroup var options: ConfigurationOptions
        @Flag(name: .long, help: "Print JSON.")
        var json = false

        func run() async throws {
            let projects = try await ControlPlane.with(try options.load()) { $0.directory.projects }
            if json { return try StandardOutput.json(projects, .list(Project.shape)) }
            if projects.isEmpty { return print("There are no projects yet; `pulse project create` creates one.") }
            var columns = Columns("id", "created", "domain", "name")
            for project in projects { columns.add(project.id, "\(Day(project.createdAt))", project.domain, project.name) }
            print(columns.text)
        }
    }
}

/// The host name of a site, with an optional port. If a whole URL is given, only its host and port are kept.
struct SiteDomain {
    let text: String

    /// Returns nil if `input` contains no host name.
    init?(_ input: String) {
        var text = input.trimmingSpaces.lowercased()
        if let scheme = ["https://", "http://"].first(where: text.hasPrefix) {
            text = String(text.dropFirst(scheme.count).prefix { !"/?#".contains($0) })
        }
        let isHost =
            (1...253).contains(text.count)
            && text.unicodeScalars.allSatisfy {
                $0.value > 0x7F || ("a"..."z").contains($0) || ("0"..."9").contains($0) || ["-", ".", ":", "_", "[", "]"].contains($0)
            }
        guard isHost else { return nil }
        self.text = text
    }
}
