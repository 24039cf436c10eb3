import CLibPQ
import Common
import Foundation
import Storage

/// PostgreSQL servers of others: one connection for each question, on a thread of its own, and closed at once.
public struct ExternalPostgreSQL: ExternalDatabase {
    /// Connections at a time; more are turned away rather than kept waiting.
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
        (try? await Self.onThread(seconds: 10) {
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
        try await Self.onThread(seconds: timeoutSeconds) {
            let session = try ExternalSession(place)
            return try session.read(statement, schemas: place.schemas, limit: limit, timeoutSeconds: timeoutSeconds)
        }
    }

    private static func onThread<Result: Sendable>(seconds: Double, _ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        guard room.wait(timeout: .now()) == .success else {
            throw ExternalDatabaseError(message: "too many connections to other databases at a time; try again in a moment")
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

    private let connection: OpaquePointer

    init(_ place: ExternalPlace) throws {
        // Nothing of the host's environment (PGSERVICE, PGSSLKEY ...) or files speaks along.
        let parameters = place.keywords.merging([
            "connect_timeout": "5", "client_encoding": "UTF8", "application_name": "pulse-bi", "passfile": "/dev/null",
            "sslcert": "/dev/null/none", "sslkey": "/dev/null/none", "tcp_user_timeout": "30000",
        ]) { $1 }
        let keywords = parameters.keys.map { strdup($0) }, values = parameters.values.map { strdup($0) }
        defer { for pointer in keywords + values { free(pointer) } }
        guard let connection = PQconnectdbParams(keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 0) else {
            throw ExternalDatabaseError(message: "out of memory")
        }
        self.connection = connection
        guard PQstatus(connection) == CONNECTION_OK else { throw failure() }
        PQsetNoticeProcessor(connection, { _, _ in }, nil)
    }

    deinit { PQfinish(connection) }

    func read(_ statement: String, schemas: [String], limit: Int, timeoutSeconds: Double) throws -> Rows {
        try run("SET TimeZone TO 'UTC'")
        try run("SET DateStyle TO 'ISO, YMD'")
        try run("SET standard_conforming_strings TO on")
        try run("SET default_transaction_read_only TO on")
        try run("SET statement_timeout TO \(Int(timeoutSeconds * 1_000))")
        try run("BEGIN READ ONLY")
        if !schemas.isEmpty {
            try run("SELECT set_config('search_path', $1::text, true)", [schemas.map { "\"\($0)\"" }.joined(separator: ", ")])
        }
        // The extended protocol takes one statement and no more; row by row, so that a large answer is never held.
        guard PQsendQueryParams(connection, statement, 0, nil, nil, nil, nil, 0) == 1, PQsetSingleRowMode(connection) == 1 else { throw failure() }
        var columns: [String] = [], values: [[Value]] = [], bytes = 0
        while let result = PQgetResult(connection).map(PostgreSQLResult.init) {
            switch result.status {
            case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK:
                columns = (0..<PQnfields(result.pointer)).map { String(cString: PQfname(result.pointer, $0)) }
                values += result.rows.values
                bytes += values.last?.reduce(0) { $0 + 16 + ($1.text?.utf8.count ?? 0) } ?? 0
                guard bytes <= Self.maximumBytes else { throw ExternalDatabaseError(message: "the answer is larger than 32 MB; ask for fewer rows or columns") }
            case PGRES_COMMAND_OK: break
            case PGRES_COPY_OUT, PGRES_COPY_IN, PGRES_COPY_BOTH: throw ExternalDatabaseError(message: "the statement answers no rows")
            default: throw failure(result)
            }
            guard values.count < limit else { break }  // the rest goes with the connection
        }
        return Rows(columns: columns, values: values)
    }

    private func run(_ text: String, _ arguments: [String] = []) throws {
        let pointers = arguments.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        guard let pointer = PQexecParams(connection, text, Int32(arguments.count), nil, pointers.map { UnsafePointer($0) }, nil, nil, 0) else {
            throw failure()
        }
        let result = PostgreSQLResult(pointer)
        guard [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(result.status) else { throw failure(result) }
    }

    private func failure(_ result: PostgreSQLResult? = nil) -> ExternalDatabaseError {
        if let result, let message = PQresultErrorField(result.pointer, Int32(UInt8(ascii: "M"))) {
            return ExternalDatabaseError(message: String(cString: message))
        }
        return ExternalDatabaseError(message: String(cString: PQerrorMessage(connection)).split(separator: "\n").joined(separator: " "))
    }
}
