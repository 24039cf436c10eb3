import Access
import Common
@_spi(Host) import Questions
import Storage

extension ProjectRequest {
    /// The named report `name` of any module on this host.
    /// - Parameter path: the path of the field that holds the name, for the error message.
    /// - Throws: 400 for an unknown name.
    public func report(_ name: String, at path: String = "report_type") throws -> NamedReport {
        try services.catalog.require(name, at: path).report
    }

    /// Runs the named report `name` over `scope`, and returns it.
    /// - Throws: 400 for an unknown name; 403 if its module is off or the caller may not read it.
    public func run(report name: String, over scope: Scope) async throws -> Shaped {
        let (module, report) = try services.catalog.require(name)
        try require(module: module)
        return try await report.run(scope.reading(for: module))
    }
}
