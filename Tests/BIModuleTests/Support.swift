import Core
import TestSupport

/// Four visitors over two days.
enum Traffic {
    static func view(_ visitor: String, _ at: String, _ path: String, _ country: String = "") -> String {
        #"{"type":"pageview","path":"\#(path)","visitor_id":"\#(visitor)","language":"\#(country)","timestamp":"2026-03-0\#(at):00Z"}"#
    }

    static func event(_ visitor: String, _ at: String, _ name: String, _ path: String, _ data: String = "{}") -> String {
        #"{"type":"event","name":"\#(name)","path":"\#(path)","visitor_id":"\#(visitor)","timestamp":"2026-03-0\#(at):00Z","data":\#(data)}"#
    }

    /// 6 pageviews by 4 visitors in 5 sessions, the fifth of them ada's on the 2nd, and 3 events.
    static let events = [
        view("ada", "1T10:00", "/", "de"), view("ada", "1T10:05", "/pricing", "de"),
        event("ada", "1T10:06", "signup", "/pricing", #"{"plan":"pro"}"#),
        view("bob", "1T11:00", "/", "en"), event("bob", "1T11:01", "signup", "/", #"{"plan":"free"}"#),
        view("cy", "1T12:00", "/pricing", "en"),
        view("ada", "2T09:00", "/", "de"), event("ada", "2T09:01", "purchase", "/pricing"),
        view("di", "2T10:00", "/docs", "fr"),
    ]

    static let range = #""start_at":"2026-03-01","end_at":"2026-03-02""#

    static func run(_ profile: Profile, yaml: String = "", _ body: @escaping @Sendable (TestApp) async throws -> Void) async throws {
        try await TestApp.run(profile, yaml: yaml) { app in
            for event in events { try await app.collect(event) }
            try await body(app)
        }
    }
}

extension TestApp {
    func bi(_ path: String, _ body: String) async throws -> Answer { try await post("/api/v1/bi/" + path, body, as: .query) }

    /// The columns and rows of a query's result, or its error message.
    func rows(_ path: String, _ body: String) async throws -> String { Self.rows(try await bi(path, body)) }

    static func rows(_ answer: Answer) -> String {
        guard let json = try? JSON.parse(answer.body), let rows = json["rows"] else { return "\(answer.status) \(answer.body)" }
        let columns = (json["columns"]?.elements ?? []).compactMap(\.string)
        return
            ([columns.joined(separator: ",")]
            + rows.elements.map { row in
                columns.map { name in
                    var text = JSONText()
                    if let value = row[name] { text.append(value) }
                    return text.string
                }.joined(separator: ",")
            }).joined(separator: "\n")
    }

    static func sqlBody(_ text: String, limit: Int = 100) -> String {
        #"{"sql_text":\#(text.quoted),"limit":\#(limit)}"#
    }

    func sql(_ text: String, limit: Int = 100) async throws -> String { try await rows("sql", Self.sqlBody(text, limit: limit)) }
}
