import Common
@_spi(Scopes) @testable import Questions
import Storage
import Synchronization
import Testing

@Suite("Scope")
struct ScopeTests {
    /// Returns no rows, and records the ranges of all queries.
    private final class Recorder: ReportReader {
        let ranges = Mutex<[TimeRange]>([])

        var dialect: Dialect { .duckdb }

        func rows(_ query: PartedQuery, of project: Int32, over range: TimeRange) async throws -> Rows {
            ranges.withLock { $0.append(range) }
            return Rows(columns: [], values: [])
        }

        func stream(_ statement: SQL, of project: Int32) async throws -> RowStream { throw CancellationError() }

        func visitorBound(of project: Int32) async throws -> Int64? { nil }
    }

    private static func days(_ first: Int64, _ last: Int64) -> TimeRange {
        TimeRange(start: Instant(milliseconds: first * 86_400_000), end: Instant(milliseconds: last * 86_400_000))
    }

    /// Checks the range of the facts that a result depends on. A cached result is stale if any of them changes.
    @Test(
        "a result for a segment also depends on the range that decides membership",
        arguments: [
            (nil, days(20, 30), days(20, 30)), (Segment(.all([])), days(20, 30), days(10, 30)),
            (Segment(.user(Comparison(.exists))), days(20, 30), .always),
        ])
    func decisiveRange(segment: Segment?, range: TimeRange, expected: TimeRange) async throws {
        let recorder = Recorder()
        let scope = Scope(project: 1, range: Self.days(10, 15), segment: segment, reader: recorder, facts: Self.facts(of: nil)).widened(
            to: range)
        _ = try await scope.gathered("test", "SELECT 1 FROM activity")
        #expect(recorder.ranges.withLock { $0 } == [expected])
    }

    private static let orders = FactTable("shop_orders", [Column("price", .int64)]), stars = FactTable("stars_given", [])

    /// Access for statements of `module`. The caller may read every module except `stars`.
    private static func facts(of module: String?) -> FactAccess {
        let catalog = FactCatalog([
            .init(module: "shop", tables: [orders]), .init(module: "stars", tables: [stars]),
            .init(module: "reports", tables: [], reads: ["shop"]),
            .init(module: "other", tables: [], reads: ["stars"]),
        ])
        return FactAccess(catalog, module: module) { module in
            if module == "stars" { throw ServiceError(status: 403, code: "module_disabled", message: "Module 'stars' is off.") }
        }
    }

    @Test(
        "a statement reads what the scope provides, what it defines, and the facts of modules that its own may read",
        arguments: [
            ("reports", "SELECT count(*) FROM shop_orders", nil),
            ("shop", "SELECT count(*) FROM shop_orders o JOIN sessions s ON s.visitor = o.visitor", nil),
            (nil, "SELECT count(*) FROM shop_orders", nil),
            ("shop", "SELECT * FROM (SELECT price FROM shop_orders) paid, activity", nil),
            ("shop", "SELECT id FROM core_visitors", nil),
            ("other", "SELECT 1 FROM stars_given", "Module 'stars' is off."),
            (nil, "SELECT 1 FROM activity WHERE visitor IN (SELECT visitor FROM stars_given)", "Module 'stars' is off."),
            (
                "other", "SELECT 1 FROM shop_orders",
                "Statement 'test' of module 'other' reads 'shop_orders', but the module's manifest does not list 'shop' in its reads. Add it there."
            ),
            ("shop", "SELECT 1 FROM core_activity", unknown("core_activity")),
            ("shop", "SELECT 1 FROM main.shop_orders", unknown("main.shop_orders")),
            ("shop", "SELECT 1 FROM activity a JOIN access_keys k ON TRUE", unknown("access_keys")),
            ("shop", "SELECT 1 FROM activity, shop_order", unknown("shop_order")),
        ] as [(String?, String, String?)])
    func access(module: String?, statement: String, refusal: String?) async throws {
        let scope = Scope(project: 1, range: Self.days(1, 2), reader: Recorder(), facts: Self.facts(of: module))
        var outcome: String?
        do { _ = try await scope.gathered("test", SQL(sql: statement)) } catch { outcome = (error as? ServiceError)?.message ?? "\(error)" }
        #expect(outcome == refusal)
    }

    private static func unknown(_ name: String) -> String {
        "Statement 'test' reads '\(name)', which neither the scope nor the statement defines, and no loaded module has as a fact table. Correct the name, "
            + "or add the table to its module's factTables."
    }

    @Test("facts of all time are read from modules that the caller may read")
    func allTime() async throws {
        let recorder = Recorder()
        let scope = Scope(project: 1, range: Self.days(1, 2), reader: recorder, facts: Self.facts(of: nil))
        _ = try await scope.rowsOverAllTime(
            "test", Self.orders, as: "paid", [.tally("counted", [.count("n")], from: "paid")], "SELECT n FROM counted")
        #expect(recorder.ranges.withLock { $0 } == [.always])
        await #expect(throws: ServiceError.self) {
            _ = try await scope.rowsOverAllTime(
                "test", Self.stars, as: "given", [.tally("counted", [.count("n")], from: "given")], "SELECT n FROM counted")
        }
    }
}
