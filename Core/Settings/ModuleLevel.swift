/// What a project may use a module for.
@_spi(Host) public enum ModuleLevel: String, Sendable, CaseIterable {
    case off
    /// Allows running reports, but neither changes nor collection.
    case read
    /// Allows changes and collection, but not running reports.
    case write
    case all
}
