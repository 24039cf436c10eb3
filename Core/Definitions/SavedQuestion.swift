@_spi(Host) import Access
import Common
@_spi(Host) import Questions

/// The question that a saved report or a widget asks: the name of a report and its parameters.
public struct SavedQuestion: Sendable {
    let reportType: String
    let parameters: JSON?

    /// - Parameter saved: provides the members that `changes` leaves out.
    public init(_ changes: JSON?, over saved: JSON? = nil) {
        reportType = (changes?["report_type"] ?? saved?["report_type"])?.string ?? ""
        parameters = changes?["params"] ?? saved?["params"]
    }

    /// Two questions are the same if their texts are equal.
    fileprivate var text: ExactText {
        var text = JSONText()
        text.append(string: reportType)
        if let parameters { text.append(parameters) }
        return ExactText(text.string)
    }
}

extension ProjectRequest {
    /// Checks that the request's key may read every module that the question needs: the module of the report, and those of its filters,
    /// segment and people. Passing this check doesn't mean that the question can be answered now.
    /// - Throws: 403.
    public func requireKey(toRead question: SavedQuestion) async throws {
        try requireKey(toUse: try services.catalog.require(question.reportType).module)
        guard allowedModules != nil, let parameters = question.parameters else { return }
        do { _ = try await scope { parameters[$0].flatMap(SavedReport.text) } } catch let error as ServiceError
            where error.code != "key_modules"
        {}
    }

    /// Checks that a key limited to some modules may itself read every question that it puts into a saved definition. Without this check, a
    /// key could change a definition that someone else's embed shows, and read more than it may. New definitions aren't checked, because
    /// nothing shows them yet.
    /// - Parameter questions: returns the questions of the saved definition, or of the definition with the changes in `body`.
    /// - Throws: 403.
    func requireKey(
        toChange id: String?, of resource: Resource, by body: JSON, _ questions: (_ saved: JSON, _ body: JSON?) -> [SavedQuestion]
    ) async throws {
        guard allowedModules != nil, let id, let saved = try await resource.find(id, for: self)?.fields else { return }
        let before = Set(questions(saved, nil).map(\.text))
        for question in questions(saved, body) where !before.contains(question.text) { try await requireKey(toRead: question) }
    }
}
