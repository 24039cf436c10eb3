/// The access that a project has to a module.
@_spi(Host) public enum ModuleLevel: String, Sendable, CaseIterable {
    case off
    /// Allows running reports, but neither changes nor collection.
    case read
    /// Allows changes and collection, but not running reports.
    case write
    case all
}
