import CLibPQ
@_spi(Host) import Common
import Foundation
import Storage

/// Queries PostgreSQL servers that don't belong to Pulse. Each query opens its own connection on its own thread and closes it
/// afterwards.
public struct ExternalPostgreSQL: ExternalDatabase {
    /// Limits concurrent connections and host lookups. Calls beyond the limit are rejected, not queued.
    private static let room = DispatchSemaphore(value: 8)

    public init() {}

    public func parse(_ connectionString: String) -> [String: String]? {
        guard !connectionString.utf8.contains(0), let options = PQconninfoParse(connectionString, nil) else { return nil }
        defer { PQconninfoFree(options) }
        var keywords: [String: String] = [:], option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { keywords[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return keywords
    }

    public func addresses(of host: String) async -> [String] {
        (try? await Self.onThread {
            var hints = addrinfo(), found: UnsafeMutablePointer<addrinfo>?
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            guard getaddrinfo(host, nil, &hints, &found) == 0 else { return [] }
            defer { freeaddrinfo(found) }
            var addresses: [String] = [], next = found
            while let info = next?.pointee {
                var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
                if getnameinfo(info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 {
                    addresses.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
                }
                next = info.ai_next
            }
            return addresses
        }) ?? []
    }

    public func read(_ place: ExternalPlace, _ statement: String, limit: Int, timeoutSeconds: Double) async throws -> Rows {
        let wakeUp = WakeUp(), control = JobControl(timeoutSeconds: timeoutSeconds + ExternalSession.graceSeconds, wakeUp: wakeUp)
        return try await withTaskCancellationHandler {
            try await Self.onThread {
                let session = try ExternalSession(place, timeoutSeconds: timeoutSeconds, control, wakeUp)
                return try session.read(statement, schemas: place.schemas, limit: limit)
            }
        } onCancel: {
            control.cancel()
        }
    }

    private static func onThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        guard room.wait(timeout: .now()) == .success else {
            throw ExternalDatabaseError(message: "too many connections to external databases are open; try again in a moment")
        }
        return try await withCheckedThrowingContinuation { continuation in
            let thread = Thread {
                defer { room.signal() }
                continuation.resume(with: Swift.Result { try work() })
            }
            thread.name = "external-postgresql"
            thread.start()
        }
    }
}

/// One connection, used by one thread.
private final class ExternalSession {
    private static let maximumBytes = 32 << 20
    /// The maximum length of a single value, in characters.
    private static let maximumText = 65_536
    /// How long a server may stay silent after the time limit has passed.
    static let graceSeconds = 5.0

    private let connection: OpaquePointer
    private let timeoutSeconds: Double
    private let control: JobControl
    private let wakeUp: WakeUp

    /// - Parameter wakeUp: the object that `control` signals.
    init(_ place: ExternalPlace, timeoutSeconds: Double, _ control: JobControl, _ wakeUp: WakeUp) throws {
        self.timeoutSeconds = timeoutSeconds
        self.control = control
        self.wakeUp = wakeUp
        // Setting a parameter here keeps libpq from reading it from the host's environment (PGPASSWORD, PGSSLKEY, PGOPTIONS ...) or
        // from files.
        let parameters = ["password": "none"].merging(place.keywords) { $1 }.merging([
            "connect_timeout": "5", "client_encoding": "UTF8", "application_name": "pulse-bi", "passfile": "/dev/null", "options": " ",
            "sslcert": "/dev/null/none", "sslkey": "/dev/null/none", "tcp_user_timeout": "30000",
        ]) { $1 }
        let keywords = parameters.keys.map { strdup($0) }, values = parameters.values.map { strdup($0) }
        defer { for pointer in keywords + values { free(pointer) } }
        guard let connection = PQconnectdbParams(keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 0)
        else {
            throw ExternalDatabaseError(message: "out of memory")
        }
        self.connection = connection
        guard PQstatus(connection) == CONNECTION_OK else { throw failure() }
        PQsetNoticeProcessor(connection, { _, _ in }, nil)
    }

    deinit { PQfinish(connection) }

    func read(_ statement: String, schemas: [String], limit: Int) throws -> Rows {
        try run("SET TimeZone TO 'UTC'")
        try run("SET DateStyle TO 'ISO, YMD'")
        try run("SET standard_conforming_strings TO on")
        try run("SET default_transaction_read_only TO on")
        try run("SET statement_timeout TO \(Int(timeoutSeconds * 1_000))")
        try run("BEGIN READ ONLY")
        if !schemas.isEmpty {
            try run("SELECT set_config('search_path', $1::text, true)", [schemas.map { "\"\($0)\"" }.joined(separator: ", ")])
        }
        let (text, columns) = try bounded(statement, limit: limit)
        // Fetch row by row, so a large result is never held in memory.
        guard PQsendQueryParams(connection, text, 0, nil, nil, nil, nil, 0) == 1, PQsetSingleRowMode(connection) == 1 else {
            throw failure()
        }
        var values: [[Value]] = [], bytes = 0
        while let result = try next() {
            let rows = result.rows(keepingDigits: true).values
            values += rows
            for row in rows { bytes += row.reduce(0) { $0 + 16 + ($1.text?.utf8.count ?? 0) } }
            guard bytes <= Self.maximumBytes else {
                throw ExternalDatabaseError(message: "the result is larger than 32 MB; select fewer rows or columns")
            }
        }
        return Rows(columns: columns, values: values)
    }

    /// Wraps the statement in a subquery that limits the number of rows and the length of each text. Without those limits, a single
    /// value may be a gigabyte, and libpq holds whole rows in memory. A subquery can neither change data nor contain a second
    /// statement.
    private func bounded(_ statement: String, limit: Int) throws -> (text: String, columns: [String]) {
        // Parse the statement on its own first, so it can't close our parenthesis.
        guard PQsendPrepare(connection, "statement", statement, 0, nil) == 1 else { throw failure() }
        _ = try last()
        guard PQsendDescribePrepared(connection, "statement") == 1 else { throw failure() }
        guard let described = try last(), case let count = PQnfields(described.pointer), count > 0 else {
            throw ExternalDatabaseError(message: "the statement returns no columns")
        }
        let columns = (0..<count).map { String(cString: PQfname(described.pointer, $0)) }
        let values = (0..<count).map { index in
            Self.shortTypes.contains(PQftype(described.pointer, index)) ? "c\(index)" : "left(c\(index)::text, \(Self.maximumText))"
        }
        let names = (0..<count).map { "c\($0)" }.joined(separator: ", ")
        return ("SELECT \(values.joined(separator: ", ")) FROM (\n\(statement)\n) answer (\(names)) LIMIT \(limit)", columns)
    }

    /// OIDs of the types whose values are short: booleans, numbers, times, uuid.
    /// - Source: `pg_type.dat` of PostgreSQL; these numbers never change.
    private static let shortTypes: Set<Oid> = [16, 20, 21, 23, 26, 700, 701, 1700, 1082, 1083, 1114, 1184, 1186, 2950]

    private func run(_ text: String, _ arguments: [String] = []) throws {
        let pointers = arguments.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        guard PQsendQueryParams(connection, text, Int32(arguments.count), nil, pointers.map { UnsafePointer($0) }, nil, nil, 0) == 1 else {
            throw failure()
        }
        _ = try last()
    }

    /// Reads all results of the last command and returns the last one.
    private func last() throws -> PostgreSQLResult? {
        var last: PostgreSQLResult?
        while let result = try next() { last = result }
        return last
    }

    /// The next result; nil after the last. Never waits past the time limit, even if the server hangs.
    private func next() throws -> PostgreSQLResult? {
        while PQisBusy(connection) == 1 {
            switch control.stop {
            case nil: break
            case .timeout: throw ExternalDatabaseError(message: "the server did not respond within \(Int(timeoutSeconds)) seconds")
            case .cancelled:
                // If this request isn't sent or fails, the server keeps running the query until the server's own time limit.
                _ = CancelRequest(for: connection)
                throw CancellationError()
            }
            var descriptors = [
                pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0),
                pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&descriptors, 2, control.pollMilliseconds) > 0, descriptors[0].revents != 0 else { continue }
            guard PQconsumeInput(connection) == 1 else { throw failure() }
        }
        guard let result = PQgetResult(connection).map(PostgreSQLResult.init) else { return nil }
        guard [PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE].contains(result.status) else { throw failure(result) }
        return result
    }

    private func failure(_ result: PostgreSQLResult? = nil) -> ExternalDatabaseError {
        if let result, let message = PQresultErrorField(result.pointer, Int32(UInt8(ascii: "M"))) {
            return ExternalDatabaseError(message: String(cString: message))
        }
        return ExternalDatabaseError(message: String(cString: PQerrorMessage(connection)).split(separator: "\n").joined(separator: " "))
    }
}
