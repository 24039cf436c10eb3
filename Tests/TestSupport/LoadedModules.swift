import Core
import Host
import Testing
import TrafficModule

/// The modules that a suite's tests load. A suite lists the modules that it tests; `core` is always loaded:
///
///     @Suite("Funnel report", .modules(FunnelsModule.self))
package struct LoadedModules: SuiteTrait, TestTrait, TestScoping {
    let list: ModuleList

    /// Every test of the suite gets its own scope.
    package var isRecursive: Bool { true }

    package func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        try await ModuleList.$current.withValue(list, operation: function)
    }
}

extension Trait where Self == LoadedModules {
    /// `core` and these modules, sorted by name.
    package static func modules(_ types: any AnalyticsModule.Type...) -> Self {
        .modules(ModuleList(([TrafficModule.self] + types).sorted { $0.manifest.name < $1.manifest.name }))
    }

    /// Exactly the modules in `list`, as in `.modules(.all)`.
    package static func modules(_ list: ModuleList) -> Self { Self(list: list) }
}
