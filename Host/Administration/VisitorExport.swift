@_spi(Host) import Access
@_spi(Host) import Blobs
import Common
import Foundation
@_spi(Host) import Ingest
import NIOCore
import Questions
@_spi(Host) import Storage
import Synchronization

/// Exports everything about one visitor, from every fact table, as JSON that is made while it is sent. All rows are from the same instant.
final class VisitorExport: Sendable {
    private enum Part {
        case text(String)
        /// Rows as objects of an array that a text opens and closes.
        case rows(SQL)
        /// Rows of a control table, likewise.
        case records(VisitorTable)
        /// The content of a blob, as a string in base64; null if it is missing.
        case content(key: String, bytes: Int64)
    }

    private struct Progress {
        var part = 0
        /// Whether the part's statement has been started, and whether it is the first of the array to have a row.
        var isReading = false
        var isFirst = true
        /// The number of records that were read.
        var offset = 0
        /// The rest of the blob's content, and its last bytes, which don't fill a group of base64 yet.
        var content: ByteStream?
        var rest: [UInt8] = []
    }

    /// The number of records that are read at a time.
    private static let recordsOfPage = 500

    /// Pieces are sent when they have this size, so that many small tables make one piece.
    private static let bytesOfPiece = 32 << 10

    private let reader: any BatchReader
    private let parts: [Part]
    private let others: VisitorRecords
    private let id: String, key: Int64, project: Project
    private let progress = Mutex(Progress())

    /// - Parameter sections: the members with the rows of some tables. All other tables are under `telemetry`.
    init(
        of id: String, in project: Project, events: any EventStore, tables: [FactTable],
        sections: [(name: String, tables: [FactTable])], others: VisitorRecords
    ) async throws {
        let reader = try events.reader(of: project.number, secondsPerBatch: 60)
        self.reader = reader
        self.others = others
        self.id = id
        self.project = project
        key = VisitorIdentity.key(of: id, project: project.number)
        let visitor = try await events.visitor(key, of: project.number)
        let own: SQL = "project = \(Int64(project.number)) AND visitor = \(visitor)"
        var opening = JSONText()
        opening.append(raw: #"{"visitor_id":"#)
        opening.append(string: id)
        opening.append(raw: #","identity":{"#)
        if visitor != nil, tables.contains(Identity.profiles), tables.contains(Identity.traits) {
            try await Self.appendIdentity(own, events.dialect, reader, to: &opening)
        }
        opening.append(raw: #"},"pageviews":["#)
        var parts = [
            Part.text(opening.string), Self.rows(of: Activity.table, own, and: "kind = 0"),
            .text(#"],"events":["#), Self.rows(of: Activity.table, own, and: "kind = 1"),
            .text(#"],"sessions":["#), Self.sessions(own),
        ]
        for (name, tables) in sections { parts += [.text(#"],"\#(name)":["#)] + tables.map { Self.rows(of: $0, own) } }
        var telemetry = tables.filter { table in
            table != Activity.table && table != Activity.visitors && !sections.contains { $0.tables.contains(table) }
        }
        parts.append(.text(#"],"telemetry":{"#))
        // A member of its own only for visitors who have such rows: they are there only after a change of modules.
        let setAside = try await Self.all("/* privacy.export_set_aside */ SELECT count(*) AS n FROM ingest_set_aside WHERE \(own)", reader)
        if setAside[0].int("n") == 0 { telemetry.removeAll { $0 == SetAside.table } }
        var members = telemetry.map { (name: $0.name, parts: [Self.rows(of: $0, own)]) }
        members += others.tables.map { ($0.name, [Part.records($0)]) }
        let blobs = try await others.blobs.blobs(about: key, in: project.id)
        if !blobs.isEmpty { members.append(("blobs", Self.parts(of: blobs))) }
        for (index, member) in members.enumerated() {
            parts += [.text((index > 0 ? "]," : "") + #""\#(member.name)":["#)] + member.parts
        }
        parts.append(.text(members.isEmpty ? "}}" : "]}}"))
        self.parts = parts
    }

    deinit { reader.close() }

    /// The next piece of the JSON; nil after the last.
    func next() async throws -> ByteBuffer? {
        var now = progress.withLock { $0 }
        defer { progress.withLock { [now] in $0 = now } }
        var text = JSONText()
        while now.part < parts.count, text.bytes.count < Self.bytesOfPiece {
            switch parts[now.part] {
            case .text(let fixed):
                text.append(raw: fixed)
                now.isFirst = true
                now.part += 1
            case .rows(let statement):
                if !now.isReading { try await Self.limited { try await reader.start(statement) } }
                now.isReading = true
                if let rows = try await Self.limited({ try await reader.next() }) {
                    Self.append(rows, isFirst: &now.isFirst, to: &text)
                } else {
                    now.isReading = false
                    now.part += 1
                }
            case .records(let table):
                let statement = table.rows(about: id, key: key, in: project.id, limit: Self.recordsOfPage, offset: now.offset)
                let rows = if let statement { try await others.control.read(statement) } else { Rows() }
                Self.append(rows, isFirst: &now.isFirst, ofModule: true, to: &text)
                now.offset += rows.count
                if rows.count < Self.recordsOfPage { (now.offset, now.part) = (0, now.part + 1) }
            case .content(let key, let bytes): try await appendContent(key, bytes, &now, to: &text)
            }
        }
        return text.bytes.isEmpty ? nil : ByteBuffer(bytes: text.bytes)
    }

    private func appendContent(_ key: String, _ bytes: Int64, _ now: inout Progress, to text: inout JSONText) async throws {
        if !now.isReading {
            guard let content = try await others.blobs.content(key, bytes: bytes) else {
                text.append(raw: "null")
                now.part += 1
                return
            }
            (now.isReading, now.content) = (true, content)
            text.append(raw: "\"")
        }
        if let piece = try await now.content?.next() {
            now.rest += piece.readableBytesView
            let whole = now.rest.count / 3 * 3
            text.append(raw: Data(now.rest[..<whole]).base64EncodedString())
            now.rest.removeFirst(whole)
        } else {
            text.append(raw: Data(now.rest).base64EncodedString() + "\"")
            (now.isReading, now.content, now.rest) = (false, nil, [])
            now.part += 1
        }
    }

    private static func parts(of blobs: [(module: String, blob: Blob, key: String)]) -> [Part] {
        blobs.enumerated().flatMap { index, entry -> [Part] in
            var text = JSONText()
            text.append(raw: (index > 0 ? "}," : "") + #"{"module":"#)
            text.append(string: entry.module)
            text.append(raw: #","name":"#)
            text.append(string: entry.blob.name)
            text.append(raw: #","created_at":"\#(entry.blob.createdAt.iso8601)","bytes":\#(entry.blob.bytes),"content":"#)
            return [.text(text.string), .content(key: entry.key, bytes: entry.blob.bytes)]
        } + [.text("}")]
    }

    private static func limited<Result>(_ body: () async throws -> Result) async throws -> Result {
        do { return try await body() } catch let timeout as QueryTimeout {
            throw ServiceError.unavailable(
                "query_timeout", "The next rows took longer than \(Int(timeout.seconds)) seconds, so the export was stopped.",
                retryAfterSeconds: 5)
        }
    }

    // MARK: What is read

    /// Appends the visitor's current identity: `user_id`, and the `traits` that were not removed. Appends nothing for a visitor who
    /// was never identified. The telemetry part of the export has the history of both values.
    private static func appendIdentity(
        _ own: SQL, _ dialect: Dialect, _ reader: any BatchReader, to text: inout JSONText
    ) async throws {
        let users = try await all(
            """
            /* privacy.export_user */ SELECT count(*) AS n, \(Identity.latest("user_id", where: "user_id IS NOT NULL", dialect)) AS user_id
            FROM identity_profiles WHERE \(own)
            """, reader)
        guard let user = users.first, user.int("n") > 0 else { return }
        let traits = try await all(
            """
            /* privacy.export_traits */ SELECT name, \(Identity.latest("value", dialect)) AS value FROM identity_traits
            WHERE \(own) GROUP BY name ORDER BY \(dialect.byCodePoints("name"))
            """, reader)
        text.append(raw: #""user_id":"#)
        if let id = user.optionalText("user_id") { text.append(string: id) } else { text.append(raw: "null") }
        text.append(raw: #","traits":{"#)
        var isFirst = true
        for trait in traits where trait.text("value") != "null" {
            if !isFirst { text.append(raw: ",") }
            isFirst = false
            text.append(string: trait.text("name"))
            text.append(raw: ":" + trait.text("value"))
        }
        text.append(raw: "}")
    }

    private static func all(_ statement: SQL, _ reader: any BatchReader) async throws -> [Row] {
        var all: [Row] = []
        try await limited {
            try await reader.start(statement)
            while let rows = try await reader.next() { all += rows }
        }
        return all
    }

    private static func rows(of table: FactTable, _ own: SQL, and condition: SQL = "TRUE") -> Part {
        let columns = ["occurred_at"] + table.columns.map(\.name)
        return .rows(
            """
            /* privacy.export */ SELECT \(sql: columns.joined(separator: ", ")) FROM \(sql: table.name)
            WHERE \(own) AND \(condition) ORDER BY occurred_at
            """)
    }

    private static func sessions(_ own: SQL) -> Part {
        .rows(
            """
            /* privacy.export_sessions */ SELECT session_at, min(occurred_at) AS started_at, max(occurred_at) AS ended_at,
              count(*) FILTER (WHERE kind = 0) AS pageviews, count(*) FILTER (WHERE kind = 1) AS events
            FROM core_activity WHERE \(own) AND kind < 2
            GROUP BY session_at ORDER BY session_at
            """)
    }

    // MARK: How it is written

    /// Appends rows as JSON objects, with instants as ISO 8601 and `data` as the JSON it contains.
    /// - Parameter ofModule: whether a module wrote the rows by itself, so its `data` may be other text.
    private static func append(_ rows: Rows, isFirst: inout Bool, ofModule: Bool = false, to text: inout JSONText) {
        for row in rows {
            text.append(raw: isFirst ? "{" : ",{")
            isFirst = false
            for (position, (column, value)) in zip(row.columns, row.values).enumerated() {
                text.append(raw: (position > 0 ? "," : "") + #""\#(column)":"#)
                switch value {
                case .int(let milliseconds) where column.hasSuffix("_at"): text.append(string: Instant(milliseconds: milliseconds).iso8601)
                case .text(let json) where column == "data" && !ofModule: text.append(raw: json)
                case .text(let json) where ofModule && ["data", "definition"].contains(column) && (try? JSON.parse(json)) != nil:
                    text.append(raw: json)
                case .text(let value): text.append(string: value)
                case .int(let value): text.append(raw: String(value))
                case .double(let value): text.append(raw: "\(value)")
                case .bool(let value): text.append(raw: String(value))
                case .null: text.append(raw: "null")
                }
            }
            text.append(raw: "}")
        }
    }
}
