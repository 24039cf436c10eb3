import CZlib

/// A record's frame: length and checksum before the bytes.
enum Frame {
    /// What it takes besides the record's bytes.
    static let bytes = 8

    static func checksum(of record: [UInt8]) -> UInt32 { record.withUnsafeBytes(checksum) }

    static func append(_ record: [UInt8], _ checksum: UInt32, to buffer: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(record.count).littleEndian) { buffer.append(contentsOf: $0) }
        withUnsafeBytes(of: checksum.littleEndian) { buffer.append(contentsOf: $0) }
        buffer.append(contentsOf: record)
    }

    struct Found {
        let start: Int
        let end: Int
        let isWhole: Bool
    }

    /// The record whose frame begins at `at`; nil where no frame fits.
    static func next(in bytes: UnsafeRawBufferPointer, at: Int, maximumLength: Int = .max) -> Found? {
        guard at + Self.bytes <= bytes.count else { return nil }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
        let sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self))
        let start = at + Self.bytes, end = start + length
        guard length > 0, length <= maximumLength, end <= bytes.count else { return nil }
        return Found(start: start, end: end, isWhole: checksum(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) == sum)
    }

    /// Where records go on behind the one at `at`, which was damaged after it had been written; nil where it was not: then no whole
    /// records lie behind it. A power failure can leave some, in a group whose sync had not ended; but where a block of it did not
    /// reach the disk the file has zeros.
    static func startBehindDamage(in bytes: UnsafeRawBufferPointer, at: Int) -> Int? {
        for start in at..<max(at, bytes.count - Self.bytes) {
            if let found = next(in: bytes, at: start, maximumLength: searchedBytes), found.isWhole {
                return hasLostBlock(bytes, at..<start) ? nil : start
            }
        }
        return nil
    }

    /// Longer records are not looked for: most of what four bytes may say is no length.
    private static let searchedBytes = 2 << 20
    private static let blockBytes = 512
    /// So many zeros are in no record.
    private static let lostBytes = 64

    private static func hasLostBlock(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        let ends = stride(from: (range.lowerBound / blockBytes + 1) * blockBytes, through: range.upperBound, by: blockBytes)
        return ends.contains { end in
            let start = max(range.lowerBound, end - blockBytes)
            return end - start >= lostBytes && bytes[start..<end].allSatisfy { $0 == 0 }
        }
    }

    /// The whole records at the beginning of `bytes`, and how many bytes they take.
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
