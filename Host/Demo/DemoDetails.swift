import Common

/// The payloads that accompany events of the demo traffic: web vitals, scroll depth, searches, outlinks, errors, logs and
/// identities. The payloads depend only on the seed and the event.
struct DemoDetails: Sendable {
    let seed: UInt64

    /// The maximum number of payloads for one event.
    static let most = 10

    /// Returns the payload of the event itself and those that accompany it, all with the event's time. If the event is an order,
    /// its payload includes the products.
    func payloads(of event: DemoEvent) -> [[UInt8]] {
        var random = DemoRandom(seed: DemoRandom.mix(seed ^ UInt64(bitPattern: event.at.milliseconds) ^ Self.number(of: event.visitor)))
        var payloads = [Self.bytes(of: event.isPageview ? event : sold(event))]
        func add(_ type: String, _ fields: [UInt8]) {
            payloads.append(
                Array(#"{"type":"\#(type)","timestamp":\#(event.at.milliseconds)"#.utf8) + event.visitor + fields + [UInt8(ascii: "}")])
        }
        let path = JSONPiece.field("path", event.path)
        guard event.isPageview else {
            if let user = user(event, &random) { add("identify", user) }
            return payloads
        }
        if random.chance(0.06) { for vital in vitals(event.path, &random) { add("web_vital", vital + path) } }
        if random.chance(0.2) { add("scroll_depth", Self.number("max_depth", 5 * (2 + random.below(19))) + path) }
        if random.chance(event.path.hasPrefix("/docs") ? 0.06 : 0.004) { add("search_query", Self.searches.pick(&random) + path) }
        if random.chance(0.03) { add("outlink", Self.links.pick(&random) + path) }
        if random.chance(event.path.hasPrefix("/app") ? 0.012 : 0.003) { add("js_error", Self.errors.pick(&random) + path) }
        if random.chance(event.path.hasPrefix("/app") ? 0.02 : 0.002) { add("log", Self.logs.pick(&random) + path) }
        return payloads
    }

    private static func bytes(of event: DemoEvent) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        event.append(to: &bytes)
        return bytes
    }

    /// The FNV-1a hash of `bytes`.
    private static func number(of bytes: [UInt8]) -> UInt64 { bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } }

    private static func number(_ name: String, _ value: Int) -> [UInt8] { Array(#","\#(name)":\#(value)"#.utf8) }

    private static func raw(_ text: String) -> [UInt8] { Array(text.utf8) }

    // MARK: Pages

    private func vitals(_ path: String, _ random: inout DemoRandom) -> [[UInt8]] {
        // The application has more to load than the marketing pages.
        let weight = path.hasPrefix("/app") ? 1.5 : 1
        return [("TTFB", 280 * weight), ("FCP", 900 * weight), ("LCP", 1_500 * weight), ("INP", 90 * weight), ("CLS", 30 * weight)].map {
            name, median in
            let value = Int(min(60_000, random.time(median: median)))
            // CLS has no unit, and its median in the table is in thousandths.
            return JSONPiece.field("name", name) + Self.raw(#","value":"# + (name == "CLS" ? "\(Double(value) / 1_000)" : "\(value)"))
        }
    }

    private static let searches = Weighted(
        [
            ("export csv", 8, 12.0), ("api key", 14, 11), ("webhook", 6, 9), ("funnel", 11, 8), ("gdpr", 5, 7), ("sso", 4, 6),
            ("invite team", 7, 5),
            ("rate limit", 3, 4), ("dark mode", 0, 4), ("salesforce", 0, 3), ("self host", 2, 3), ("on premise", 0, 2),
        ].map { (JSONPiece.field("query", $0.0) + number("results_count", $0.1), $0.2) })

    private static let links = Weighted(
        [
            ("https://github.com/northlight/northlight-js", 14.0), ("https://status.northlight.example/", 8),
            ("https://www.linkedin.com/company/northlight", 6),
            ("https://stackoverflow.com/questions/tagged/northlight", 5), ("https://news.ycombinator.com/", 3),
            ("https://northlight.example/files/security.pdf", 6),
            ("https://northlight.example/files/price-list.pdf", 4), ("https://northlight.example/files/sample-data.csv", 3),
            ("mailto:hello@northlight.example", 3),
        ].map { (JSONPiece.field("url", $0.0), $0.1) })

    private static let errors = Weighted(
        [
            ("TypeError: Cannot read properties of undefined (reading 'rows')", "renderTable", 1, 48_211, 12.0),
            ("ReferenceError: ResizeObserver is not defined", "watchSize", 1, 9_120, 4),
            ("TypeError: Failed to fetch", "loadReport", 1, 30_554, 9),
            ("RangeError: Invalid time value", "formatDate", 1, 17_003, 3),
            ("SyntaxError: Unexpected end of JSON input", "parseResponse", 1, 30_871, 2),
        ].map { message, function, line, column, weight in
            let script = "https://northlight.example/assets/app.js", stack = "\(message)\n    at \(function) (\(script):\(line):\(column))"
            return (
                JSONPiece.field("message", message) + JSONPiece.field("stack", stack) + JSONPiece.field("filename", script)
                    + number("lineno", line)
                    + number("colno", column) + JSONPiece.field("release", "2.14.0"), weight
            )
        })

    private static let logs = Weighted(
        [
            ("info", "Report exported", #"{"format":"csv","rows":1204}"#, 10.0), ("debug", "Cache miss", #"{"ms":212}"#, 6),
            ("warn", "Response took longer than 2 s", #"{"ms":2340,"report":"funnel"}"#, 8),
            ("error", "Upload rejected", #"{"status":413}"#, 3),
            ("warn", "Session expires soon", #"{"minutes":5}"#, 4), ("fatal", "Worker stopped", #"{"code":137}"#, 0.4),
        ].map { level, message, body, weight in
            (
                JSONPiece.field("level", level) + JSONPiece.field("message", message) + raw(#","body":\#(body)"#)
                    + JSONPiece.field("release", "2.14.0"), weight
            )
        })

    // MARK: People and products

    /// The fields that identify a user who signs up, usually with a company. Nil for other events, and for visitors without an id.
    private func user(_ event: DemoEvent, _ random: inout DemoRandom) -> [UInt8]? {
        // exact: our own event name
        guard let json = Self.json(event), json["name"]?.string == DemoSite.signup, Self.json(event.visitor)?["visitor_id"]?.string != nil
        else { return nil }
        let given = Self.given[random.below(Self.given.count)], family = Self.families[random.below(Self.families.count)]
        let company = Self.companies[random.below(Self.companies.count)], isPrivate = random.chance(0.3)
        let host = isPrivate ? "mail.example" : "\(company.lowercased()).example"
        let id = "\(given).\(family)\(random.below(900) + 100)@\(host)".lowercased()
        var fields =
            JSONPiece.field("user_id", id)
            + Self.raw(#","traits":{"name":"\#(given) \#(family)","plan":"\#(json["data"]?["plan"]?.string ?? "free")"}"#)
        if !isPrivate { fields += JSONPiece.field("account_id", company.lowercased()) + JSONPiece.field("account_name", company) }
        return fields
    }

    private static let given = ["Ada", "Noor", "Kenji", "Lucia", "Mats", "Priya", "Sam", "Tereza", "Yusuf", "Zoe"]
    private static let families = ["Almeida", "Berg", "Chen", "Diaz", "Okafor", "Novak", "Patel", "Rossi", "Sato", "Weber"]
    private static let companies = ["Brightwater", "Caravel", "Fernhill", "Kestrel", "Larkspur", "Marlow", "Quarry", "Tidewell"]

    /// Returns the order with its plan added to the order's data as a product.
    private func sold(_ event: DemoEvent) -> DemoEvent {
        guard let json = Self.json(event), let data = json["data"], let amount = json["revenue_amount"]?.integer,
            let plan = data["plan"]?.string,
            let interval = data["interval"]?.string, let seats = data["seats"]?.integer, seats > 0
        else { return event }
        let name = "\(plan.prefix(1).uppercased())\(plan.dropFirst()) plan, \(interval)"
        let item = #"{"name":"\#(name)","quantity":\#(seats),"price":\#(Double(amount) / Double(seats))}"#
        let text = String(decoding: event.second, as: UTF8.self).replacing(
            #""data":{"#, with: #""data":{"items":[\#(item)],"#, maxReplacements: 1)
        return DemoEvent(
            at: event.at, type: event.type, visitor: event.visitor, path: event.path, first: event.first, second: Array(text.utf8))
    }

    /// The event's own fields as JSON; nil if the event has none.
    private static func json(_ event: DemoEvent) -> JSON? { json(event.second) }

    /// Parses `,"name":"value"...` as an object.
    private static func json(_ fields: [UInt8]) -> JSON? {
        try? JSON.parse("{" + String(decoding: fields.dropFirst(), as: UTF8.self) + "}")
    }
}

extension DemoTraffic {
    /// Like `nextBatch(_:)`, but includes each event's details. `maximum` limits the total number of payloads, but a batch always
    /// has room for one event.
    mutating func nextBatch(_ maximum: Int, with details: DemoDetails) -> (body: [UInt8], events: Int)? {
        var bytes: [UInt8] = [UInt8(ascii: "[")], payloads = 0, events = 0
        while payloads == 0 || payloads + DemoDetails.most <= maximum, let event = next() {
            for payload in details.payloads(of: event) {
                if payloads > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes += payload
                payloads += 1
            }
            events += 1
        }
        guard events > 0 else { return nil }
        bytes.append(UInt8(ascii: "]"))
        return (bytes, events)
    }
}
