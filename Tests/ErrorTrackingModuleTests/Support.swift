import Core
@testable import ErrorTrackingModule
import Testing
import TestSupport

extension TestApp {
    /// Collects a `js_error`; `more` holds additional payload members.
    func fail(_ message: String, _ more: String = "", visitor: String = "ada", at time: String = "2026-03-02T11:00:00Z") async throws {
        let body =
            #"{"type":"js_error","visitor_id":"\#(visitor)","timestamp":"\#(time)","payload":{"message":"\#(message)"\#(more.isEmpty ? "" : "," + more)}}"#
        let answer = try await collect(body)
        #expect(answer.body == #"{"ok":true}"#, "\(body)")
    }

    func errors(_ query: String = "") async throws -> [JSON] { try await get("/api/v1/errors" + query).json()["data"]?.elements ?? [] }

    /// Each error's message and the values of `members`.
    func errors(_ query: String = "", _ members: String...) async throws -> [String] {
        try await errors(query).map { error in
            ([error["message"]?.string ?? ""]
                + members.map { name in
                    var text = JSONText()
                    if let value = error[name] { text.append(value) }
                    return text.string
                }).joined(separator: " ")
        }
    }
}

func fingerprint(_ message: String, stack: String = "", filename: String = "") -> String {
    Fingerprint(message: message, stack: StackTrace(stack), filename: filename).hex
}
