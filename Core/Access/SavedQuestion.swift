import Common

/// The question behind a saved report or a widget.
public struct SavedQuestion: Sendable {
    let reportType: String
    let parameters: JSON?

    /// - Parameter saved: has the members that `changes` leaves out.
    public init(_ changes: JSON?, over saved: JSON? = nil) {
        reportType = (changes?["report_type"] ?? saved?["report_type"])?.string ?? ""
        parameters = changes?["params"] ?? saved?["params"]
    }

    /// Two questions with the same text are one.
    fileprivate var text: ExactText {
        var text = JSONText()
        text.append(string: reportType)
        if let parameters { text.append(parameters) }
        return ExactText(text.string)
    }
}

extension ProjectRequest {
    /// - Throws: 403 for a key that may not read all that the question reads, whether or not it could be answered now: the report's own module,
    ///   and those of its filters, of its segment, and of people.
    public func requireKey(toAsk question: SavedQuestion) async throws {
        try requireKey(toUse: try services.catalog.require(question.reportType).module)
        guard allowedModules != nil, let parameters = question.parameters else { return }
        do { _ = try await scope { parameters[$0].flatMap(SavedReport.text) } } catch let error as ServiceError where error.code != "key_modules" {}
    }

    /// A limited key may save a report that it can't run, which then shows nobody anything. What is saved already may be shown by an embed that
    /// others made: the key may change that only into what it could read itself.
    /// - Parameter questions: of what is saved, and with the changes to it.
    /// - Throws: 403.
    func requireKey(
        toChange id: String?, of resource: Resource, by body: JSON, _ questions: (_ saved: JSON, _ body: JSON?) -> [SavedQuestion]
    ) async throws {
        guard allowedModules != nil, let id, let saved = try await resource.find(id, for: self)?.fields else { return }
        let before = Set(questions(saved, nil).map(\.text))
        for question in questions(saved, body) where !before.contains(question.text) { try await requireKey(toAsk: question) }
    }
}
