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

    /// Rounded to so many digits, half away from zero.
    public func rounded(_ number: SQL, digits: SQL) -> SQL {
        self == .postgresql
            ? "CAST(round(CAST(\(number) AS numeric), \(digits)) AS double precision)" : "CAST(round(\(number), \(digits)) AS double precision)"
    }

    /// A whole number of text; null where it is none.
    public func integer(_ text: SQL) -> SQL {
        self == .duckdb
            ? "CASE WHEN regexp_full_match(\(text), '[-+]?[0-9]{1,18}') THEN try_cast(\(text) AS BIGINT) END"
            : "CASE WHEN \(text) ~ '^[-+]?[0-9]{1,18}$' THEN (\(text))::bigint END"
    }
}
