import Settings

/// The modules that the host of these tests knows.
let modules = [
    "core", "funnels", "goals", "retention", "session_replay", "heatmaps", "ai_queries", "revenue", "feature_flags",
]

/// The error lines of a wrong configuration in `config/pulse.yaml`; empty for a right one.
func errors(_ yaml: String, _ environment: [String: String] = [:]) -> [String] {
    do throws(ConfigurationErrors) {
        _ = try HostConfiguration.parse(yaml, file: "config/pulse.yaml", environment: environment, knownModules: modules)
        return []
    } catch {
        return error.errors.map(\.description)
    }
}

func configuration(_ yaml: String, _ environment: [String: String] = [:]) throws -> HostConfiguration {
    try HostConfiguration.parse(yaml, file: "config/pulse.yaml", environment: environment, knownModules: modules)
}
