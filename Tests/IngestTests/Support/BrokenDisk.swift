import Foundation
import Testing

/// Makes writes to a file this process has open fail until `mend` is called, as on a full or dying disk.
///
/// Replaces the file's descriptor with a device's, which needs no privileges and affects no other process.
struct BrokenDisk {
    enum Failure: String, CaseIterable {
        /// Writes fail.
        case full = "/dev/full"
        /// Writes seem to succeed, but the sync fails.
        case unsynced = "/dev/null"

        var sentence: String {
            switch self {
            case .full: "can't write to the journal: No space left on device"
            case .unsynced: "can't sync the journal: Invalid argument"
            }
        }
    }

    private let descriptor: Int32
    private let original: Int32

    init(_ path: String, _ failure: Failure = .full) throws {
        let found = try Self.descriptor(of: path)
        descriptor = try #require(found, "\(path) is not open")
        original = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        let device = open(failure.rawValue, O_RDWR | O_CLOEXEC)
        #expect(device >= 0 && dup2(device, descriptor) == descriptor)
        close(device)
    }

    func mend() {
        #expect(dup2(original, descriptor) == descriptor)
        close(original)
    }

    /// The newest segment of the journal in `folder`.
    static func newestSegment(in folder: String) throws -> String {
        folder + "/" + (try #require(try segments(in: folder).last))
    }

    private static func descriptor(of path: String) throws -> Int32? {
        let path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        return try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").first { number in
            // Other tests open and close files at the same time.
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + number)) == path
        }.flatMap { Int32($0) }
    }
}

/// Names of the journal's segments, the oldest first.
func segments(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".journal") }.sorted()
}
