import ArgumentParser
import AsyncHTTPClient
import Crypto
import GRDB
import Hummingbird
import Yams

@main
struct Pulse: ParsableCommand {
    func run() { print("pulse") }
}
