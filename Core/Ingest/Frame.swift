import CZlib

/// The frame of a journal record: length and checksum, followed by the record's bytes.
enum Frame {
    /// The size of the frame without the record's bytes.
    static let bytes = 8

    static func checksum(of record: [UInt8]) -> UInt32 { record.withUnsafeBytes(checksum) }

    static func append(_ record: [UInt8], _ checksum: UInt32, to buffer: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(record.count).littleEndian) { buffer.append(contentsOf: $0) }
        withUnsafeBytes(of: checksum.littleEndian) { buffer.append(contentsOf: $0) }
        buffer.append(contentsOf: record)
    }

    /// The record with its frame.
    static func framed(_ record: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        append(record, checksum(of: record), to: &bytes)
        return bytes
    }

    struct Found {
        let start: Int
        let end: Int
        let isWhole: Bool
    }

    /// The record whose frame begins at `at`; nil if no complete frame begins there. `isWhole` says whether the checksum matches.
    static func next(in bytes: UnsafeRawBufferPointer, at: Int, maximumLength: Int = .max) -> Found? {
        guard at + Self.bytes <= bytes.count else { return nil }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
        let sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self))
        let start = at + Self.bytes, end = start + length
        guard length > 0, length <= maximumLength, end <= bytes.count else { return nil }
        return Found(start: start, end: end, isWhole: checksum(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) == sum)
    }

    /// The position of the next whole record after `at`, if the record at `at` was damaged after it had been written; otherwise nil.
    ///
    /// Usually no whole records follow a record that a crash tore. A power failure during the sync of a group can leave some, but then a
    /// block that did not reach the disk is all zeros.
    static func startAfterDamage(in bytes: UnsafeRawBufferPointer, at: Int) -> Int? {
        for start in at..<max(at, bytes.count - Self.bytes) {
            if let found = next(in: bytes, at: start, maximumLength: searchedBytes), found.isWhole {
                return hasLostBlock(bytes, at..<start) ? nil : start
            }
        }
        return nil
    }

    /// The longest record that the search considers, in bytes. Most four-byte values are larger, so they are ruled out quickly.
    private static let searchedBytes = 2 << 20
    private static let blockBytes = 512
    /// A valid record never contains this many zeros in a row.
    private static let lostBytes = 64

    private static func hasLostBlock(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        let ends = stride(from: (range.lowerBound / blockBytes + 1) * blockBytes, through: range.upperBound, by: blockBytes)
        return ends.contains { end in
            let start = max(range.lowerBound, end - blockBytes)
            return end - start >= lostBytes && bytes[start..<end].allSatisfy { $0 == 0 }
        }
    }

    /// The whole records at the start of `bytes`, and how many bytes they take.
    /// - Throws: `JournalError` when one of them is damaged.
    static func split(_ bytes: [UInt8], _ path: String, _ offset: Int64) throws -> (records: [ArraySlice<UInt8>], used: Int) {
        var records: [ArraySlice<UInt8>] = [], at = 0
        try bytes.withUnsafeBytes { buffer in
            while let record = next(in: buffer, at: at) {
                guard record.isWhole else { throw JournalFiles.damaged(path, offset + Int64(at)) }
                records.append(bytes[record.start..<record.end])
                at = record.end
            }
        }
        return (records, at)
    }

    static func length(of bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { $0.count >= 4 ? Int(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))) : 0 }
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32(0, bytes.bindMemory(to: UInt8.self).baseAddress, uInt(bytes.count)))
    }
}
