import Common
import Storage

/// A report that can be asked for by name: saved, put on a dashboard, explored, embedded, exported, sent.
public struct NamedReport: Sendable {
    /// The `report_type` of definitions.
    public let name: String
    /// What its rows are, for a sentence: `page`.
    public let noun: String
    let run: @Sendable (Scope) async throws -> JSON

    public init<Report: Encodable & Sendable>(_ name: String, noun: String, run: @escaping @Sendable (Scope) async throws -> Report) {
        self.name = name
        self.noun = noun
        self.run = { try JSON(encoding: try await run($0)) }
    }
}

/// The named reports of all modules that this host has.
public struct ReportCatalog: Sendable {
    private let reports: [String: (module: String, report: NamedReport)]
    /// In the order of the modules.
    public let names: [String]

    public init(_ reports: [(module: String, report: NamedReport)] = []) {
        self.reports = Dictionary(reports.map { ($0.report.name, $0) }) { first, _ in first }
        names = reports.map(\.report.name)
    }

    /// - Throws: 400 for a name that no report has.
    func require(_ name: String, at path: String = "report_type") throws -> (module: String, report: NamedReport) {
        guard let found = reports[name] else {
            throw ServiceError.body("field '\(path)' must be one of \(names.map { "'\($0)'" }.joined(separator: ", ")); got '\(name.excerpt(60))'.")
        }
        return found
    }
}

extension ProjectRequest {
    /// - Parameter path: of the field that names it.
    /// - Throws: 400 for a name that no report has.
    public func report(_ name: String, at path: String = "report_type") throws -> NamedReport { try services.catalog.require(name, at: path).report }

    /// The answer of the report called `name` over `scope`.
    /// - Throws: 400 for a name that no report has; 403 where its module is off.
    public func run(report name: String, over scope: Scope) async throws -> JSON {
        let (module, report) = try services.catalog.require(name)
        try require(module: module)
        return try await report.run(scope)
    }
}
