import AsyncHTTPClient
import Common
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
@_spi(Host) import Settings

/// The running host that uses this data folder. Commands reach it over HTTP, because only that process can open the embedded
/// stores.
struct RunningHost: Sendable {
    let process: Int32
    /// The host's base URL, such as `http://127.0.0.1:8080`.
    let base: String
    private let adminToken: String?

    /// Returns nil if no process is using the data folder.
    init?(of configuration: HostConfiguration) {
        let folder = DataFolder(configuration.storage.dataFolder)
        guard let holder = folder.holder() else { return nil }
        process = holder.process
        base = holder.address.map { "http://\(Self.reachable($0))" } ?? Self.configuredBase(configuration.server)
        adminToken = configuration.adminToken?.revealed ?? folder.existingSecret(DataFolder.adminToken)
    }

    /// The base URL of the configured host and port, as seen from this machine.
    static func configuredBase(_ server: ServerSettings) -> String {
        let host = server.host.contains(":") && !server.host.hasPrefix("[") ? "[\(server.host)]" : server.host
        return "http://\(reachable("\(host):\(server.port)"))"
    }

    /// Replaces an address that means "all interfaces" with a loopback address, because clients can't connect to the former.
    private static func reachable(_ address: String) -> String {
        for (anywhere, here) in [("0.0.0.0:", "127.0.0.1:"), ("[::]:", "[::1]:")] where address.hasPrefix(anywhere) {
            return here + address.dropFirst(anywhere.count)
        }
        return address
    }

    struct Reply: Sendable {
        let status: Int
        let body: ByteBuffer
        let retryAfterSeconds: Int?

        /// The message of an error response.
        var message: String {
            let text = (try? json())?["error"]?.string
            return text ?? "It responded with status \(status)."
        }

        func json() throws -> JSON { try body.withUnsafeReadableBytes { try JSON.parse($0) } }
    }

    /// Sends a request with the admin token.
    /// - Throws: `CommandError` if there is no admin token or the host can't be reached.
    func administer(_ method: NIOHTTP1.HTTPMethod, _ path: String, body: String = "", timeout: TimeAmount = .seconds(30)) async throws
        -> Reply
    {
        guard let adminToken else {
            throw CommandError("There is no admin token: set PULSE_ADMIN_TOKEN to that of the running host (process \(process)).")
        }
        return try await send(method, path, [("Authorization", "Bearer \(adminToken)")], ByteBuffer(string: body), timeout)
    }

    /// Like `administer`, but if other requests have used up the rate limit, retries for up to a minute. For unattended commands,
    /// such as a nightly backup.
    func administerPatiently(
        _ method: NIOHTTP1.HTTPMethod, _ path: String, body: String = "", timeout: TimeAmount,
        pause: (_ seconds: Int) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
    ) async throws -> Reply {
        var waited = 0
        while true {
            let reply = try await administer(method, path, body: body, timeout: timeout)
            guard reply.status == 429, waited < 60 else { return reply }
            let seconds = min(max(1, reply.retryAfterSeconds ?? 1), 60 - waited)
            try await pause(seconds)
            waited += seconds
        }
    }

    /// Sends a request without adding credentials.
    /// - Throws: `CommandError` if the host can't be reached.
    func send(
        _ method: NIOHTTP1.HTTPMethod, _ path: String, _ headers: [(String, String)] = [], _ body: ByteBuffer = ByteBuffer(),
        _ timeout: TimeAmount = .seconds(30)
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        request.headers = HTTPHeaders(headers + [("Content-Type", "application/json"), ("User-Agent", "pulse/\(Version.current)")])
        if body.readableBytes > 0 { request.body = .bytes(body) }
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: timeout)
            return Reply(
                status: Int(response.status.code), body: try await response.body.collect(upTo: 64 << 20),
                retryAfterSeconds: response.headers.first(name: "Retry-After").flatMap(Int.init))
        } catch {
            throw CommandError("Pulse (process \(process)) is using the data folder, but does not respond at \(base): \(error).")
        }
    }
}

extension FolderLock {
    /// Writes the address that this host listens on into the lock file, where commands read it.
    func announce(_ address: SocketAddress?) {
        guard let address, let ip = address.ipAddress, let port = address.port else { return }
        announce(ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)")
    }
}
