import AsyncHTTPClient
import Core
import NIOCore
import NIOHTTP1
import Synchronization

/// The activities that arrive at Pulse, as reported by `GET /api/v1/stream`.
final class Arrivals: Sendable {
    /// One activity in readable form.
    struct Activity: Sendable, Equatable, CustomStringConvertible {
        let type, path, detail: String
        let at: String

        static func page(_ path: String, _ title: String, at: Instant) -> Activity {
            Activity(type: "pageview", path: path, detail: title, at: at.iso8601)
        }

        /// - Parameter data: compact JSON.
        static func event(_ name: String, _ data: String = "null", on path: String, at: Instant) -> Activity {
            Activity(type: "event", path: path, detail: "\(name) \(data)", at: at.iso8601)
        }

        fileprivate init(type: String, path: String, detail: String, at: String) {
            self.type = type
            self.path = path
            self.detail = detail
            self.at = at
        }

        init(_ json: JSON) {
            func text(_ name: String) -> String { json[name]?.string ?? "" }
            var data = JSONText()
            if let value = json["data"] { data.append(value) }
            type = text("type")
            path = text("path")
            detail = type == "pageview" ? text("title") : "\(text("name")) \(data.string)"
            at = text("at")
        }

        var description: String { "\(at) \(type) \(path) \(detail)" }
    }

    private struct State {
        var isConnected = false
        var all: [Activity] = []
        /// Bytes of an event whose end has not arrived yet.
        var rest: [UInt8] = []
    }

    private let state = Mutex(State())

    var all: [Activity] { state.withLock { $0.all } }

    /// Watches the stream while `body` runs.
    static func watch<Result>(api: String, key: String, _ body: (Arrivals) async throws -> Result) async throws -> Result {
        let arrivals = Arrivals()
        let watching = Task { try await arrivals.follow(api + "/api/v1/stream", key) }
        defer { watching.cancel() }
        try await Patience.until("the stream to begin") { arrivals.state.withLock { $0.isConnected } ? () : nil }
        return try await body(arrivals)
    }

    private func follow(_ url: String, _ key: String) async throws {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "X-Pulse-Key", value: key)
        let response = try await HTTP.client.execute(request, deadline: .distantFuture)
        for try await piece in response.body { take(piece) }
    }

    /// - Source: WHATWG HTML, 9.2.6: an empty line ends an event.
    private func take(_ piece: ByteBuffer) {
        state.withLock { state in
            state.isConnected = true
            state.rest.append(contentsOf: piece.readableBytesView)
            while let end = state.rest.firstRange(of: Array("\n\n".utf8)) {
                let event = String(decoding: state.rest[..<end.lowerBound], as: UTF8.self)
                for line in event.split(separator: "\n") where line.hasPrefix("data: ") {
                    if let json = try? JSON.parse(String(line.dropFirst(6))) { state.all.append(Activity(json)) }
                }
                state.rest.removeSubrange(..<end.upperBound)
            }
        }
    }

    /// Waits until `count` activities have arrived in total.
    func wait(for count: Int) async throws {
        try await Patience.until("\(count) activities", state: { "There are \(all.count): \(all)" }) { all.count >= count ? () : nil }
    }
}
