import Core
import Foundation
import NIOHTTP1
import Synchronization

/// One browser window and its user.
struct Browser: Sendable {
    /// The URL of its WebDriver session.
    let address: String
    /// The process id of the browser itself; nil if its driver does not say.
    let process: pid_t?
    private let alteration = Alteration()

    /// Whether a test has changed something that `forget` does not undo.
    var isAltered: Bool { alteration.happened.load(ordering: .relaxed) }

    private final class Alteration: Sendable { let happened = Atomic(false) }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Opens a URL. Returns when the page has loaded.
    func open(_ url: String) async throws { try await command(.POST, "/url", ["url": url]) }
    func goBack() async throws { try await command(.POST, "/back", [:]) }

    /// Clicks the element with this id as a person would: it must be visible. If the click opens a page, returns when that
    /// has loaded.
    func click(_ id: String) async throws { try await command(.POST, "/element/\(element("#" + id))/click", [:]) }
    func click(selector: String) async throws { try await command(.POST, "/element/\(element(selector))/click", [:]) }

    /// Types into the field with this id.
    func type(_ text: String, into id: String) async throws {
        try await command(.POST, "/element/\(element("#" + id))/value", ["text": text])
    }

    /// Types into the element key by key; `Key` has the keys without a letter.
    func type(_ text: String, selector: String) async throws {
        try await command(.POST, "/element/\(element(selector))/value", ["text": text])
    }

    /// - Source: W3C WebDriver, 17.4.2: keyboard actions.
    enum Key {
        static let tab = "\u{E004}", enter = "\u{E007}", shift = "\u{E008}", control = "\u{E009}", escape = "\u{E00C}"
        static let left = "\u{E012}", up = "\u{E013}", right = "\u{E014}", down = "\u{E015}"
    }

    /// Presses the mouse in the middle of the element, moves it by this many pixels in steps, and releases it.
    func drag(selector: String, byX x: Int, y: Int, from corner: (x: Int, y: Int) = (0, 0)) async throws {
        let origin = ["element-6066-11e4-a52e-4f735466cecf": try await element(selector)]
        let move: (Int, Int) -> [String: Any] = { ["type": "pointerMove", "duration": 20, "origin": "pointer", "x": $0, "y": $1] }
        let steps: [[String: Any]] = [
            ["type": "pointerMove", "duration": 0, "origin": origin, "x": corner.x, "y": corner.y], ["type": "pointerDown", "button": 0],
            move(x / 2, y / 2), move(x - x / 2, y - y / 2), ["type": "pointerUp", "button": 0],
        ]
        try await command(
            .POST, "/actions", ["actions": [["type": "pointer", "id": "mouse", "parameters": ["pointerType": "mouse"], "actions": steps]]])
    }

    /// Clicks at a position in the window.
    func press(x: Int, y: Int) async throws {
        let steps: [[String: Any]] = [
            ["type": "pointerMove", "duration": 0, "x": x, "y": y], ["type": "pointerDown", "button": 0],
            ["type": "pointerUp", "button": 0],
        ]
        try await command(
            .POST, "/actions", ["actions": [["type": "pointer", "id": "mouse", "parameters": ["pointerType": "mouse"], "actions": steps]]])
    }

    private func element(_ selector: String) async throws -> String {
        let found = try await command(.POST, "/element", ["using": "css selector", "value": selector])
        guard let element = found.members.first?.value.string else { throw Failure(description: "no element \(selector)") }
        return element
    }

    /// Runs `script` and returns its result.
    @discardableResult
    func run(_ script: String) async throws -> JSON {
        try await command(.POST, "/execute/sync", ["script": script, "args": [String]()])
    }

    /// Runs `script` and returns its result, a list of texts.
    func texts(_ script: String) async throws -> [String] { try await run(script).elements.compactMap(\.string) }

    /// The number of collect requests that the current page has sent.
    func requestsToCollect() async throws -> Int64 {
        try await run("return performance.getEntriesByType('resource').filter(e => e.name.includes('/api/collect')).length").integer ?? -1
    }

    /// Waits until `script` returns true.
    func wait(for script: String) async throws {
        try await Patience.until(script) { try await run(script).boolean == true ? () : nil }
    }

    /// Severe console messages since the last call.
    func complaints() async throws -> [String] {
        try await command(.POST, "/se/log", ["type": "browser"]).elements.compactMap { $0["message"]?.string }
    }

    /// A screenshot of the window, as Base64-encoded PNG.
    func picture() async throws -> String { try await command(.GET, "/screenshot", nil).string ?? "" }
    func resize(width: Int, height: Int) async throws { try await command(.POST, "/window/rect", ["width": width, "height": height]) }

    /// Sends a command of the Chrome DevTools Protocol.
    /// - Source: https://chromedevtools.github.io/devtools-protocol/
    func devTools(_ name: String, _ parameters: [String: Any]) async throws {
        alteration.happened.store(true, ordering: .relaxed)
        try await sendDevTools(name, parameters)
    }

    private func sendDevTools(_ name: String, _ parameters: [String: Any]) async throws {
        try await command(.POST, "/goog/cdp/execute", ["cmd": name, "params": parameters])
    }

    func setCookie(_ name: String, to value: String, for url: String) async throws {
        try await sendDevTools("Network.setCookie", ["name": name, "value": value, "url": url, "path": "/", "httpOnly": true])
    }

    /// Removes what a test has left behind: windows, cookies, stored data, cached files and console messages.
    func forget() async throws {
        let windows = try await command(.GET, "/window/handles", nil).elements.compactMap(\.string)
        for window in windows.dropFirst() {
            try await command(.POST, "/window", ["handle": window])
            try await command(.DELETE, "/window", nil)
        }
        try await command(.POST, "/window", ["handle": windows[0]])
        let origin = try await run("return location.origin").string ?? ""
        try await open("about:blank")
        if origin != "null" { try await sendDevTools("Storage.clearDataForOrigin", ["origin": origin, "storageTypes": "all"]) }
        try await sendDevTools("Network.clearBrowserCookies", [:])
        try await sendDevTools("Network.clearBrowserCache", [:])
        _ = try await complaints()
    }

    func close() async throws { try await command(.DELETE, "", nil) }

    @discardableResult
    private func command(_ method: HTTPMethod, _ path: String, _ body: [String: Any]?) async throws -> JSON {
        let text = try body.map { String(decoding: try JSONSerialization.data(withJSONObject: $0), as: UTF8.self) }
        return try await Self.value(of: try await HTTP.send(method, address + path, text))
    }

    /// - Source: W3C WebDriver, 6.3: every response is `{"value": ...}`.
    static func value(of answer: HTTP.Answer) async throws -> JSON {
        guard answer.status == 200, let value = try answer.json()["value"] else { throw Failure(description: answer.body) }
        return value
    }
}
