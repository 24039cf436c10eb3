import CZlib

/// Compresses to gzip and decompresses gzip and zlib data, using zlib.
public enum Compression {
    /// Decompresses gzip or zlib data.
    /// - Throws: `tooLarge` if the result exceeds `maximum` bytes, 400 for damaged or truncated data.
    public static func inflate(_ bytes: [UInt8], maximum: Int, tooLarge: ServiceError) throws -> [UInt8] {
        var stream = z_stream()
        // Adding 32 to the window bits makes zlib detect the format, gzip or zlib, from the header.
        guard inflateInit2_(&stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw ServiceError.unavailable("out_of_memory", "Not enough memory to read the request body.")
        }
        defer { inflateEnd(&stream) }
        var input = bytes
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1_024)
        let outcome: Int32 = try input.withUnsafeMutableBufferPointer { bytes in
            stream.next_in = bytes.baseAddress
            stream.avail_in = uInt(bytes.count)
            while true {
                let (code, produced) = piece.withUnsafeMutableBufferPointer { room -> (Int32, Int) in
                    stream.next_out = room.baseAddress
                    stream.avail_out = uInt(room.count)
                    let code = CZlib.inflate(&stream, Z_NO_FLUSH)
                    return (code, room.count - Int(stream.avail_out))
                }
                output.append(contentsOf: piece[0..<produced])
                if output.count > maximum { throw tooLarge }
                if code != Z_OK { return code }
                if stream.avail_in == 0, produced < piece.count { return Z_BUF_ERROR }
            }
        }
        guard outcome == Z_STREAM_END else { throw ServiceError.body("the compressed data is damaged or truncated.") }
        return output
    }

    /// Returns `bytes` in gzip format at zlib's highest compression level; empty if zlib can't allocate memory.
    public static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        guard
            deflateInit2_(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return [] }
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, uLong(bytes.count))))
        let room = output.count
        let written = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = uInt(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = uInt(room)
                _ = deflate(&stream, Z_FINISH)
                return room - Int(stream.avail_out)
            }
        }
        return Array(output[0..<written])
    }
}
