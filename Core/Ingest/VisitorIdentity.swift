import Common
import Coordination
import Crypto
import Foundation
@_spi(Host) import Storage
import Synchronization

/// Identifies visitors by 64-bit keys. A key is made from the id that was sent or, if none was sent, from what the browser reveals.
@_spi(Host) public final class VisitorIdentity: Sendable {
    /// The prefix of ids under which facts about provisioned users are recorded. Events can't use it, because a page's key is public.
    static let provisioned = "scim:"
    static let provisionedBytes = Array(provisioned.utf8)

    /// The salt for one day's keys. It is deleted once the day after it is over. After that, nobody can work out which address a visitor
    /// had.
    struct Salt: Sendable {
        let day: Day
        let bytes: [UInt8]
    }

    private let control: any ControlStore
    private let salts = Mutex<[Salt]>([])
    private let fetching = Mutex<Task<Void, Never>?>(nil)

    public init(control: any ControlStore) { self.control = control }

    // MARK: Keys

    /// The key of a visitor whose id was sent: 64 bits of SHA-256 over project and id. Among a million visitors of a project, the
    /// probability that any two share a key is 3 in 100 million. For a visitor's anonymous id, returns the key that the id contains.
    public static func key(of id: String, project: Int32) -> Int64 {
        if let key = anonymousKey(id) { return key }
        var input = HashInput()
        input.append(project)
        input.append(id)
        return key(input.sha256)
    }

    private static func anonymousKey(_ id: String) -> Int64? {
        guard id.utf8.count == 21, id.hasPrefix("anon_") else { return nil }
        return UInt64(id.dropFirst(5), radix: 16).map { Int64(bitPattern: $0) }
    }

    /// The key of the `event_id` that was sent with an event. It is never the key of a derived id.
    static func eventID(_ id: String, project: Int32) -> EncodedRow.EventID {
        // Only ids that look derived are hashed differently, so that ids stored before this distinction are still recognized.
        isDerived(id) ? key(of: id, project: project, kind: "sent") : key(of: id, project: project, kind: nil)
    }

    /// The key of an id that a module derived from an event (`Addition.eventID`). It is never the key of an `event_id`.
    static func derivedID(_ id: String, project: Int32) -> EncodedRow.EventID {
        key(of: isDerived(id) ? id : "id:" + id, project: project, kind: nil)
    }

    /// The keys of derived ids, each once.
    static func derivedIDs(_ ids: [String], project: Int32) -> [EncodedRow.EventID] {
        var keys: [EncodedRow.EventID] = []
        for id in ids {
            let key = derivedID(id, project: project)
            if !keys.contains(key) { keys.append(key) }
        }
        return keys
    }

    /// Whether the id begins with a word of lowercase letters and a colon, as derived ids do.
    private static func isDerived(_ id: String) -> Bool {
        let letters = id.utf8.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        return !letters.isEmpty && letters.endIndex < id.utf8.endIndex && id.utf8[letters.endIndex] == UInt8(ascii: ":")
    }

    private static func key(of id: String, project: Int32, kind: String?) -> EncodedRow.EventID {
        var input = HashInput()
        input.append(project)
        if let kind { input.append(kind) }
        input.append(id)
        return input.sha256.withUnsafeBytes {
            EncodedRow.EventID(high: $0.loadUnaligned(as: Int64.self), low: $0.loadUnaligned(fromByteOffset: 8, as: Int64.self))
        }
    }

    /// The key of a visitor without an id on `day`: a hash over the salt of `saltDay`, project, day, address and user agent. Nil if that
    /// salt is deleted or not available yet.
    func anonymousKey(project: Int32, address: String, userAgent: String, on day: Day, salt saltDay: Day) -> Int64? {
        guard let salt = salts.withLock({ $0.first { $0.day == saltDay } }) else { return nil }
        var input = HashInput(salt.bytes)
        input.append(project)
        input.append(day.number)
        input.append(address)
        input.append(userAgent)
        return Self.key(input.sha256)
    }

    /// Collects the bytes to hash. Hashing them in one call costs half as much.
    private struct HashInput {
        private var bytes: [UInt8]

        init(_ bytes: [UInt8] = []) {
            self.bytes = bytes
            self.bytes.reserveCapacity(256)
        }

        mutating func append(_ number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }

        /// Appends text preceded by its length, so different pairs of texts never produce the same bytes.
        mutating func append(_ text: String) {
            append(UInt32(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        }

        var sha256: SHA256.Digest {
            var hash = SHA256()
            bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
            return hash.finalize()
        }
    }

    private static func key(_ digest: SHA256.Digest) -> Int64 {
        let key = digest.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
        return key == 0 ? 1 : key  // 0 means "no visitor"
    }

    // MARK: Salts

    /// Makes sure that the salts for today and tomorrow exist and that all hosts use the same ones. Deletes the salts of days before
    /// yesterday.
    public func renewSalts(now: Instant) async throws {
        let today = Day(now)
        let existing = salts.withLock { $0 }
        let made = (today.number...(today.number + 1)).map { number in
            // If this host had to make a salt on its own, it offers that salt to all hosts.
            (number, existing.first { $0.day.number == number }.map { String(decoding: $0.bytes, as: UTF8.self) } ?? Self.newSalt())
        }
        let rows = try await control.write { transaction in
            for (day, salt) in made {
                try await transaction.run(
                    "/* ingest.add_salt */ INSERT INTO ingest_salts (day, salt) VALUES (\(day), \(salt)) ON CONFLICT (day) DO NOTHING")
            }
            try await transaction.run("/* ingest.drop_salts */ DELETE FROM ingest_salts WHERE day < \(today.number - 1)")
            return try await transaction.run("/* ingest.salts */ SELECT day, salt FROM ingest_salts ORDER BY day")
        }
        let current = rows.map { Salt(day: Day(number: $0.int("day")), bytes: Array($0.text("salt").utf8)) }
        salts.withLock { $0 = current }
    }

    /// The table that holds the salts. Backups leave it out, because salts that are deleted after a day must not survive elsewhere.
    public static let saltTable = "ingest_salts"

    private static func newSalt() -> String { Digest.hex((0..<32).map { _ in UInt8.random(in: .min ... .max) }) }

    func hasSalt(of day: Day) -> Bool { salts.withLock { $0.contains { $0.day == day } } }

    /// Renews the salts if the current day's is missing, for example because the clock has jumped. Concurrent calls wait for the same
    /// renewal.
    func fetchSalt(of now: Instant) async {
        await fetching.withLock { task in
            if let task { return task }
            let new = Task {
                try? await renewSalts(now: now)
                fetching.withLock { $0 = nil }
            }
            task = new
            return new
        }.value
    }

    /// Runs `body` with a salt that only this host has, if the day's salt could not be fetched. Only this host then recognizes the day's
    /// visitors.
    func withOwnSalt<Answer>(of day: Day, _ body: () -> Answer) -> Answer {
        salts.withLock { salts in
            if !salts.contains(where: { $0.day == day }) { salts.append(Salt(day: day, bytes: Array(Self.newSalt().utf8))) }
        }
        return body()
    }

    /// The migrations that create the salt table.
    public static let migrations = [
        Migration(
            "002-salts", on: .control,
            [
                .createTable(Table("ingest_salts", [Column("day", .int64), Column("salt", .text)], primaryKey: ["day"]))
            ])
    ]
}
