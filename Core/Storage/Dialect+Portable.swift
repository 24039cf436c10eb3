/// What people's own statements may use, with one meaning on both engines.
extension Dialect {
    /// Epoch milliseconds as `2026-03-01T10:00:00.000Z`.
    public func timestampText(_ milliseconds: SQL) -> SQL {
        self == .duckdb
            ? "strftime(make_timestamp((\(milliseconds)) * 1000), '%Y-%m-%dT%H:%M:%S.%gZ')"
            : "to_char(to_timestamp((\(milliseconds)) / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    }

    /// The day of epoch milliseconds in UTC, `2026-03-01`.
    public func dayText(_ milliseconds: SQL) -> SQL {
        self == .duckdb
            ? "strftime(make_timestamp((\(milliseconds)) * 1000), '%Y-%m-%d')"
            : "to_char(to_timestamp((\(milliseconds)) / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
    }

    /// A double rounded to so many digits behind the point, or before it where `digits` is negative, half away from zero. What counts is the
    /// decimal that the number is shown as: 1.005 to two digits is 1.01, though its binary form is a little less.
    public func rounded(_ number: SQL, digits: Int) -> SQL {
        let places = SQL(sql: String(digits)), power = SQL(sql: "1e\(abs(digits))")
        // Through text, as PostgreSQL makes fifteen digits of a double that becomes numeric.
        guard self == .duckdb else { return "CAST(round(CAST(CAST(\(number) AS text) AS numeric), \(places)) AS double precision)" }
        // No number of ours is a negative zero.
        if digits == 0 { return "(round(\(number)) + 0)" }
        // The product may lie two units in the last place below the half that is meant, and never is a half below it by accident.
        return digits < 0 ? "(round((\(number)) / \(power)) * \(power) + 0)"
            : "(round((\(number)) * \(power) * 10000000000000004e-16) / \(power) + 0)"
    }

    /// A double as the whole number that is nearest, a half away from zero.
    public func nearestInteger(_ number: SQL) -> SQL {
        self == .duckdb ? "CAST(round(\(number)) AS bigint)" : "CAST(round(CAST(CAST(\(number) AS text) AS numeric)) AS bigint)"
    }

    /// A whole number of text; null where it is none.
    public func integer(_ text: SQL) -> SQL {
        self == .duckdb
            ? "CASE WHEN regexp_full_match(\(text), '[-+]?[0-9]{1,18}') THEN try_cast(\(text) AS BIGINT) END"
            : "CASE WHEN \(text) ~ '^[-+]?[0-9]{1,18}$' THEN (\(text))::bigint END"
    }
}
