import Core
import Foundation
import Synchronization

/// Finds the source maps of a project by script and release, and loads them.
struct SourceMaps: Sendable {
    private let call: ProjectRequest

    init(_ call: ProjectRequest) { self.call = call }

    /// The source maps registered for the releases.
    func registered(for releases: [String]) async throws -> Registered {
        let records = try await SourceMapRecord.all(of: Set(exactly: releases), call)
        return Registered(byRelease: Dictionary(grouping: records) { ExactText($0.releaseVersion) }, call: call)
    }

    struct Registered: Sendable {
        /// Newest first in each release.
        let byRelease: [ExactText: [SourceMapRecord]]
        fileprivate let call: ProjectRequest

        /// Returns the source map for a script of a release. Prefers a map for the same environment, then a map for the whole URL over one
        /// for the path.
        func match(_ filename: String, release: String?, environment: String) -> SourceMapRecord? {
            guard let release, let records = byRelease[text: release], !filename.isEmpty else { return nil }
            let script = ScriptAddress(filename)
            return records.filter { script.isNamed(by: $0.minifiedURL) }.max { left, right in
                rank(left, script, environment) < rank(right, script, environment)
            }
        }

        private func rank(_ record: SourceMapRecord, _ script: ScriptAddress, _ environment: String) -> Int {
            (record.environment.isExactly(environment) ? 2 : 0) + (ScriptAddress(record.minifiedURL).whole.isExactly(script.whole) ? 1 : 0)
        }

        /// Maximum maps that one request loads. Frames of any further scripts stay unmapped.
        private static let maximumMaps = 20

        /// Loads the maps of the scripts. Returns them by the id of their record.
        func load(_ scripts: [(filename: String, release: String?, environment: String)]) async throws -> [String: SourceMap] {
            var records: [String: SourceMapRecord] = [:]
            for script in scripts where records.count < Self.maximumMaps {
                guard let record = match(script.filename, release: script.release, environment: script.environment), record.digest != nil
                else { continue }
                records[record.id] = record
            }
            var maps: [String: SourceMap] = [:], cost = 0
            // Load the maps one at a time, and stop when they take as much memory as the whole cache may.
            for (id, record) in records where cost < SourceMapCache.maximumBytes {
                maps[id] = try await load(record)
                cost += maps[id]?.cost ?? 0
            }
            return maps
        }

        private func load(_ record: SourceMapRecord) async throws -> SourceMap? {
            guard let digest = record.digest else { return nil }
            if let map = SourceMapCache.shared.map(digest) { return map }
            let rows = try await call.store.read(
                "/* error_tracking.source_map */ SELECT content FROM error_tracking_source_map_files WHERE source_map_id = \(record.id)")
            guard let content = rows.first?.text("content") else { return nil }
            let map = try SourceMap(try SourceMapUpload.File.unpacked(content))
            SourceMapCache.shared.keep(map, digest)
            return map
        }
    }
}

/// The URL of a script.
struct ScriptAddress: Sendable {
    /// The URL without query and fragment.
    let whole: String
    /// The part of `whole` from the first slash after the host.
    let path: Substring

    init(_ text: String) {
        whole = String(text.unicodeScalars.prefix { $0 != "?" && $0 != "#" })
        if let scheme = whole.firstRange(of: "://") {
            let rest = whole[scheme.upperBound...]
            path = rest.firstIndex(of: "/").map { rest[$0...] } ?? "/"
        } else {
            path = whole[...]
        }
    }

    /// Whether a source map for `minifiedURL` applies to this script. If `minifiedURL` has no host (`/assets/app.js`, `~/assets/app.js`),
    /// the map applies to the script on any host.
    func isNamed(by minifiedURL: String) -> Bool {
        let named = ScriptAddress(minifiedURL)
        if named.whole.isExactly(whole) { return true }
        guard !named.whole.contains("://") else { return false }
        let namedPath = named.whole.hasPrefix("~/") ? named.whole.dropFirst() : named.whole[...]
        return namedPath.hasPrefix("/") && ExactText(namedPath) == ExactText(path)
    }
}

/// A least-recently-used cache of parsed maps. The key is the digest of the content, so entries never become stale.
final class SourceMapCache: Sendable {
    static let maximumBytes = 64 << 20
    static let shared = SourceMapCache(maximumBytes: maximumBytes)

    private struct Kept {
        let map: SourceMap
        var used: Int
    }

    private struct State {
        var kept: [String: Kept] = [:]
        var bytes = 0
        var clock = 0
    }

    private let maximumBytes: Int
    private let state = Mutex(State())

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    func map(_ digest: String) -> SourceMap? {
        state.withLock { state in
            state.clock += 1
            state.kept[digest]?.used = state.clock
            return state.kept[digest]?.map
        }
    }

    func keep(_ map: SourceMap, _ digest: String) {
        guard map.cost <= maximumBytes else { return }
        state.withLock { state in
            guard state.kept[digest] == nil else { return }
            while state.bytes + map.cost > maximumBytes, let oldest = state.kept.min(by: { $0.value.used < $1.value.used }) {
                state.bytes -= oldest.value.map.cost
                state.kept[oldest.key] = nil
            }
            state.clock += 1
            state.kept[digest] = Kept(map: map, used: state.clock)
            state.bytes += map.cost
        }
    }
}
