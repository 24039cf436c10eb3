@_spi(Host) import Access
import Core
@_spi(Host) @testable import Host
import HTTPTypes
@_spi(Host) import Ingest
@_spi(Host) import Storage
import TestSupport

/// An unauthorized caller, the routes that reject it, and the exact error.
struct Stranger: Sendable {
    let name: String
    /// Whether an endpoint must reject this caller.
    let meets: @Sendable (Endpoint) -> Bool
    /// Prepares the fixture before the requests, such as by switching modules off.
    var prepare: @Sendable (AccessFixture) async throws -> Void = { _ in }
    let caller: @Sendable (AccessFixture, Endpoint) async throws -> TestApp.Caller
    /// The requested path; nil for the route's path in the first project.
    var path: @Sendable (AccessFixture, Endpoint) -> String? = { _, _ in nil }
    var headers: @Sendable (AccessFixture, Endpoint) -> HTTPFields = { _, _ in [:] }
    let answer: @Sendable (AccessFixture, Endpoint) -> (status: Int, sentence: String)

    static let all = keyless + wrongScopes + modules + administrators + installations

    private static let missing = (status: 401, sentence: "Missing API key. Provide it via X-Pulse-Key header or ?key= query parameter.")
    private static let invalid = (status: 401, sentence: "Invalid API key.")
    private static let missingToken = (status: 401, sentence: "Missing admin token.")
    private static let invalidToken = (status: 401, sentence: "Invalid admin token.")

    private static func missesScope(_ scope: KeyScope) -> (status: Int, sentence: String) {
        (403, "API key does not have the required '\(scope.rawValue)' scope for this endpoint.")
    }

    // MARK: Without a valid key

    private static let keyless: [Stranger] = [
        Stranger(name: "somebody without a key", meets: \.takesKey, caller: { _, _ in .nobody }, answer: { _, _ in missing }),
        Stranger(name: "somebody with an empty key", meets: \.takesKey, caller: { _, _ in .key("") }, answer: { _, _ in missing }),
        Stranger(
            name: "somebody with an empty key in the query string", meets: \.takesKey, caller: { _, _ in .nobody },
            path: { $1.path(in: $0.project) + "?key=" }, answer: { _, _ in missing }),
        Stranger(name: "the administrator with a bearer token", meets: \.takesKey, caller: { _, _ in .token }, answer: { _, _ in missing }),
        Stranger(
            name: "a valid key as a bearer token", meets: \.takesKey, caller: { .bearer($0.app.keys[$0.owner(of: $1)]!) },
            answer: { _, _ in missing }),
        Stranger(
            name: "somebody with a made-up key", meets: \.takesKey, caller: { _, _ in .key("pa_live_AAAAAAAAAAAAAAAAAAAAAAAA") },
            answer: { _, _ in invalid }),
        Stranger(
            name: "somebody with a made-up key in the query string", meets: \.takesKey, caller: { _, _ in .nobody },
            path: { $1.path(in: $0.project) + "?key=pa_live_AAAAAAAAAAAAAAAAAAAAAAAA" }, answer: { _, _ in invalid }),
        Stranger(
            name: "somebody with a wrong key in the header and a valid one in the query string", meets: \.takesKey,
            caller: { _, _ in .key("wrong") },
            path: { $1.path(in: $0.project) + "?key=\($0.app.keys[$0.owner(of: $1)]!)" }, answer: { _, _ in invalid }),
        Stranger(
            name: "somebody with the displayed prefix of a key", meets: \.takesKey,
            caller: { .key(String($0.app.keys[$0.owner(of: $1)]!.prefix(12)) + "...") },
            answer: { _, _ in invalid }),
        Stranger(
            name: "somebody with the digest of a key", meets: \.takesKey, caller: { .key(Digest.sha256($0.app.keys[$0.owner(of: $1)]!)) },
            answer: { _, _ in invalid }),
        Stranger(
            name: "somebody with a key in upper case", meets: \.takesKey, caller: { .key($0.app.keys[$0.owner(of: $1)]!.uppercased()) },
            answer: { _, _ in invalid }),
        Stranger(
            name: "the admin token as a key", meets: \.takesKey, caller: { fixture, _ in .key(fixture.app.installation.adminToken) },
            answer: { _, _ in invalid }),
        Stranger(
            name: "a key at the instant of its expiry", meets: \.takesKey,
            caller: { .key(try await $0.expiredKey($1.openingScopes)) }, answer: { _, _ in invalid }),
        Stranger(
            name: "a revoked key", meets: \.takesKey, caller: { .key(try await $0.revokedKey($1.openingScopes)) },
            answer: { _, _ in invalid }),
    ]

    // MARK: With a key for another purpose

    // `admin` is missing here because it is sufficient for every route.
    private static let wrongScopes: [Stranger] = [KeyScope.ingest, .query].map { scope in
        Stranger(
            name: "a key with only the scope '\(scope.rawValue)' where that is not enough",
            meets: { ($0.takesKey || $0.kind == .admin) && !$0.openingScopes.contains(scope) },
            caller: { fixture, endpoint in
                let key = try await fixture.key([scope])
                return endpoint.takesKey ? .key(key) : .bearer(key)
            }, answer: { missesScope($1.neededScope) })
    }

    private static let modules: [Stranger] = [
        Stranger(
            name: "a key for other modules", meets: { $0.module != nil && ($0.takesKey || $0.kind == .admin) },
            caller: { fixture, endpoint in
                let key = try await fixture.key([.admin], modules: [fixture.module(otherThan: endpoint.module)])
                return endpoint.takesKey ? .key(key) : .bearer(key)
            }, answer: { (403, "API key is not allowed to use module '\($1.module!)'.") }),
        Stranger(
            name: "a valid key while the module is off", meets: { $0.module != nil && $0.module != "core" && $0.hasCredential },
            prepare: { fixture in
                for module in fixture.directory.defaults.modules where module != "core" { try await fixture.set(module, isEnabled: false) }
            }, caller: { $0.owner(of: $1) }, answer: { (403, "Module '\($1.module!)' is not enabled for this project.") }),
        level(.read, turnsAway: .write), level(.write, turnsAway: .read),
    ]

    private static func level(_ level: AccessLevel, turnsAway access: AccessMode) -> Stranger {
        Stranger(
            name: "a valid key for \(access.rawValue) access while the module's level is '\(level.rawValue)'",
            // `core` can be read at any level.
            meets: { $0.module != nil && $0.hasCredential && $0.route.access == access && !($0.module == "core" && access == .read) },
            prepare: { fixture in for module in fixture.directory.defaults.modules { try await fixture.set(module, access: level) } },
            caller: { $0.owner(of: $1) },
            answer: { (403, "Module '\($1.module!)' does not allow \(access.rawValue) access for this project.") })
    }

    // MARK: On administration routes

    private static let administrators: [Stranger] = [
        Stranger(
            name: "an administrator without a token", meets: isAdministration, caller: { _, _ in .nobody }, answer: { _, _ in missingToken }
        ),
        Stranger(
            name: "an administrator with an admin key in X-Pulse-Key", meets: isAdministration,
            caller: { fixture, _ in .key(fixture.app.keys[.admin]!) },
            answer: { _, _ in missingToken }),
        Stranger(
            name: "an administrator with the token as a key", meets: isAdministration,
            caller: { fixture, _ in .key(fixture.app.installation.adminToken) },
            answer: { _, _ in missingToken }),
        Stranger(
            name: "an administrator with the token in the query string", meets: isAdministration, caller: { _, _ in .nobody },
            path: { $1.path(in: $0.project) + "?key=\($0.app.installation.adminToken)" }, answer: { _, _ in missingToken }),
        Stranger(
            name: "an administrator with the token in another scheme", meets: isAdministration, caller: { _, _ in .nobody },
            headers: { fixture, _ in [.authorization: "Basic \(fixture.app.installation.adminToken)"] }, answer: { _, _ in missingToken }),
        Stranger(
            name: "an administrator with a wrong token", meets: isAdministration, caller: { _, _ in .bearer("padm_wrong") },
            answer: { _, _ in invalidToken }),
        Stranger(
            name: "an administrator with part of the token", meets: isAdministration,
            caller: { fixture, _ in .bearer(String(fixture.app.installation.adminToken.dropLast())) },
            answer: { _, _ in invalidToken }),
        Stranger(
            name: "an admin key at the instant of its expiry", meets: { $0.kind == .admin },
            caller: { fixture, _ in .bearer(try await fixture.expiredKey([.admin])) }, answer: { _, _ in invalidToken }),
        Stranger(
            name: "a revoked admin key", meets: { $0.kind == .admin },
            caller: { fixture, _ in .bearer(try await fixture.revokedKey([.admin])) },
            answer: { _, _ in invalidToken }),
        Stranger(
            name: "an admin key of another project", meets: { $0.kind == .admin },
            caller: { fixture, _ in .bearer(fixture.otherKeys[.admin]!) },
            answer: { fixture, _ in (404, "Project '\(fixture.project.id)' not found.") }),
        Stranger(
            name: "an admin key on a project that does not exist", meets: { $0.kind == .admin },
            caller: { fixture, _ in .bearer(fixture.app.keys[.admin]!) },
            path: { fixture, endpoint in endpoint.path(in: fixture.project).replacing(fixture.project.id, with: Endpoint.unknownID) },
            answer: { _, _ in (404, "Project '\(Endpoint.unknownID)' not found.") }),
        Stranger(
            name: "the administrator on a project that does not exist", meets: { $0.kind == .admin }, caller: { _, _ in .token },
            path: { fixture, endpoint in endpoint.path(in: fixture.project).replacing(fixture.project.id, with: Endpoint.unknownID) },
            answer: { _, _ in (404, "Project '\(Endpoint.unknownID)' not found.") }),
    ]

    @Sendable private static func isAdministration(_ endpoint: Endpoint) -> Bool {
        endpoint.kind == .admin || endpoint.kind == .installation
    }

    private static let installations: [Stranger] = KeyScope.allCases.map { scope in
        Stranger(
            name: "a project's key with the scope '\(scope.rawValue)' on an installation route", meets: { $0.kind == .installation },
            caller: { fixture, _ in .bearer(try await fixture.key([scope])) }, answer: { _, _ in invalidToken })
    }
}
