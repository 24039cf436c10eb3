@_spi(Host) import Settings

/// The names of the modules that the host knows in these tests.
let modules = [
    "core", "funnels", "goals", "retention", "session_replay", "heatmaps", "ai_queries", "revenue", "feature_flags",
]

/// The errors in `yaml` if it were `config/pulse.yaml`, one line per error. Empty if `yaml` is valid.
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
