import CDuckDB
import Foundation
import Synchronization

/// DuckDB's library. It is opened at run time because Debian doesn't package it.
///
/// A process opens the library once. Every later `load` returns the same library, whatever path is passed.
public struct DuckDBLibrary: Sendable, Equatable {
    /// The file that the library was loaded from.
    public let path: String
    /// The library's version, such as `v1.5.6`.
    public let version: String

    private static let loaded = Mutex<DuckDBLibrary?>(nil)

    /// Opens the first library found:
    /// 1. `explicit`, from the configuration; if set, nothing else is tried.
    /// 2. `DUCKDB_LIBRARY` from the environment; if set, nothing else is tried.
    /// 3. `libduckdb.so` next to the executable.
    /// 4. `.tools/duckdb/libduckdb.so`, which `make run` fetches, for an executable in `.build` of the same repository.
    /// 5. The dynamic linker's search path (`LD_LIBRARY_PATH`, ldconfig), then `/usr/local/lib` and `/usr/lib`.
    ///
    /// Rejects a library that other users can replace.
    /// - Throws: `DuckDBLibraryError`, which says how to get the library.
    public static func load(explicit: String? = nil) throws -> DuckDBLibrary {
        try loaded.withLock { loaded in
            if let loaded { return loaded }
            let library = try find(explicit)
            loaded = library
            return library
        }
    }

    private static func find(_ explicit: String?) throws -> DuckDBLibrary {
        let environment = ProcessInfo.processInfo.environment["DUCKDB_LIBRARY"]
        if let chosen = [explicit, environment].compactMap({ $0 }).first(where: { !$0.isEmpty }) {
            if let problem = open(chosen) { throw DuckDBLibraryError(problems: [problem]) }
            return opened
        }
        var problems: [String] = []
        for place in places where !place.contains("/") || FileManager.default.fileExists(atPath: place) {
            guard let problem = open(place) else { return opened }
            // For a bare file name, the dynamic linker's "not found" adds nothing to the error below.
            if place.contains("/") { problems.append(problem) }
        }
        throw DuckDBLibraryError(problems: problems)
    }

    private static let name = "libduckdb.so"

    /// The places to look for the library, most trusted first. Never includes the current folder.
    static var places: [String] {
        #if arch(arm64)
        let machine = "aarch64-linux-gnu"
        #else
        let machine = "x86_64-linux-gnu"
        #endif
        let system = ["/usr/local/lib", "/usr/lib/\(machine)", "/usr/lib"].map { "\($0)/\(name)" }
        let executable = URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
        let running = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? executable.path
        return ["\(URL(fileURLWithPath: running).deletingLastPathComponent().path)/\(name)"] + fetched(for: running) + [name] + system
    }

    /// The path where `make run` puts the library, if the executable is in the `.build` folder of the same repository. Otherwise empty.
    static func fetched(for executable: String) -> [String] {
        guard let build = executable.range(of: "/.build/") else { return [] }
        return ["\(executable[..<build.lowerBound])/.tools/duckdb/\(name)"]
    }

    /// Returns why the library can't be trusted; nil if it can. Anyone who can replace the file can run code as this user. The file and
    /// its folder must therefore belong to root, this user or the executable's owner, and must not be writable by everyone.
    static func distrust(_ path: String) -> String? {
        guard path.contains("/") else { return nil }  // the dynamic linker finds it in a system folder
        var executable = stat()
        // The executable's owner is trusted too: that user could just as well replace the executable.
        let trusted = [0, geteuid()] + (stat("/proc/self/exe", &executable) == 0 ? [executable.st_uid] : [])
        for place in [path, URL(fileURLWithPath: path).deletingLastPathComponent().path] {
            var status = stat()
            guard stat(place, &status) == 0 else { continue }
            // In a sticky folder, users can replace only their own files.
            if status.st_mode & 0o002 != 0, status.st_mode & S_ISVTX == 0 {
                return "any user of this machine can write to \(place): chmod o-w \(place)"
            }
            if !trusted.contains(status.st_uid) {
                return
                    "\(place) belongs to another user (uid \(status.st_uid)), who could replace it: chown it to root or to the user that runs Pulse"
            }
        }
        return nil
    }

    /// Opens the library. Returns nil on success, otherwise the reason it can't be opened.
    private static func open(_ path: String) -> String? {
        if let problem = distrust(path) { return problem }
        guard let problem = pulse_duckdb_load(path) else { return nil }
        defer { free(problem) }
        return String(cString: problem)
    }

    private static var opened: DuckDBLibrary {
        DuckDBLibrary(
            path: pulse_duckdb_file().map { String(cString: $0) } ?? "",
            version: duckdb_library_version().map { String(cString: $0) } ?? "unknown"
        )
    }
}

/// DuckDB's library is missing or can't be used.
public struct DuckDBLibraryError: Error, Sendable, CustomStringConvertible {
    /// The reason why each library that was found can't be used. Empty when none was found.
    public let problems: [String]

    public var description: String {
        let found = problems.isEmpty ? "DuckDB's library (libduckdb.so) was not found." : problems.joined(separator: "; ") + "."
        return found + " `make run` fetches it to .tools/duckdb; or set DUCKDB_LIBRARY to the path of libduckdb.so 1.5 or newer."
    }
}
