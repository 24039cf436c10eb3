import Core

/// Users and groups that another system provisions, in the terms of SCIM (RFC 7643). Each user also has a profile, which is the profile of
/// the visitor `scim:{id}`.
enum SCIM {
    /// The prefix of the visitor id of a user; the user's id follows.
    private static let visitorPrefix = "scim:"

    static let users = Resource(
        "SCIM user", path: "/api/v1/identity/scim/users", table: "identity_scim_users",
        fields: [
            .required("user_name", .text(200), "Unique within the project, ignoring case. Also the user id of the profile."),
            .optional("external_id", .nullable(.text(200)), "The user's id in the system that provisions it."),
            .optional("active", .boolean),
            .optional("display_name", .nullable(.text(200))),
            .optional("emails", .array(.object([.required("value", .text(320)), .optional("primary", .boolean)]), count: 0...20)),
            .optional("traits", .map(.any), "Traits of the profile."),
        ],
        // RFC 7643, 4.1.1: names that differ only in case are the same.
        unique: "user_name", uniqueInAnyCase: true,
        defaults: #"{"external_id":null,"active":true,"display_name":null,"emails":[],"traits":{}}"#,
        visitors: .each(prefix: visitorPrefix),
        check: { user in
            guard user["user_name"]?.string?.contains(where: { !$0.isWhitespace }) == true else {
                throw ServiceError.body(field: "user_name", "must not be blank.")
            }
        },
        normalize: normalizedUser)

    static let groups = Resource(
        "SCIM group", path: "/api/v1/identity/scim/groups", table: "identity_scim_groups",
        fields: [
            .required("display_name", .text(200)), .optional("external_id", .nullable(.text(200))), .optional("traits", .map(.any)),
            .optional("members", .array(.uuid, count: 0...10_000), "Ids of SCIM users. Replaces the previous list."),
        ],
        defaults: #"{"external_id":null,"traits":{},"members":[]}"#, visitors: .listed(field: "members", prefix: visitorPrefix),
        verify: { call, _, body in try await verifyMembers(body, call) })

    static var routes: [Route] {
        let changes = groups.routes.filter { $0.method != .get || !$0.path.hasSuffix("{id}") }
        return users.routes(after: synchronize) + changes + [groupRoute]
    }

    // MARK: Users

    /// Lowercases the email addresses and makes exactly one of them primary: the first that is marked as primary, else the first.
    private static func normalizedUser(_ user: JSON) throws -> JSON {
        let emails = user["emails"]?.elements ?? []
        let primary = emails.firstIndex { $0["primary"]?.boolean == true } ?? 0
        return try user.setting("emails") { text in
            text.array { text in
                for (index, email) in emails.enumerated() {
                    text.element()
                    text.object {
                        $0.member("value", (email["value"]?.string ?? "").lowercased())
                        $0.member("primary", index == primary)
                    }
                }
            }
        }
    }

    /// Updates the user's profile after a change. A deleted user leaves its groups, and its profile only gets `active: false`: the profile
    /// may have been erased meanwhile, and what it had must not come back.
    @Sendable private static func synchronize(
        _ call: ProjectRequest, _ old: Resource.Definition?, _ new: Resource.Definition?
    ) async throws {
        guard let user = new ?? old else { return }
        if new == nil { try await leaveGroups(user.id, call) }
        let facts = Identify(userID: new?.fields["user_name"]?.string, traits: try traits(of: new, before: old)).facts
        try await call.services.intake.record(facts, about: visitorPrefix + user.id, at: call.now, for: EventSender(call))
    }

    /// Returns the profile's traits. A trait that the user no longer has is set to null, which removes it.
    /// - Parameter user: nil if it was deleted.
    private static func traits(of user: Resource.Definition?, before old: Resource.Definition?) throws -> JSON {
        guard let user else { return try .emptyObject.setting("active") { $0.append(false) } }
        var text = JSONText()
        let now = profile(of: user), names = Set(exactly: now.map(\.name))
        text.object { text in
            text.member("active", user.fields["active"]?.boolean ?? true)
            for (name, value) in now { text.member(name, value) }
            for gone in old.map(profile(of:)) ?? [] where !names.contains(text: gone.name) { text.member(gone.name, nil) }
        }
        return try JSON(text)
    }

    /// Returns the user's display name as `name`, primary email address as `email`, and own traits except `active`. An own trait `name` or
    /// `email` takes precedence.
    private static func profile(of user: Resource.Definition) -> [(name: String, value: JSON)] {
        let own = (user.fields["traits"]?.members ?? []).filter { $0.name != "active" }.map { (name: $0.name, value: $0.value) }
        let email = user.fields["emails"]?.elements.first { $0["primary"]?.boolean == true }?["value"]
        let fields = [("name", user.fields["display_name"]), ("email", email)].compactMap { name, value in
            value.flatMap { $0.isNull || own.contains { $0.name.isExactly(name) } ? nil : (name: name, value: $0) }
        }
        return fields + own
    }

    private static func leaveGroups(_ user: String, _ call: ProjectRequest) async throws {
        try await groups.changeAll(of: call) { _, group in
            let members = (group["members"]?.elements ?? []).compactMap { $0.string.map(Identifiers.plain) }
            guard members.contains(user) else { return nil }
            return try group.setting("members") { text in
                text.array { text in
                    for member in members where member != user {
                        text.element()
                        text.append(string: member)
                    }
                }
            }
        }
    }

    // MARK: Groups

    private static func verifyMembers(_ body: JSON, _ call: ProjectRequest) async throws {
        let ids = (body["members"]?.elements ?? []).map { Identifiers.plain($0.string ?? "") },
            existing = try await users.find(ids, for: call)
        var seen: Set<String> = []
        for (index, id) in ids.enumerated() {
            guard existing[id] != nil else {
                throw ServiceError.body(field: "members[\(index)]", "must be the id of a SCIM user; got '\(id.excerpt(60))'.")
            }
            guard seen.insert(id).inserted else { throw ServiceError.body(field: "members[\(index)]", "names '\(id)' twice.") }
        }
    }

    private struct Member: Sendable {
        let id: String, userName: String, displayName: String?, isActive: Bool

        static let shape = Shape<Member>([
            .required("id", \.id, .uuid), .required("user_name", \.userName, .text(200)),
            .required("display_name", \.displayName, .nullable(.text(200))), .required("active", \.isActive, .boolean),
        ])
    }

    private struct Group: Sendable {
        let id: String, displayName: String, externalID: String?, traits: JSON, members: [Member], createdAt: Instant, updatedAt: Instant

        static let shape = Shape<Group>([
            .required("id", \.id, .uuid), .required("display_name", \.displayName, .text(200)),
            .required("external_id", \.externalID, .nullable(.text(200))), .required("traits", \.traits, .document),
            .required("members", \.members, .list(Member.shape)), .required("created_at", \.createdAt, .timestamp),
            .required("updated_at", \.updatedAt, .timestamp),
        ])
    }

    /// `GET /api/v1/identity/scim/groups/{id}`: a group with its members as users rather than ids.
    private static var groupRoute: Route {
        Route(.get, groups.path + "/{id}", "Read a SCIM group with its members.", scope: .query, access: .read, answer: Group.shape) {
            call in
            let group = try await groups.require(call)
            let ids = (group.fields["members"]?.elements ?? []).compactMap { $0.string.map(Identifiers.plain) }
            let existing = try await users.find(ids, for: call)
            let members = ids.compactMap { id in
                (existing[id]?.fields).map {
                    Member(
                        id: id, userName: $0["user_name"]?.string ?? "", displayName: $0["display_name"]?.string,
                        isActive: $0["active"]?.boolean ?? true)
                }
            }
            return Group(
                id: group.id, displayName: group.fields["display_name"]?.string ?? "", externalID: group.fields["external_id"]?.string,
                traits: group.fields["traits"] ?? .emptyObject, members: members, createdAt: group.createdAt, updatedAt: group.updatedAt)
        }
    }
}
