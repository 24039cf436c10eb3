import CMaxMind
import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A geographic database in MaxMind's format (GeoLite2, GeoIP2, DB-IP: City or Country), mapped into memory.
///
/// Any number of threads may ask at once. To exchange the file, write the new one beside it, rename it onto the old name
/// and open a new `GeoIP`; a file that is cut short while it is mapped ends the process.
///
/// - Source: MaxMind DB File Format Specification 2.0.
public final class GeoIP: Sendable {
    /// Written once in `init`, closed in `deinit`; libmaxminddb's look-ups only read it and the mapped file, and so may run
    /// on many threads at once, as its manual says. Hence it is safe to share.
    private nonisolated(unsafe) let database: UnsafeMutablePointer<MMDB_s>

    /// Records that were read before. Many addresses share one, and making three strings costs more than finding it.
    private let memory = Mutex<[Remembered?]>(Array(repeating: nil, count: GeoIP.memorySize))

    private static let memorySize = 4096

    private struct Remembered {
        var record: UInt32
        var location: Location
    }

    /// Opens the database at `path`.
    /// - Throws: `EnrichmentError` with a sentence that names the file and what is wrong with it.
    public init(path: String) throws {
        // Not in `database` yet: with all its properties set, a class that throws runs its `deinit`.
        let opened = UnsafeMutablePointer<MMDB_s>.allocate(capacity: 1)
        opened.initialize(to: MMDB_s())
        let status = MMDB_open(path, UInt32(MMDB_MODE_MMAP), opened)
        guard status == MMDB_SUCCESS else {
            // On failure the library has closed what it had opened.
            let reason = status == MMDB_IO_ERROR || status == MMDB_FILE_OPEN_ERROR
                ? String(cString: strerror(errno)) : String(cString: MMDB_strerror(status))
            opened.deallocate()
            throw EnrichmentError("The GeoIP database '\(path)' can't be opened: \(reason).")
        }
        database = opened
    }

    deinit {
        MMDB_close(database)
        database.deallocate()
    }

    /// When the database was made, for diagnostics.
    public var buildDate: Date { Date(timeIntervalSince1970: TimeInterval(database.pointee.metadata.build_epoch)) }

    /// What the database calls itself, such as `GeoLite2-City`.
    public var databaseType: String { String(cString: database.pointee.metadata.database_type) }

    /// Whether it names countries and nothing inside of them.
    public var isOfCountriesOnly: Bool { databaseType.contains("Country") }

    /// What the licence of a free database wants to be shown where its places are.
    public var attribution: Attribution? {
        let type = databaseType
        if type.hasPrefix("DBIP"), type.contains("Lite") { return Attribution(text: "IP Geolocation by DB-IP", url: "https://db-ip.com") }
        if type.hasPrefix("GeoLite2") { return Attribution(text: "GeoLite2 data by MaxMind", url: "https://www.maxmind.com") }
        return nil
    }

    public struct Attribution: Sendable, Hashable, Encodable {
        public let text: String
        public let url: String

        public init(text: String, url: String) {
            self.text = text
            self.url = url
        }
    }

    /// Where `address` is; `Location.unknown` when the database does not say, as for private addresses.
    ///
    /// Of a Country database the region and the city are "".
    public func lookup(_ address: IPAddress) -> Location {
        guard var entry = find(address) else { return .unknown }
        let record = entry.offset
        // The records' offsets are irregular, so the low bits of a multiple spread them well enough.
        let place = Int(truncatingIfNeeded: (record &* 0x9E37_79B1) >> 20)
        if let known = memory.withLock({ $0[place] }), known.record == record { return known.location }

        let location = read(&entry)
        memory.withLock { $0[place] = Remembered(record: record, location: location) }
        return location
    }

    private func find(_ address: IPAddress) -> MMDB_entry_s? {
        var status: Int32 = 0
        let result: MMDB_lookup_result_s
        if address.isIPv4 {
            var socket = sockaddr_in()
            socket.sin_family = sa_family_t(AF_INET)
            socket.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.low).bigEndian
            result = withUnsafePointer(to: &socket) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { MMDB_lookup_sockaddr(database, $0, &status) }
            }
        } else {
            // A database of IPv4 alone answers with a status, which means unknown.
            var socket = sockaddr_in6()
            socket.sin6_family = sa_family_t(AF_INET6)
            withUnsafeMutableBytes(of: &socket.sin6_addr) { raw in
                raw.storeBytes(of: address.high.bigEndian, as: UInt64.self)
                raw.storeBytes(of: address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            result = withUnsafePointer(to: &socket) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { MMDB_lookup_sockaddr(database, $0, &status) }
            }
        }
        return status == MMDB_SUCCESS && result.found_entry ? result.entry : nil
    }

    private func read(_ entry: inout MMDB_entry_s) -> Location {
        let country = text(&entry, GeoPath.country)
        guard country.utf8.count == 2 else { return .unknown }
        let region = text(&entry, GeoPath.region)
        return Location(
            country: country,
            region: (1...3).contains(region.utf8.count) ? "\(country)-\(region)" : "",
            city: text(&entry, GeoPath.city)
        )
    }

    /// The text at `path` of a record, "" when nothing or something else is there.
    private func text(_ entry: inout MMDB_entry_s, _ path: [StaticString]) -> String {
        withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: path.count + 1) { steps in
            for (index, step) in path.enumerated() {
                steps[index] = UnsafeRawPointer(step.utf8Start).assumingMemoryBound(to: CChar.self)
            }
            steps[path.count] = nil
            var value = MMDB_entry_data_s()
            guard MMDB_aget_value(&entry, &value, steps.baseAddress!) == MMDB_SUCCESS, value.has_data,
                value.type == UInt32(MMDB_DATA_TYPE_UTF8_STRING), let start = value.utf8_string
            else { return "" }
            let bytes = UnsafeRawBufferPointer(start: start, count: Int(min(value.data_size, 200)))
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

/// Where a record holds what `Location` wants. Static strings end with a zero byte, as C wants them.
private enum GeoPath {
    static let country: [StaticString] = ["country", "iso_code"]
    static let region: [StaticString] = ["subdivisions", "0", "iso_code"]
    static let city: [StaticString] = ["city", "names", "en"]
}
