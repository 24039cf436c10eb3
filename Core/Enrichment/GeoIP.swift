import CMaxMind
import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A geographic database in MaxMind's format (GeoLite2, GeoIP2, DB-IP: City or Country). The file is mapped into memory.
///
/// Any number of threads may look up addresses concurrently. To replace the file, write the new one next to it, rename it over the old one,
/// and open a new `GeoIP`. Truncating the file while it is mapped crashes the process.
///
/// - Source: MaxMind DB File Format Specification 2.0.
@_spi(Host) public final class GeoIP: Sendable {
    /// Safe to share: the database handle is written once in `init` and closed in `deinit`. In between, libmaxminddb's lookups only read
    /// the handle and the mapped file, so they may run on many threads concurrently, as its manual says.
    private nonisolated(unsafe) let database: UnsafeMutablePointer<MMDB_s>

    /// Recently read records. Many addresses share a record, and finding it here costs less than building three strings.
    private let cache = Mutex<[CachedRecord?]>(Array(repeating: nil, count: GeoIP.cacheSize))

    private static let cacheSize = 4096

    private struct CachedRecord {
        var record: UInt32
        var location: Location
    }

    /// Opens the database at `path`.
    /// - Throws: `EnrichmentError` that names the file and says why it can't be opened.
    public init(path: String) throws {
        // Not assigned to `database` yet, because if `init` throws after all properties are set, `deinit` runs.
        let opened = UnsafeMutablePointer<MMDB_s>.allocate(capacity: 1)
        opened.initialize(to: MMDB_s())
        let status = MMDB_open(path, UInt32(MMDB_MODE_MMAP), opened)
        guard status == MMDB_SUCCESS else {
            // If opening fails, the library itself closes everything.
            let reason =
                status == MMDB_IO_ERROR || status == MMDB_FILE_OPEN_ERROR
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

    /// When the database was built. For diagnostics.
    public var buildDate: Date { Date(timeIntervalSince1970: TimeInterval(database.pointee.metadata.build_epoch)) }

    /// The database type according to the metadata, such as `GeoLite2-City`.
    public var databaseType: String { String(cString: database.pointee.metadata.database_type) }

    /// Whether the database contains countries but no regions and cities.
    public var hasOnlyCountries: Bool { databaseType.contains("Country") }

    /// The credit that the licence of a free database requires wherever its locations are shown; nil for other databases.
    public var attribution: Attribution? {
        let type = databaseType
        if type.hasPrefix("DBIP"), type.contains("Lite") { return Attribution(text: "IP Geolocation by DB-IP", url: "https://db-ip.com") }
        if type.hasPrefix("GeoLite2") { return Attribution(text: "GeoLite2 data by MaxMind", url: "https://www.maxmind.com") }
        return nil
    }

    /// A credit that must be shown with locations.
    public struct Attribution: Sendable, Hashable {
        /// The text of the link.
        public let text: String
        /// The target of the link.
        public let url: String

        public init(text: String, url: String) {
            self.text = text
            self.url = url
        }
    }

    /// The location of `address`; `Location.unknown` if the database has no entry for it, as for private addresses.
    ///
    /// If this is a Country database, region and city are "".
    public func lookup(_ address: IPAddress) -> Location {
        guard var entry = find(address) else { return .unknown }
        let record = entry.offset
        // Multiplicative hashing. The top 12 bits of the product select one of the 4,096 slots.
        let slot = Int(truncatingIfNeeded: (record &* 0x9E37_79B1) >> 20)
        if let cached = cache.withLock({ $0[slot] }), cached.record == record { return cached.location }

        let location = read(&entry)
        cache.withLock { $0[slot] = CachedRecord(record: record, location: location) }
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
            // An IPv4-only database returns an error status, which counts as unknown.
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

    /// The text at `path` in a record; "" if there is no text.
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

/// The path in a record to each part of a `Location`. A `StaticString` ends with a zero byte, as C requires.
private enum GeoPath {
    static let country: [StaticString] = ["country", "iso_code"]
    static let region: [StaticString] = ["subdivisions", "0", "iso_code"]
    static let city: [StaticString] = ["city", "names", "en"]
}
