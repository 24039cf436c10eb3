import ArgumentParser
import Hummingbird
import Logging

/// The baseline for other measurements: Hummingbird at its fastest, with one route, no middleware and a response of a few bytes.
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
