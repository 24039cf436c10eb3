@testable import DuckDBEngine
import Foundation
import Testing

@Suite("DuckDB library")
struct DuckDBLibraryTests {
    @Test("is looked up next to the executable and in the repository it was built in, never in the working directory")
    func places() {
        let here = FileManager.default.currentDirectoryPath,
            running = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        #expect(DuckDBLibrary.places.first == URL(fileURLWithPath: running).deletingLastPathComponent().path + "/libduckdb.so")
        let fetched = DuckDBLibrary.fetched(for: running)
        #expect(!DuckDBLibrary.places.filter { !fetched.contains($0) }.contains(here + "/.tools/duckdb/libduckdb.so"))
        #expect(
            DuckDBLibrary.fetched(for: "/srv/pulse/.build/x86_64-unknown-linux-gnu/release/pulse") == [
                "/srv/pulse/.tools/duckdb/libduckdb.so"
            ])
        #expect(DuckDBLibrary.fetched(for: "/usr/local/bin/pulse") == [])
    }

    @Test("is rejected if other users can replace it")
    func trust() throws {
        let files = FileManager.default, folder = NSTemporaryDirectory() + "pulse-library-" + UUID().uuidString,
            library = folder + "/libduckdb.so"
        defer { try? files.removeItem(atPath: folder) }
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        #expect(files.createFile(atPath: library, contents: Data(), attributes: [.posixPermissions: 0o644]))
        #expect(DuckDBLibrary.distrust(library) == nil)
        try files.setAttributes([.posixPermissions: 0o666], ofItemAtPath: library)
        #expect(DuckDBLibrary.distrust(library) == "any user of this machine can write to \(library): chmod o-w \(library)")
        try files.setAttributes([.posixPermissions: 0o644], ofItemAtPath: library)
        try files.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
        #expect(DuckDBLibrary.distrust(library)?.hasPrefix("any user of this machine can write to \(folder):") == true)
        #expect(chmod(folder, 0o1777) == 0 && DuckDBLibrary.distrust(library) == nil)
        guard geteuid() == 0 else { return }
        try files.setAttributes([.posixPermissions: 0o755, .ownerAccountID: 65_534], ofItemAtPath: folder)
        #expect(DuckDBLibrary.distrust(library)?.contains("belongs to another user (uid 65534)") == true)
    }
}
