import Core

extension BIModule {
    var connectionRoutes: [Route] {
        let resource = Connection.resource, path = resource.path, one = path + "/{id}"
        let changes = Schema.object((resource.fields + [Connection.string]).map { .optional($0.name, $0.schema, $0.summary) })
        return [
            Route(
                .get, path, "List connections, oldest first.", scope: .query, access: .read, parameters: Parameter.page,
                answer: .data(Connection.Described.shape)
            ) { call in
                var data: [Connection.Described] = []
                for connection in try await resource.page(call) { data.append(try await Connection.described(connection, call)) }
                return data
            },
            Route(
                .post, path, "Register a database. Its connection string is stored encrypted; responses omit the password.",
                scope: .query, access: .write, body: .object(resource.fields + [Connection.string]),
                answer: Connection.Described.shape, status: 201
            ) { call in
                let body = try await call.body(), string = body["connection_string"]?.string ?? ""
                _ = try Connection.keywords(string, call)
                let made = try await resource.create(body, for: call)
                try await Connection.store(string, for: made, call)
                return try await Connection.described(made, call)
            },
            Route(.get, one, "Read a connection.", scope: .query, access: .read, answer: Connection.Described.shape) { call in
                try await Connection.described(try await resource.require(call), call)
            },
            Route(
                .put, one, "Change fields of a connection, or its credentials.", scope: .query, access: .write, body: changes,
                answer: Connection.Described.shape
            ) { call in
                _ = try await resource.require(call)
                let body = try await call.body(), string = body["connection_string"]?.string
                if let string { _ = try Connection.keywords(string, call) }
                let changed = try await resource.update(call, from: body)
                if let string { try await Connection.store(string, for: changed, call) }
                return try await Connection.described(changed, call)
            },
            Route(.delete, one, "Delete a connection and its credentials.", scope: .query, access: .write) { call in
                let connection = try await resource.require(call)
                try await call.store.write("DELETE FROM bi_connection_secret WHERE connection_id = \(connection.id)")
                try await resource.delete(connection, call)
            },
            Route(
                .post, one + "/test", "Test the connection, and store the result.", scope: .query, access: .read,
                answer: Tested.shape, use: test
            ).withoutTimeLimit(),
            Route(
                .post, one + "/query", "Run a statement on the database, in a read-only transaction.", scope: .query, access: .read,
                body: Self.sqlBody, answer: QueryAnswer.shape
            ) { call in
                let connection = try await Connection.resource.require(call), body = try await call.body()
                return try await queries.run(.externalSQL, id: body["run_id"]?.string, call) {
                    let text = try ExternalStatement.checked(body["sql_text"]?.string ?? "")
                    return try await Connection.read(connection, text, limit: Int(body["limit"]?.integer ?? 100), call, settings)
                }
            }.withoutTimeLimit(),
        ]
    }

    private struct Tested: Sendable {
        let testedAt: Instant
        let error: String?

        static let shape = Shape<Tested>([
            .required("ok", { $0.error == nil }, .boolean), .required("last_tested_at", \.testedAt, .timestamp),
            .required("error", \.error, .nullable(.optionalText(2_000))),
        ])
    }

    /// `POST /api/v1/bi/connections/{id}/test`
    @Sendable private func test(_ call: ProjectRequest) async throws -> Tested {
        let connection = try await Connection.resource.require(call), now = call.now
        var failure: String?
        do {
            _ = try await Connection.read(connection, "SELECT 1", limit: 1, call, settings)
        } catch let error as ServiceError { failure = call.sentence(about: error) }
        try await call.store.write(
            "UPDATE bi_connection_secret SET last_tested_at = \(now.milliseconds), last_error = \(failure) WHERE connection_id = \(connection.id)"
        )
        return Tested(testedAt: now, error: failure)
    }
}
