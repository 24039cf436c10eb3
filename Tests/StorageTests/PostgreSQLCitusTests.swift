import Common
@_spi(Host) @testable import PostgreSQLEngine
@_spi(Host) import Storage
import TestSupport
import Testing

private func citusIsThere() async -> Bool {
    guard let url = PostgreSQLTestServer.url,
        let store = try? PostgreSQLControlStore(url: url, maximumConnections: 1, schema: "public", logger: .quiet)
    else { return false }
    let rows = try? await store.read("SELECT 1 AS one WHERE current_setting('citus.shard_count', true) IS NOT NULL")
    await store.close()
    return rows?.isEmpty == false
}

// Skipped unless the server at PULSE_TEST_DATABASE_URL has Citus loaded.
@Suite("Citus", .enabled("the server has not loaded Citus") { await citusIsThere() })
struct CitusTests {
    @Test("facts and their partitions are distributed by visitor, event ids by hash; other tables stay local")
    func distribution() async throws {
        try await PostgreSQLTestServer.withEventStore { store, schema in
            let rows = (0..<1_000).map {
                FactSamples.row("\($0)", id: Int64($0), at: FactSamples.noon - Int64($0) * 86_400_000 / 10, visitor: Int64($0))
            }
            #expect(try await store.apply(FactBatch.of(rows, to: 1)).duplicates.allSatisfy { !$0 })
            #expect(try await store.apply(FactBatch.of(rows, to: 2)).duplicates.allSatisfy { $0 })
            #expect(try await store.paths().count == 1_000)
            let tables = try await store.query(
                """
                SELECT c.relname::text AS name, column_to_column_name(d.logicalrelid, d.partkey) AS col
                FROM pg_dist_partition d JOIN pg_class c ON c.oid = d.logicalrelid
                WHERE d.partmethod = 'h' AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace ORDER BY 1
                """, timeoutSeconds: 30)
            #expect(
                tables.map { "\($0.text("name")) \($0.text("col"))" } == [
                    "ingest_event_ids id_high", "sample_fact visitor", "sample_other visitor",
                ])
        }
    }
}

extension FactBatch {
    fileprivate static func of(_ rows: [EncodedRow], to offset: Int64) -> FactBatch { FactSamples.batch(rows, to: offset) }
}
