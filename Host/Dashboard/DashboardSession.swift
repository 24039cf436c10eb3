@_spi(Host) import Access
import Common
import Crypto
import Foundation
import HTTPTypes
import Ingest

/// A log-in to the dashboard. The browser stores the session in an encrypted cookie, so it can neither read nor change it.
struct DashboardSession: Codable, Equatable, Sendable {
    /// The session's id. A log-out ends the session with this id, even if its cookie was copied.
    var id = Identifiers.token(prefix: "", length: 22)
    /// The secret of a project's key; nil if only the admin token was entered.
    var key: String?
    /// The digest of the admin token if the session may administer; nil otherwise. Once the admin token changes, the session loses
    /// that right.
    var administrator: String?
    /// The expiry time in milliseconds since 1970.
    var expiresAt: Int64
}

/// Turns the dashboard's cookie into the credentials inside it, so the gate can treat dashboard requests like those of any other
/// client.
///
/// The cookie is accepted only if the request can't have come from another site's page. Every request needs a header that forms and
/// images can't send, and that cross-origin scripts may not send. Requests that change something need the right origin too.
struct DashboardSessions: Sendable {
    static let cookieName = "pulse_session"
    static let header = HTTPField.Name("X-Pulse-Dashboard")!
    static let lifetimeDays: Int64 = 14
    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")!
    private static let forwardedProtocol = HTTPField.Name("X-Forwarded-Proto")!

    private let sealingKey: SymmetricKey
    private let adminToken: String
    private let publicURL: String?
    private let time: any TimeSource
    private let isEnded: @Sendable (String) -> Bool

    init(
        secret: String, adminToken: String, publicURL: String?, time: any TimeSource,
        isEnded: @escaping @Sendable (_ id: String) -> Bool = { _ in false }
    ) {
        self.isEnded = isEnded
        sealingKey = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("pulse dashboard session".utf8), outputByteCount: 32)
        self.adminToken = adminToken
        self.publicURL = publicURL
        self.time = time
    }

    // MARK: Requests

    /// A request's header fields, and the session that added credentials to them.
    struct Admitted {
        var fields: HTTPFields
        var session: IncomingRequest.Session?
    }

    /// Returns the request's header fields. Adds the session's credentials if the session is accepted and the request has no
    /// credentials of its own.
    /// - Throws: 403 for a change that comes with a session, but from another origin than the dashboard's.
    func admitted(_ request: HTTPRequest) throws(ServiceError) -> Admitted {
        let fields = request.headerFields, unchanged = Admitted(fields: fields)
        guard fields.value(Self.header) != nil, !hasCredentials(request), let session = session(in: fields) else { return unchanged }
        guard isOurs(request) else {
            guard fields[Self.fetchSite] == nil, let origin = fields[.origin] else { return unchanged }
            throw ServiceError(
                status: 403, code: "foreign_origin",
                message: "This change comes from a page at \(origin.excerpt(60)), but the dashboard is at \(place(of: request)). Behind a "
                    + "proxy, pass on the Host header or set server.public_url.")
        }
        var admitted = fields
        let kept = IncomingRequest.Session(id: session.id, expiresAt: Instant(milliseconds: session.expiresAt))
        if (request.path ?? "").hasPrefix("/api/admin/") {
            guard let token = isAdministrator(session) ? adminToken : session.key else { return unchanged }
            admitted[.authorization] = "Bearer \(token)"
        } else if let key = session.key {
            admitted[PulseSurface.keyHeader] = key
        }
        return Admitted(fields: admitted, session: kept)
    }

    private func hasCredentials(_ request: HTTPRequest) -> Bool {
        request.headerFields.contains(PulseSurface.keyHeader) || request.headerFields.contains(.authorization)
    }

    private func isOurs(_ request: HTTPRequest) -> Bool {
        if let site = request.headerFields[Self.fetchSite] { return site == "same-origin" }
        guard request.method != .get, request.method != .head else { return true }
        // Old browsers don't send Sec-Fetch-Site, and neither do browsers on sites without TLS. Requests that change something then
        // need an Origin.
        guard let origin = request.headerFields[.origin].map(Self.normal) else { return false }
        if let publicURL, Self.normal(publicURL).isExactly(origin) { return true }
        guard let authority = request.authority else { return false }
        return ["https://", "http://"].contains { Self.normal($0 + authority).isExactly(origin) }
    }

    /// Where the dashboard is, as far as this host knows, for error messages.
    private func place(of request: HTTPRequest) -> String { publicURL ?? (request.authority ?? "another host").excerpt(60) }

    /// An origin as browsers send it: in lower case, and without the scheme's own port.
    private static func normal(_ origin: String) -> String {
        let origin = origin.lowercased()
        for (scheme, port) in [("https://", ":443"), ("http://", ":80")] where origin.hasPrefix(scheme) && origin.hasSuffix(port) {
            return String(origin.dropLast(port.count))
        }
        return origin
    }

    // MARK: Sessions

    /// The session in the request's cookie. Nil if there is no cookie, or if the session has expired, has been ended or can't be
    /// decrypted.
    func session(in fields: HTTPFields) -> DashboardSession? {
        for cookie in fields[values: .cookie].flatMap({ $0.split(separator: ";") }) {
            let parts = cookie.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].trimmingSpaces == Self.cookieName else { continue }
            if let session = open(parts[1].trimmingSpaces), session.expiresAt > time.now.milliseconds, !isEnded(session.id) {
                return session
            }
        }
        return nil
    }

    /// Whether the session was opened with the current admin token.
    func isAdministrator(_ session: DashboardSession) -> Bool {
        session.administrator.map { Digest.equal($0, Digest.sha256(adminToken)) } ?? false
    }

    /// The value of `DashboardSession.administrator` for `token`; nil if `token` is not the admin token.
    func administrator(_ token: String) -> String? {
        Digest.equal(token, adminToken) ? Digest.sha256(adminToken) : nil
    }

    /// The `Set-Cookie` value that starts or renews `session`. If `session` is nil, the value deletes the cookie.
    func cookie(_ session: DashboardSession?, for request: IncomingRequest) throws -> String {
        let isSecure = publicURL?.hasPrefix("https:") ?? (request.headers[Self.forwardedProtocol] == "https")
        let value = try session.map(seal) ?? ""
        let age = session == nil ? 0 : Self.lifetimeDays * 86_400
        return "\(Self.cookieName)=\(value); Path=/; Max-Age=\(age); HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    }

    private func seal(_ session: DashboardSession) throws -> String {
        var session = session
        session.expiresAt = time.now.adding(days: Self.lifetimeDays).milliseconds
        guard let sealed = try AES.GCM.seal(JSONEncoder().encode(session), using: sealingKey).combined else {
            preconditionFailure("the nonce has the standard length")
        }
        let base64 = sealed.base64EncodedString()
        return base64.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_").replacingOccurrences(
            of: "=", with: "")
    }

    private func open(_ text: String) -> DashboardSession? {
        let plain = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        guard let data = Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4)),
            let box = try? AES.GCM.SealedBox(combined: data), let opened = try? AES.GCM.open(box, using: sealingKey)
        else { return nil }
        return try? JSONDecoder().decode(DashboardSession.self, from: opened)
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String { String(self).trimmingSpaces }
}
