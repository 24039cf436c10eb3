import Core

extension TestApp {
    /// Saves a segment that requires all of the conditions. Returns its id.
    package func createSegment(_ name: String, _ conditions: String) async throws -> String {
        let body = #"{"name":"\#(name)","definition":{"match":"all","conditions":[\#(conditions)]}}"#
        let answer = try await post("/api/v1/segments", body, as: .query)
        return try answer.json()["id"]?.string ?? answer.body
    }
}
