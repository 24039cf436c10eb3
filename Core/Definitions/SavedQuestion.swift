@_spi(Host) import Access
import Common
@_spi(Host) import Questions

/// What a saved report or a widget shows: a report, by name, and its parameters.
public struct SavedQuestion: Sendable {
    let reportType: String
    let parameters: JSON?

    /// - Parameters:
    ///   - changes: a saved report or widget, or the members of it that a request changes.
    ///   - saved: the stored definition, for members that `changes` leaves out.
    public init(_ changes: JSON?, over saved: JSON? = nil) {
        reportType = (changes?["report_type"] ?? saved?["report_type"])?.string ?? ""
        parameters = changes?["params"] ?? saved?["params"]
    }

    /// The id of the segment that the report is limited to; nil for none.
    var segmentID: String? { parameters?["segment_id"]?.string.map(Identifiers.plain) }

    /// The definitions that the report reads.
    var uses: [DefinitionUse?] { [DefinitionUse(parameters?["segment_id"], of: "segment", in: "segments")] }

    /// The questions of the project's saved reports and dashboards.
    static func all(for call: ProjectRequest) async throws -> [SavedQuestion] {
        // The tables exist only if the module is loaded.
        guard call.directory.defaults.modules.contains("dashboards") else { return [] }
        let reports = try await SavedReport.resource.all(call), boards = try await Dashboard.resource.all(call)
        return reports.map { SavedQuestion($0.fields) } + boards.flatMap { $0.fields["widgets"]?.elements ?? [] }.map { SavedQuestion($0) }
    }

    /// The question as text. Two questions are the same if their texts are equal.
    var text: ExactText {
        var text = JSONText()
        text.append(string: reportType)
        if let parameters { text.append(parameters) }
        return ExactText(text.string)
    }
}

extension ProjectRequest {
    /// Checks that the request's key may use every module that the question needs: the report's module, and the modules of its filters, its
    /// segment and `count_by`. The report may still fail to run, for example because its segment no longer exists.
    /// - Throws: 403 if the key may not use one of the modules.
    public func requireKey(toRead question: SavedQuestion) async throws {
        try requireKey(toUse: try services.catalog.require(question.reportType).module)
        guard allowedModules != nil, let parameters = question.parameters else { return }
        do { _ = try await scope { parameters[$0].flatMap(SavedReport.text) } } catch let error as ServiceError
            where error.code != "key_modules"
        {}
    }

    /// Checks that a key limited to some modules may itself read every saved question that a change affects. Someone else's embed may show
    /// the question: the key could choose which rows of modules that it may not read are shown. Called for changes of segments and of row
    /// policies.
    /// - Throws: 403 if the key may not read one of the questions.
    public func requireKey(toReadAll isAffected: (SavedQuestion) -> Bool) async throws {
        guard allowedModules != nil else { return }
        for question in try await SavedQuestion.all(for: self) where isAffected(question) {
            // A report that this host doesn't have shows nothing.
            guard services.catalog.names.contains(exactly: question.reportType) else { continue }
            try await requireKey(toRead: question)
        }
    }

    /// Checks that a key limited to some modules may itself read every question that it adds to an existing definition. Without this check,
    /// the key could change a definition that someone else's embed shows, and so read more than it may. New definitions aren't checked,
    /// because no embed shows them yet.
    /// - Parameters:
    ///   - id: the id of the definition; nil if it is new.
    ///   - questions: returns the questions of the saved definition, or of the definition with the changes in `body` if that is not nil.
    /// - Throws: 403 if the key may not read one of the new questions.
    func requireKey(
        toChange id: String?, of resource: Resource, by body: JSON, _ questions: (_ saved: JSON, _ body: JSON?) -> [SavedQuestion]
    ) async throws {
        guard allowedModules != nil, let id, let saved = try await resource.find(id, for: self)?.fields else { return }
        let before = Set(questions(saved, nil).map(\.text))
        for question in questions(saved, body) where !before.contains(question.text) { try await requireKey(toRead: question) }
    }
}
