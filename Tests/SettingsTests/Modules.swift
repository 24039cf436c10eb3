@_spi(Host) import Settings

/// The modules known to the host in these tests.
let modules = [
    "core", "funnels", "goals", "retention", "session_replay", "heatmaps", "ai_queries", "revenue", "feature_flags",
]

/// The errors of `yaml` as `config/pulse.yaml`, one line each; empty if it is valid.
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
