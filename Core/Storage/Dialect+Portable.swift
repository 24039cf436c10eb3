/// Functions for statements that users write. They have the same results on DuckDB and PostgreSQL.
extension Dialect {
    /// Formats epoch milliseconds as `2026-03-01T10:00:00.000Z`.
    public func timestampText(_ milliseconds: SQL) -> SQL {
        self == .duckdb
            ? "strftime(make_timestamp((\(milliseconds)) * 1000), '%Y-%m-%dT%H:%M:%S.%gZ')"
            : "to_char(to_timestamp((\(milliseconds)) / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    }

    /// Formats the UTC day of epoch milliseconds as `2026-03-01`.
    public func dayText(_ milliseconds: SQL) -> SQL {
        self == .duckdb
            ? "strftime(make_timestamp((\(milliseconds)) * 1000), '%Y-%m-%d')"
            : "to_char(to_timestamp((\(milliseconds)) / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
    }

    /// Rounds a double half away from zero, to `digits` digits after the decimal point, or before it if `digits` is negative. Rounds the
    /// decimal form of the number: 1.005 to two digits is 1.01, although its binary form is slightly less.
    public func rounded(_ number: SQL, digits: Int) -> SQL {
        let places = SQL(sql: String(digits)), power = SQL(sql: "1e\(abs(digits))")
        // The cast goes through text, because PostgreSQL keeps only 15 digits when it casts a double to numeric directly.
        guard self == .duckdb else { return "CAST(round(CAST(CAST(\(number) AS text) AS numeric), \(places)) AS double precision)" }
        // Adding 0 turns a negative zero into 0.
        if digits == 0 { return "(round(\(number)) + 0)" }
        // The product of a number that ends in exactly a half can be up to two units in the last place below that half. The factor
        // corrects that. A number whose decimal form is below the half is never that close to it.
        return digits < 0
            ? "(round((\(number)) / \(power)) * \(power) + 0)"
            : "(round((\(number)) * \(power) * 10000000000000004e-16) / \(power) + 0)"
    }

    /// Rounds a double to the nearest whole number, half away from zero.
    public func nearestInteger(_ number: SQL) -> SQL {
        self == .duckdb ? "CAST(round(\(number)) AS bigint)" : "CAST(round(CAST(CAST(\(number) AS text) AS numeric)) AS bigint)"
    }

    /// The text as a whole number; null if it isn't one, or has more than 18 digits.
    public func integer(_ text: SQL) -> SQL {
        self == .duckdb
            ? "CASE WHEN regexp_full_match(\(text), '[-+]?[0-9]{1,18}') THEN try_cast(\(text) AS BIGINT) END"
            : "CASE WHEN \(text) ~ '^[-+]?[0-9]{1,18}$' THEN (\(text))::bigint END"
    }
}
