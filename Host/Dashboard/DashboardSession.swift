import Access
import Common
import Crypto
import Foundation
import HTTPTypes
import Ingest

/// Who is logged in to the dashboard, as the browser carries it: sealed, so that it can be neither read nor changed.
struct DashboardSession: Codable, Equatable, Sendable {
    /// By which a log-out ends it, wherever its cookie was copied to.
    var id = Identifiers.token(prefix: "", length: 22)
    /// The secret of a project's key.
    var key: String?
    /// The digest of the admin token. Another token ends the session.
    var administrator: String?
    var expiresAt: Int64
}

/// Turns the dashboard's cookie into the credentials that it seals, so that the gate sees what it sees of any client.
///
/// The cookie counts only where a page of another site can't have made the request: it needs a header that no form and no
/// image can send, and that cross-origin scripts are not allowed to send; what changes something needs the right origin too.
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

    // MARK: For the server

    /// The request's fields, with the credentials of the session where it counts and the request brings none of its own.
    func admitted(_ request: HTTPRequest) -> HTTPFields {
        let fields = request.headerFields
        guard fields.value(Self.header) != nil, !hasCredentials(request), isOurs(request), let session = session(in: fields) else { return fields }
        var admitted = fields
        if (request.path ?? "").hasPrefix("/api/admin/") {
            guard let token = isAdministrator(session) ? adminToken : session.key else { return fields }
            admitted[.authorization] = "Bearer \(token)"
        } else if let key = session.key {
            admitted[PulseSurface.keyHeader] = key
        }
        return admitted
    }

    private func hasCredentials(_ request: HTTPRequest) -> Bool {
        request.headerFields.contains(PulseSurface.keyHeader) || request.headerFields.contains(.authorization)
    }

    private func isOurs(_ request: HTTPRequest) -> Bool {
        if let site = request.headerFields[Self.fetchSite] { return site == "same-origin" }
        guard request.method != .get, request.method != .head else { return true }
        // Old browsers, and addresses without TLS: what changes something says from where.
        guard let origin = request.headerFields[.origin] else { return false }
        return origin == publicURL.map(Self.origin) || request.authority.map { origin.hasSuffix("://" + $0) } ?? false
    }

    private static func origin(_ url: String) -> String {
        url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3).joined(separator: "/")
    }

    // MARK: For log-in

    /// The session that the request carries, unless it has expired, was ended or was not sealed here.
    func session(in fields: HTTPFields) -> DashboardSession? {
        for cookie in fields[values: .cookie].flatMap({ $0.split(separator: ";") }) {
            let parts = cookie.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].trimmingSpaces == Self.cookieName else { continue }
            if let session = open(parts[1].trimmingSpaces), session.expiresAt > time.now.milliseconds, !isEnded(session.id) { return session }
        }
        return nil
    }

    func isAdministrator(_ session: DashboardSession) -> Bool {
        session.administrator.map { Digest.equal($0, Digest.sha256(adminToken)) } ?? false
    }

    /// What administers with `token`; nil where it is another.
    func administrator(_ token: String) -> String? {
        Digest.equal(token, adminToken) ? Digest.sha256(adminToken) : nil
    }

    /// `Set-Cookie` for a session that begins now; nil ends it.
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
            preconditionFailure("the nonce has its usual length")
        }
        let base64 = sealed.base64EncodedString()
        return base64.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
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
