import AsyncHTTPClient
import Core
import NIOCore
import NIOHTTP1

/// Requests over real sockets.
enum HTTP {
    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let bytes: [UInt8]
        var body: String { String(decoding: bytes, as: UTF8.self) }
        func json() throws -> JSON { try JSON.parse(body) }
    }

    static func get(_ url: String, headers: [(String, String)] = [], seconds: Int64 = 60) async throws -> Answer {
        try await send(.GET, url, nil, headers: headers, seconds: seconds)
    }

    static func post(_ url: String, _ body: String, headers: [(String, String)] = [], seconds: Int64 = 60) async throws -> Answer {
        try await send(.POST, url, body, headers: headers, seconds: seconds)
    }

    /// Doesn't decompress responses, and doesn't retry a refused connection.
    static let client = newClient()

    static func newClient() -> HTTPClient {
        var configuration = HTTPClient.Configuration(decompression: .disabled)
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    static func send(
        _ method: HTTPMethod, _ url: String, _ body: String? = nil, headers: [(String, String)] = [], seconds: Int64 = 60,
        through client: HTTPClient = client
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers = HTTPHeaders(headers)
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await client.execute(request, timeout: .seconds(seconds))
        let buffer = try await response.body.collect(upTo: 64 << 20)
        return Answer(status: Int(response.status.code), headers: response.headers, bytes: Array(buffer.readableBytesView))
    }
}
