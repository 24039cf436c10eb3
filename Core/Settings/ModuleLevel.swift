/// What a project may do with a module.
public enum ModuleLevel: String, Sendable, CaseIterable {
    case off
    /// Ask, but neither change nor collect.
    case read
    /// Change and collect, but not ask.
    case write
    case all
}
