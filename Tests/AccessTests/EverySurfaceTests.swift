@_spi(Host) import Access
import AllModules
import Core
@_spi(Host) @testable import Host
import HTTPTypes
import NIOCore
@_spi(Host) import Platform
@_spi(Host) import Settings
import Testing
import TestSupport

/// The access checks of every route of every surface besides Pulse's own. The expected refusals are the evidence that the gate must find, in
/// the surface's words. A new surface is covered once it has an office in `offices`.
@Suite("Access checks: every surface", .modules(.all))
struct EverySurfaceTests {
    /// Hands out a surface's own credentials.
    struct Office: Sendable {
        /// The headers without which the surface doesn't own a request.
        let owning: HTTPFields
        /// The headers of a request with these rights in a project.
        let credentials: @Sendable (_ scopes: Set<KeyScope>, _ modules: [String]?, _ end: Instant?, Project?) async throws -> HTTPFields
    }

    private struct Case {
        let name: String
        let evidence: Evidence
        let headers: HTTPFields
    }

    @Test("rejects every unauthorized caller in the surface's words, and admits those it is meant for", arguments: Profile.available)
    func walks(profile: Profile) async throws {
        let kiosk = try KioskModule()
        let modules = try ModuleList.current.load() + [kiosk]
        try await TestApp.run(profile, modules: modules) { app in
            let offices: [String: Office] = [
                "kiosk": Office(owning: [KioskSurface.header: "1"]) { scopes, modules, end, project in
                    [.authorization: "Badge \(kiosk.badges.make(scopes, in: project, modules: modules, until: end, plan: "unlimited"))"]
                }
            ]
            let surfaces = app.installation.registry.surfaces
            #expect(surfaces.contains { $0.surface.name == "kiosk" })
            for (surface, module, routes) in surfaces {
                let office = try #require(offices[surface.name], "EverySurfaceTests has no credentials of the surface '\(surface.name)'")
                for route in routes where ![.anonymous, .publicToken].contains(route.scope) {
                    try await check(route, of: surface, module, app, office)
                }
            }
        }
    }

    private func check(_ route: Route, of surface: any Surface, _ module: String, _ app: TestApp, _ office: Office) async throws {
        let project = app.project, needed: KeyScope
        switch route.scope {
        case .key(let scope): needed = scope
        case .frontend: needed = .ingest
        default: needed = .admin
        }
        let kind: Evidence.Credential = route.scope == .installation || route.scope == .admin ? .administrator : .key
        let isProject = route.scope != .installation
        let home = isProject ? project : nil
        var cases = [Case(name: "nobody", evidence: .missingCredential(kind), headers: [:])]
        for (caller, secret) in app.keys.merging([.token: app.installation.adminToken], uniquingKeysWith: { first, _ in first }) {
            cases.append(Case(name: "Pulse's \(caller)", evidence: .missingCredential(kind), headers: [PulseSurface.keyHeader: secret]))
            cases.append(
                Case(name: "Pulse's \(caller) as bearer", evidence: .missingCredential(kind), headers: [.authorization: "Bearer \(secret)"])
            )
        }
        cases.append(
            Case(
                name: "somebody whose time is over", evidence: .invalidCredential(kind),
                headers: try await office.credentials([needed], nil, app.time.now, home)))
        for wrong in [KeyScope.ingest, .query] where wrong != needed && !(route.scope == .frontend) {
            cases.append(
                Case(
                    name: "somebody with only \(wrong.rawValue)", evidence: .missingScope(needed.rawValue, parameter: nil),
                    headers: try await office.credentials([wrong], nil, nil, home)))
        }
        if isProject {
            cases.append(
                Case(
                    name: "somebody limited to another module", evidence: .moduleForbidden(module, byLink: false),
                    headers: try await office.credentials([needed], ["no_such_module"], nil, home)))
        } else {
            cases.append(
                Case(
                    name: "an administrator of one project", evidence: .missingScope(KeyScope.admin.rawValue, parameter: nil),
                    headers: try await office.credentials([.admin], nil, nil, project)))
        }
        for refused in cases { try await expect(refused, route, surface, app, office) }
        let owner = try await office.credentials([needed], nil, nil, home)
        if route.isForProject {
            let directory = app.installation.directory
            func set(_ isEnabled: Bool, _ access: AccessLevel) async throws {
                try await directory.setModules([.init(module: module, isEnabled: isEnabled, access: access)], in: project, by: "test")
            }
            try await set(false, .all)
            try await expect(
                Case(name: "the owner, switched off", evidence: .moduleOff(module), headers: owner), route, surface, app, office)
            try await set(true, route.access == .read ? .write : .read)
            try await expect(
                Case(name: "the owner, wrong level", evidence: .moduleAccess(module, access: route.access.rawValue), headers: owner), route,
                surface, app, office)
            try await set(true, .all)
        }
        guard route.success.mediaType == "application/json" || route.success.mediaType == nil else { return }
        let answer = try await ask(route, app, owner, office)
        #expect(![401, 403, 405, 429].contains(answer.status) && answer.status < 500, "\(route.path): \(answer.status) \(answer.body)")
    }

    private func expect(_ refused: Case, _ route: Route, _ surface: any Surface, _ app: TestApp, _ office: Office) async throws {
        let answer = try await ask(route, app, refused.headers, office), expected = surface.answer(to: ServiceError(refused.evidence))
        let body = String(buffer: try expected.content(instants: nil))
        #expect(
            answer.status == expected.status && answer.body == body,
            "\(route.method) \(route.path) as \(refused.name): \(answer.status) \(answer.body)")
    }

    private func ask(_ route: Route, _ app: TestApp, _ credentials: HTTPFields, _ office: Office) async throws -> TestApp.Answer {
        var headers = office.owning
        for field in credentials { headers.append(field) }
        let path = route.path.replacing("{id}", with: Endpoint.unknownID).replacing("{hall}", with: app.project.id)
        let body = route.body.map { ByteBuffer(string: $0.sample) }
        return try await app.send(route.method, path, body, as: .nobody, headers: headers)
    }
}
