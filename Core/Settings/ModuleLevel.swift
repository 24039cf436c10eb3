/// The access level of a module in a project, or `off`.
@_spi(Host) public enum ModuleLevel: String, Sendable, CaseIterable {
    case off
    /// Permits reports, but no changes and no collection.
    case read
    /// Permits changes and collection, but no reports.
    case write
    case all
}
