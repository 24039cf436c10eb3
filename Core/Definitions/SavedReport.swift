@_spi(Host) import Access
@_spi(Host) import Common
@_spi(Host) import Questions
import Storage

/// Reports saved with their parameters. The `dashboards` module serves the definitions; other modules embed and export the reports.
public enum SavedReport {
    /// The definition's fields, checks and routes.
    public static let resource: Resource = Resource(
        "Report", path: "/api/v1/reports", table: "dashboards_report",
        fields: [
            .required("name", .text(200)), .required("report_type", .reportName, "Name of the report to run, such as pages."),
            .optional("params", .map(.any), "Parameters of the report, such as start_at, end_at, limit, filter and segment_id."),
            .optional("visualization", .text(50), "How the report is displayed. Default: table."),
            .optional("is_active", .boolean, "Whether the report can be run and embedded. Default: true."),
        ],
        defaults: #"{"params":{},"visualization":"table","is_active":true}"#,
        check: { try check(parameters: $0["params"]) },
        verify: { call, id, body in
            if let type = body["report_type"]?.string { _ = try call.report(type) }
            let stored = if let id { try await resource.find(id, for: call)?.fields } else { nil as JSON? }
            if stored.map({ SavedQuestion($0).text == SavedQuestion(body, over: $0).text }) != true {
                try await verify(parameters: body["params"], call)
            }
            try await call.requireKey(toChange: id, of: resource, by: body) { saved, body in [SavedQuestion(body, over: saved)] }
        },
        uses: { SavedQuestion($0).uses })

    /// The query parameters that override saved parameters. Declared by routes that run saved reports.
    public static let overrides = ScopeParameters.list.map { Parameter($0.name, $0.kind.withoutDefault, "Overrides the saved value.") }

    /// Runs the saved report.
    /// - Parameters:
    ///   - override: returns the request's value of a parameter, which replaces the saved value. The route must declare `overrides`, so
    ///     that the gate validates the values.
    ///   - restrictions: policies that hide rows from the report.
    /// - Throws: 400 if the report is not active.
    public static func run(
        _ definition: any SavedDefinition, _ call: ProjectRequest, override: (String) -> String? = { _ in nil },
        restrictedBy restrictions: [RowRestriction] = []
    ) async throws -> Shaped {
        try requireActive(definition)
        return try await run(saved: definition.fields, call, override, restrictions)
    }

    /// - Throws: 400 if the saved report is not active.
    public static func requireActive(_ report: any SavedDefinition) throws {
        guard report.fields["is_active"]?.boolean ?? true else {
            throw ServiceError.invalid("report_inactive", "Report '\(report.id)' is not active; set its 'is_active' to true to use it.")
        }
    }

    /// - Parameter saved: a saved report or a widget: an object with `report_type` and `params`.
    fileprivate static func run(
        saved: JSON, _ call: ProjectRequest, _ override: (String) -> String?, _ restrictions: [RowRestriction]
    ) async throws -> Shaped {
        let scope = try await call.scope { name in override(name) ?? saved["params"]?[name].flatMap(text) }.restricted(by: restrictions)
        return try await call.run(report: saved["report_type"]?.string ?? "", over: scope)
    }

    /// Checks each parameter by itself.
    /// - Parameter path: the path of the parameters in the request body.
    /// - Throws: 400 for an unknown parameter or an invalid value.
    static func check(parameters: JSON?, at path: String = "params") throws {
        for (name, value) in parameters?.members ?? [] {
            guard let parameter = ScopeParameters.list.first(where: { $0.name.isExactly(name) }) else {
                let names = ScopeParameters.list.map { "'\($0.name)'" }.joined(separator: ", ")
                throw ServiceError.body(field: path, "accepts only \(names); got '\(name.excerpt(60))'.")
            }
            guard value.isNull || (text(value).map(parameter.accepts) ?? false) else {
                let received = text(value).map { "'\($0.excerpt(60))'" } ?? value.described
                throw ServiceError.body(field: "\(path).\(name)", "must be \(parameter.expectation); got \(received).")
            }
        }
    }

    /// Checks the parameters together, by making a scope from them.
    /// - Throws: 400 for problems that `check` can't detect: an unknown time zone or segment, an invalid filter, or a range that doesn't
    ///   end after its start; 403 if the caller may not read a module that they need.
    static func verify(parameters: JSON?, at path: String = "params", _ call: ProjectRequest) async throws {
        guard let parameters, !parameters.isNull else { return }
        do { _ = try await call.scope { parameters[$0].flatMap(text) } } catch let error as ServiceError
            where error.status == 400 || error.status == 404
        {
            throw ServiceError.body(field: path, because: error.message)
        }
    }

    static func text(_ value: JSON) -> String? { value.string ?? value.integer.map(String.init) }
}

/// Saved dashboards. A dashboard shows several reports as widgets on a grid.
public enum Dashboard {
    /// The definition's fields, checks and routes.
    public static let resource: Resource = Resource(
        "Dashboard", path: "/api/v1/dashboards", table: "dashboards_dashboard",
        fields: [
            .required("name", .text(200)), .optional("description", .nullable(.optionalText(2_000))),
            .optional("layout", .map(.any), "Layout options, such as {\"columns\": 12}."),
            .required(
                "widgets",
                .array(
                    .object([
                        .required("id", .text(100)), .required("report_type", .reportName),
                        .required("x", .integer(0...1_000)), .required("y", .integer(0...10_000)), .required("w", .integer(1...1_000)),
                        .required("h", .integer(1...1_000)), .optional("title", .text(200)), .optional("visualization", .text(50)),
                        .optional("params", .map(.any), "Parameters of the report, as in a saved report."),
                    ]), count: 0...100)),
            .optional("is_default", .boolean, "Whether this dashboard is shown first. Setting it clears it on all other dashboards."),
        ],
        defaults: #"{"description":null,"layout":{},"is_default":false}"#,
        exclusive: "is_default",
        check: check,
        verify: { call, id, body in
            let stored = if let id { try await resource.find(id, for: call)?.fields } else { nil as JSON? }
            let before = Set((stored?["widgets"]?.elements ?? []).map { SavedQuestion($0).text })
            // A widget that could no longer be saved doesn't stop changes of others.
            for (index, widget) in (body["widgets"]?.elements ?? []).enumerated() where !before.contains(SavedQuestion(widget).text) {
                let path = "widgets[\(index)]"
                _ = try call.report(widget["report_type"]?.string ?? "", at: path + ".report_type")
                try await SavedReport.verify(parameters: widget["params"], at: path + ".params", call)
            }
            try await call.requireKey(toChange: id, of: resource, by: body) { saved, body in
                (body?["widgets"] ?? saved["widgets"])?.elements.map { SavedQuestion($0) } ?? []
            }
        },
        uses: { ($0["widgets"]?.elements ?? []).flatMap { SavedQuestion($0).uses } })

    private static func check(_ dashboard: JSON) throws {
        let columns = dashboard["layout"]?["columns"]
        if let columns, !(1...1_000).contains(columns.integer ?? 0) {
            throw ServiceError.body(field: "layout.columns", "must be a whole number from 1 to 1000; got \(columns.described).")
        }
        var ids: Set<ExactText> = []
        for (index, widget) in (dashboard["widgets"]?.elements ?? []).enumerated() {
            let id = widget["id"]?.string ?? ""
            guard ids.insert(ExactText(id)).inserted else {
                throw ServiceError.body(field: "widgets[\(index)].id", "is '\(id.excerpt(60))', which another widget already has.")
            }
            let end = (widget["x"]?.integer ?? 0) + (widget["w"]?.integer ?? 0)
            if let columns = columns?.integer, end > columns {
                throw ServiceError.body(field: "widgets[\(index)]", "ends at column \(end); the layout has \(columns).")
            }
            try SavedReport.check(parameters: widget["params"], at: "widgets[\(index)].params")
        }
    }

    /// What a widget shows.
    public enum WidgetAnswer: Sendable {
        case report(Shaped)
        /// The report failed with this status, for the reason given.
        case failure(status: Int, String)

        /// The report, or an object with an `error` member.
        public static let shape = Shape<WidgetAnswer>(.any) { answer, text in
            switch answer {
            case .report(let report): try report.write(to: &text)
            case .failure(_, let message): text.object { $0.member("error", message) }
            }
        }
    }

    /// The widgets' answers by widget id, as a response.
    public static let answers = Shape<[ExactText: WidgetAnswer]>([.required("widgets", \.self, .map(WidgetAnswer.shape))])

    /// Runs all widgets and returns their answers by widget id. The parameters are the same as for `SavedReport.run`.
    public static func run(
        _ definition: any SavedDefinition, _ call: ProjectRequest, override: (String) -> String? = { _ in nil },
        restrictedBy restrictions: [RowRestriction] = []
    ) async throws -> [ExactText: WidgetAnswer] {
        var answers: [ExactText: WidgetAnswer] = [:]
        for widget in definition.fields["widgets"]?.elements ?? [] {
            let id = widget["id"]?.string ?? ""
            do {
                answers[text: id] = .report(try await SavedReport.run(saved: widget, call, override, restrictions))
            } catch let error as ServiceError { answers[text: id] = .failure(status: error.status, call.sentence(about: error)) }
        }
        return answers
    }
}
