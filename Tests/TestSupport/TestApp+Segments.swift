import Core

extension TestApp {
    /// Saves a segment whose conditions all hold; its id.
    public func createSegment(_ name: String, _ conditions: String) async throws -> String {
        let body = #"{"name":"\#(name)","definition":{"match":"all","conditions":[\#(conditions)]}}"#
        let answer = try await post("/api/v1/segments", body, as: .query)
        return try answer.json()["id"]?.string ?? answer.body
    }
}
