import Core

/// The modules that an embed may show, regardless of later changes to the embedded resource. These are the modules allowed to all keys that
/// created the embed, changed its content, or created a token for it.
struct EmbedRights: Sendable {
    /// Allowed modules; nil for all.
    let modules: [String]?
    /// Who created the embed's current token; nil for tokens from before that was stored.
    let maker: Maker?

    static let migrations = [
        Migration(
            "002-embed-rights", on: .control,
            ["allowed_modules", "maker"].map { .addColumn(table: Embed.tokens.name, Column($0, .text, nullable: true)) }),
        // Until then the column had ids of keys.
        Migration(
            "003-embed-makers", on: .control,
            [
                .statements { _ in
                    ["UPDATE bi_embed_token SET maker = 'key ' || maker WHERE NOT maker IS NULL"]
                }
            ]),
    ]

    init(of call: ProjectRequest) { self.init(call.allowedModules, maker: call.maker) }

    /// - Parameter row: a row of `bi_embed_token`.
    init(_ row: Row) {
        self.init(
            row.optionalText("allowed_modules").map { $0.split(separator: ",").map(String.init) },
            maker: row.optionalText("maker").map(Maker.init(stored:)))
    }

    private init(_ modules: [String]?, maker: Maker?) {
        self.modules = modules
        self.maker = maker
    }

    /// The value of the `allowed_modules` column. Null allows all modules. Empty text allows none, which happens if two keys have no module
    /// in common.
    var stored: String? { modules?.joined(separator: ",") }

    private func narrowed(to other: EmbedRights) -> EmbedRights {
        guard let allowed = other.modules else { return self }
        return EmbedRights(modules?.filter(allowed.contains) ?? allowed, maker: maker)
    }

    /// Removes from an embed the modules that the caller may not read.
    static func narrow(_ embed: String, _ call: ProjectRequest) async throws {
        let rights = EmbedRights(of: call)
        guard rights.modules != nil else { return }
        try await call.store.write { try await narrow(embed, to: rights, in: $0) }
    }

    static func narrow(_ embed: String, to rights: EmbedRights, in transaction: any ControlTransaction) async throws {
        guard rights.modules != nil,
            let row = try await transaction.run("SELECT allowed_modules, maker FROM bi_embed_token WHERE embed_id = \(embed)").first
        else { return }
        let stored = EmbedRights(row).narrowed(to: rights).stored
        try await transaction.run("UPDATE bi_embed_token SET allowed_modules = \(stored) WHERE embed_id = \(embed)")
    }
}
