import Common
import Storage

/// A report that people can choose by name: to save, explore, embed or export it, or to add it to a dashboard.
public struct NamedReport: Sendable {
    /// The report's name: the value of `report_type` in definitions.
    public let name: String
    /// The noun for one of the report's rows, for use in sentences: `page`.
    public let noun: String
    @_spi(Host) public let run: @Sendable (Scope) async throws -> Shaped

    /// - Parameters:
    ///   - shape: the report as JSON.
    ///   - run: runs the report for a scope.
    public init<Report: Sendable>(
        _ name: String, noun: String, answer shape: Shape<Report>, run: @escaping @Sendable (Scope) async throws -> Report
    ) {
        self.name = name
        self.noun = noun
        self.run = { Shaped(try await run($0), shape) }
    }
}

/// The named reports of all modules on this host.
public struct ReportCatalog: Sendable {
    private let reports: [String: (module: String, report: NamedReport)]
    /// The reports' names, in module order.
    public let names: [String]

    public init(_ reports: [(module: String, report: NamedReport)] = []) {
        self.reports = Dictionary(reports.map { ($0.report.name, $0) }) { first, _ in first }
        names = reports.map(\.report.name)
    }

    /// The report called `name`, and the name of its module.
    /// - Parameter path: the path of the field that holds the name, for the error message.
    /// - Throws: 400 for an unknown name.
    @_spi(Host) public func require(_ name: String, at path: String = "report_type") throws -> (module: String, report: NamedReport) {
        guard let entry = reports[name] else {
            throw ServiceError.body(
                field: path, "must be one of \(names.map { "'\($0)'" }.joined(separator: ", ")); got '\(name.excerpt(60))'.")
        }
        return entry
    }
}
