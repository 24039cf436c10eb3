import Core

/// The data of an `identify` payload about a visitor, and the facts to store for it.
struct Identify: Sendable {
    let userID: String?
    let traits: JSON?
    let account: Account?

    struct Account: Sendable {
        let id: String
        let name: String?
        let role: String?
        let traits: JSON?
    }

    static let collector = Collector(
        "identify", "Identifies a visitor as a user of the site, with traits and an account.",
        fields: [
            .optional(
                "visitor_id", .text(200),
                "The visitor to identify. Required unless a page sends the event; then the default is the visitor of its pageviews."
            ).exact.naming(placeholders: .refused),
            .optional("user_id", .text(200), "The site's own id for the user; visitors with the same id are the same person.").exact.naming(
                placeholders: .refused),
            .optional("traits", .map(.any), "Traits to set on the visitor. Others are kept; null removes a trait.").exact,
            .optional("account_id", .text(200), "Id of the company or team. Default: from the `company` trait.").exact.naming(
                placeholders: .refused),
            .optional("account_name", .text(200)), .optional("account_role", .text(200), "Role in the account. Default: the `role` trait."),
            .optional("account_traits", .map(.any)),
        ],
        isAboutVisitor: true
    ) { payload in
        guard payload.nested != nil || payload["user_id"] != nil || payload["traits"] != nil || payload["account_id"] != nil else {
            throw ServiceError(.missingField("payload"))
        }
        let facts = Identify(payload).facts
        return Draft(facts: { _ in facts })
    }

    init(_ payload: Payload) {
        userID = payload["user_id"]?.string
        traits = payload["traits"]
        account = Account(payload)
    }

    init(userID: String?, traits: JSON?) {
        self.userID = userID
        self.traits = traits
        account = nil
    }

    var facts: [Fact] {
        var facts: [Fact] = [(Identity.profiles, [userID.value])]
        facts += Self.lines(of: traits).map { (Identity.traits, [.text($0.name), .text($0.value)]) }
        guard let account else { return facts }
        facts.append((Identity.memberships, [.text(account.id), account.name.value, account.role.value]))
        facts += Self.lines(of: account.traits).map {
            (IdentityModule.accountTraits, [.text(account.id), .text($0.name), .text($0.value)])
        }
        return facts
    }

    private static func lines(of traits: JSON?) -> [(name: String, value: String)] {
        (traits?.members ?? []).filter { !$0.name.isEmpty }.map { name, value in
            var text = JSONText()
            text.append(value)
            return (name, text.string)
        }
    }
}

extension Identify.Account {
    /// Nil if the payload names no account. The `company` trait may be a name, or an object with `id` and `name`. Placeholders such as
    /// `null` are not accepted as ids.
    init?(_ payload: Payload) {
        let traits = payload["traits"], company = traits?["company"]
        let ids = [payload["account_id"], company?["id"], company?["name"], company].lazy.compactMap { $0?.string }
        guard let id = ids.first(where: { (1...200).contains($0.unicodeScalars.count) && !PlaceholderID.matches($0) }) else { return nil }
        self.id = id
        name = payload["account_name"]?.string ?? company?["name"]?.string ?? company?.string
        role = payload["account_role"]?.string ?? traits?["role"]?.string
        self.traits = payload["account_traits"]
    }
}
