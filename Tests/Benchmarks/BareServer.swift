import ArgumentParser
import Hummingbird
import Logging

/// The most that Hummingbird can do: one route, no middleware, a few bytes. Other measurements are compared with it.
struct BareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bare", abstract: "Serve a bare handler.", shouldDisplay: false)

    @Option var port: Int

    func run() async throws {
        let router = Router()
        let body = ByteBuffer(string: #"{"ok":true}"#)
        router.get("/healthz") { _, _ in
            Response(status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: body))
        }
        var logger = Logger(label: "bare")
        logger.logLevel = .warning
        try await Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: nil), logger: logger
        ).runService()
    }
}
