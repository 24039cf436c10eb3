import Core

/// Serves saved segments where a test of another module needs some.
public struct SegmentsStandIn: AnalyticsModule {
    public static let manifest = ModuleManifest(name: "segments", category: .analysis, summary: "Segments for tests.")
    public init(_ setup: ModuleSetup = ModuleSetup()) throws {}
    public var routes: [Route] { SegmentDefinition.resource.routes }
    public var migrations: [Migration] { [Migration("001-create", on: .control, [SegmentDefinition.resource.creation])] }
}

extension TestApp {
    /// Saves a segment whose conditions all hold; its id.
    public func createSegment(_ name: String, _ conditions: String) async throws -> String {
        let body = #"{"name":"\#(name)","definition":{"match":"all","conditions":[\#(conditions)]}}"#
        let answer = try await post("/api/v1/segments", body, as: .query)
        return try answer.json()["id"]?.string ?? answer.body
    }
}
