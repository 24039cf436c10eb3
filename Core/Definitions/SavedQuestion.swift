@_spi(Host) import Access
import Common
@_spi(Host) import Questions

/// What a saved report or a widget asks: the report's name and its parameters.
public struct SavedQuestion: Sendable {
    let reportType: String
    let parameters: JSON?

    /// - Parameter saved: provides the members that `changes` leaves out.
    public init(_ changes: JSON?, over saved: JSON? = nil) {
        reportType = (changes?["report_type"] ?? saved?["report_type"])?.string ?? ""
        parameters = changes?["params"] ?? saved?["params"]
    }

    /// Questions with the same text are the same.
    fileprivate var text: ExactText {
        var text = JSONText()
        text.append(string: reportType)
        if let parameters { text.append(parameters) }
        return ExactText(text.string)
    }
}

extension ProjectRequest {
    /// Checks that the request's key may read every module that the question reads: the report's own, and those of its filters, its
    /// segment and people. Whether the question can be answered now doesn't matter.
    /// - Throws: 403.
    public func requireKey(toRead question: SavedQuestion) async throws {
        try requireKey(toUse: try services.catalog.require(question.reportType).module)
        guard allowedModules != nil, let parameters = question.parameters else { return }
        do { _ = try await scope { parameters[$0].flatMap(SavedReport.text) } } catch let error as ServiceError
            where error.code != "key_modules"
        {}
    }

    /// Checks that a limited key changes a saved definition only to questions that it may read itself, because an embed made by others may
    /// show the definition. A new definition needs no check, as nothing shows it yet.
    /// - Parameter questions: returns the questions of the saved definition, and of the definition with the changes in `body`.
    /// - Throws: 403.
    func requireKey(
        toChange id: String?, of resource: Resource, by body: JSON, _ questions: (_ saved: JSON, _ body: JSON?) -> [SavedQuestion]
    ) async throws {
        guard allowedModules != nil, let id, let saved = try await resource.find(id, for: self)?.fields else { return }
        let before = Set(questions(saved, nil).map(\.text))
        for question in questions(saved, body) where !before.contains(question.text) { try await requireKey(toRead: question) }
    }
}
