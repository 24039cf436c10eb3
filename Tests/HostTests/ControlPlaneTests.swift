@_spi(Host) import Access
import AllModules
@_spi(Host) import Common
@_spi(Host) @testable import Host
@_spi(Host) import Settings
import Testing
import TestSupport

@Suite("Projects and keys from the command line", .modules(.all))
struct ControlPlaneTests {
    @Test("work next to a running host, which notices them when it polls")
    func besideHost() async throws {
        try await TestApp.run { app in
            let configuration = app.installation.configuration
            let (project, secret) = try await ControlPlane.with(configuration) { control in
                let project = try await control.createProject(name: "Second", domain: "second.example")
                let key = try await control.directory.createKey(.init(name: "ask", scopes: [.query]), in: project, by: ControlPlane.actor)
                return (project, key.secret)
            }
            #expect(try await app.get("/api/v1/realtime", as: .key(secret)).status == 401)
            try await app.installation.directory.poll()
            #expect(try await app.get("/api/v1/realtime", as: .key(secret)).status == 200)
            try await ControlPlane.with(configuration) { control in
                let keys = try await control.directory.keys(of: project)
                let key = try KeyCommand.Revoke.find("ask", among: keys, of: project)
                try await control.directory.revokeKey(key.id, in: project, by: ControlPlane.actor)
            }
            try await app.installation.directory.poll()
            #expect(try await app.get("/api/v1/realtime", as: .key(secret)).status == 401)
            let audit = try await AuditLog.entries(of: project.id, limit: 10, offset: 0, in: app.installation.engines.control)
            #expect(Set(audit.map(\.action)) == ["project.create", "key.create", "key.revoke"])
            #expect(audit.allSatisfy { $0.actor == "command line" })
        }
    }

    @Test("a project is found by its id or by a unique name")
    func names() async throws {
        let scratch = try Scratch(), configuration = try scratch.configuration()
        try await ControlPlane.with(configuration, creating: true) { control in
            let one = try await control.createProject(name: "Shop", domain: "shop.example")
            let two = try await control.createProject(name: "Twin", domain: "twin.example")
            let refusal = CommandError(
                "Project 'Twin' already exists, with domain twin.example and id \(two.id). Choose another name, or use that project.")
            await #expect(throws: refusal) { try await control.createProject(name: "Twin", domain: "other.example") }
            #expect(control.directory.projects.map(\.name) == ["Shop", "Twin"])
            // The admin API, which identifies projects by id, accepts a duplicate name.
            let three = try await control.directory.createProject(name: "Twin", domain: "twin.example", privacy: PrivacyRules(), by: "test")
            #expect(try control.project("Shop") == one)
            #expect(try control.project("shop") == one)
            #expect(try control.project(one.id.uppercased()) == one)
            #expect(throws: CommandError("2 projects are called 'Twin'; use an id instead: \(two.id), \(three.id).")) {
                try control.project("Twin")
            }
            #expect(throws: CommandError("There is no project with the name or id 'Blog'. There are: 'Shop', 'Twin', 'Twin'.")) {
                try control.project("Blog")
            }
        }
    }

    @Test("a command on an empty data folder creates nothing")
    func nothing() async throws {
        let scratch = try Scratch(), configuration = try scratch.configuration()
        await #expect(throws: CommandError.self) { try await ControlPlane.with(configuration) { _ in } }
        #expect(!DataFolder(configuration.storage.dataFolder).hasControlStore)
    }
}

extension CommandError: Equatable {
    public static func == (left: CommandError, right: CommandError) -> Bool { left.description == right.description }
}
