/// What a project may do with a module.
@_spi(Host) public enum ModuleLevel: String, Sendable, CaseIterable {
    case off
    /// Run reports, but neither change nor collect.
    case read
    /// Change and collect, but not run reports.
    case write
    case all
}
