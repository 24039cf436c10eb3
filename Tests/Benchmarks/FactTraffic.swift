import Common
import Foundation
import NIOCore

/// Errors and log entries of one project, spread evenly over the 60 days of `Traffic`, in time order. They are the same in every run.
struct FactTraffic {
    enum Kind: String, CaseIterable { case error, log }

    /// Incremented with every change to the generated data.
    static let version = 1
    private static let visitors = 64_000

    let kind: Kind
    let count: Int
    private var made = 0
    private var random: Random
    private let kinds = Zipf(FactTraffic.calls.count, exponent: 1.05)
    private let messages = Zipf(FactTraffic.messages.count, exponent: 0.8)

    init(_ kind: Kind, count: Int) {
        self.kind = kind
        self.count = count
        random = Random(state: kind == .error ? 11 : 13)
    }

    /// The next body of at most `limit` events; nil after the last.
    mutating func body(of limit: Int) -> ByteBuffer? {
        guard made < count else { return nil }
        var buffer = ByteBuffer(string: "[")
        for index in 0..<min(limit, count - made) {
            if index > 0 { buffer.writeString(",") }
            let at = Traffic.start.milliseconds + Int64(made) * Traffic.days * 86_400_000 / Int64(count)
            let visitor = String(random.next(below: Self.visitors), radix: 36)
            buffer.writeString(#"{"visitor_id":"v\#(visitor)","user_agent":"\#(Self.agent)","timestamp":\#(at),"#)
            buffer.writeString(kind == .error ? error() : log())
            made += 1
        }
        buffer.writeString("]")
        return buffer
    }

    private mutating func error() -> String {
        let call = Self.calls[kinds.pick(&random)], line = 1 + random.next(below: 4), column = random.next(below: 90_000)
        let script = "https://www.example.com/assets/app.3f2a9c01.js"
        let stack =
            "TypeError: \(call) is not a function"
            + #"\n    at \#(call) (\#(script):\#(line):\#(column))\n    at handleClick (\#(script):2:1207)\n    at HTMLButtonElement.dispatch (\#(script):2:88)"#
        return #""type":"js_error","payload":{"message":"TypeError: \#(call) is not a function","stack":"\#(stack)","#
            + #""filename":"\#(script)","lineno":\#(line),"colno":\#(column),"path":"/shop/\#(call)","release":"1.\#(made * 12 / count).0"}}"#
    }

    private mutating func log() -> String {
        let level = ["debug", "info", "info", "info", "warn", "error"][random.next(below: 6)]
        return
            #""type":"log","payload":{"level":"\#(level)","message":"\#(Self.messages[messages.pick(&random)]) \#(random.next(below: 100_000))","#
            + #""body":{"attempt":\#(random.next(below: 5))},"path":"/shop","release":"1.\#(made * 12 / count).0"}}"#
    }

    private static let agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
    private static let verbs = "load save open close render parse fetch update remove select submit merge split sort filter attach"
        .split(separator: " ").map(String.init)
    private static let nouns = "Cart Order Price Image Menu Form Panel Search Session Address Coupon Review Invoice Basket Payment Account"
        .split(separator: " ").map(String.init)
    /// 2,048 function names. Each results in its own group of errors.
    private static let calls = verbs.flatMap { verb in
        nouns.flatMap { noun in
            ["", "Now", "Later", "Again", "Async", "Safely", "Once", "Twice"].map { verb + noun + $0 }
        }
    }
    private static let messages = verbs.flatMap { verb in
        nouns.map { "Could not \(verb) the \($0.lowercased()) of the customer, retry in a while: attempt" }
    }
}
