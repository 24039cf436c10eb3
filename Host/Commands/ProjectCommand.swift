import Access
import ArgumentParser
import Common

/// `pulse project`: works beside a running host.
struct ProjectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "project", abstract: "Make and list projects, also while Pulse serves.", subcommands: [Create.self, List.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "create", abstract: "Make a project with the host's defaults.")

        @Argument(help: "What people call it.")
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
            if json { return try StandardOutput.json(Shown(project)) }
            print("""
                Project '\(project.name)' for \(project.domain) is there; its id is \(project.id).
                Next: pulse key create \(project.id) --name "my site" --scope ingest
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
            if json { return try StandardOutput.json(projects.map(Shown.init)) }
            if projects.isEmpty { return print("There are no projects yet; `pulse project create` makes one.") }
            var columns = Columns("id", "created", "domain", "name")
            for project in projects { columns.add(project.id, "\(Day(project.createdAt))", project.domain, project.name) }
            print(columns.text)
        }
    }

    private struct Shown: Encodable {
        let id: String, name: String, domain: String, created_at: Instant

        init(_ project: Project) {
            id = project.id
            name = project.name
            domain = project.domain
            created_at = project.createdAt
        }
    }
}

/// The host name of a site, with a port if need be; an address that was pasted whole is cut down to it.
struct SiteDomain {
    let text: String

    /// Nil when there is no host name in `input`.
    init?(_ input: String) {
        var text = input.trimmingSpaces.lowercased()
        if let scheme = ["https://", "http://"].first(where: text.hasPrefix) {
            text = String(text.dropFirst(scheme.count).prefix { !"/?#".contains($0) })
        }
        let isHost = (1...253).contains(text.count) && text.unicodeScalars.allSatisfy {
            $0.value > 0x7F || ("a"..."z").contains($0) || ("0"..."9").contains($0) || ["-", ".", ":", "_", "[", "]"].contains($0)
        }
        guard isHost else { return nil }
        self.text = text
    }
}
