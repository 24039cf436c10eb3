import Enrichment

/// Writes tiny databases in MaxMind's format, so tests don't have to download one.
///
/// - Source: MaxMind DB File Format Specification 2.0.
package struct DatabaseWriter {
    /// An encoded value of the data section.
    package struct Value: Sendable {
        package let bytes: [UInt8]

        package static func text(_ text: String) -> Value { Value(2, text.utf8.count, Array(text.utf8)) }

        package static func map(_ pairs: [(String, Value)]) -> Value {
            Value(7, pairs.count, pairs.flatMap { text($0.0).bytes + $0.1.bytes })
        }

        package static func array(_ values: [Value]) -> Value { Value(11, values.count, values.flatMap(\.bytes)) }
        package static func uint16(_ number: Int) -> Value { Value(5, 2, bigEndian(number, count: 2)) }
        package static func uint32(_ number: Int) -> Value { Value(6, 4, bigEndian(number, count: 4)) }
        package static func uint64(_ number: Int) -> Value { Value(9, 8, bigEndian(number, count: 8)) }

        /// - Parameter size: at most 284.
        private init(_ type: UInt8, _ size: Int, _ content: [UInt8]) {
            let short = UInt8(min(size, 29))
            let more: [UInt8] = size >= 29 ? [UInt8(size - 29)] : []
            bytes = (type <= 7 ? [type << 5 | short] : [short, type - 7]) + more + content
        }
    }

    /// The IP version of the addresses: 4 or 6.
    package var ipVersion: Int
    /// The number of bits per record of the tree: 24 or 32.
    package var recordSize: Int
    package var databaseType: String
    package var buildEpoch = 1_767_225_600
    package var networks: [(network: String, record: Value)]

    package init(
        ipVersion: Int = 6, recordSize: Int = 24, databaseType: String = "Pulse-Test-City",
        networks: [(network: String, record: Value)] = []
    ) {
        self.ipVersion = ipVersion
        self.recordSize = recordSize
        self.databaseType = databaseType
        self.networks = networks
    }

    private enum Record {
        case empty
        case node(Int)
        case data(Int)
    }

    package func file() throws -> [UInt8] {
        var nodes: [[Record]] = [[.empty, .empty]]
        var data: [UInt8] = []
        for (text, record) in networks {
            let network = try CIDR(text)
            insert(data.count, bits(of: network), into: &nodes)
            data += record.bytes
        }
        var file: [UInt8] = []
        for node in nodes {
            for record in node { file += bigEndian(value(of: record, nodeCount: nodes.count), count: recordSize / 8) }
        }
        file += [UInt8](repeating: 0, count: 16)
        file += data
        file += [0xAB, 0xCD, 0xEF] + Array("MaxMind.com".utf8)
        file += metadata(nodeCount: nodes.count).bytes
        return file
    }

    /// The bits of a network, from the root of the tree. An IPv6 tree has the IPv4 networks at `::/96`.
    private func bits(of network: CIDR) -> [Int] {
        var bytes = network.network.bytes
        var length = network.prefixLength
        if network.network.isIPv4 {
            bytes[10] = 0
            bytes[11] = 0
            if ipVersion == 4 { bytes.removeFirst(12) } else { length += 96 }
        }
        return (0..<length).map { Int(bytes[$0 / 8] >> (7 - $0 % 8)) & 1 }
    }

    private func insert(_ offset: Int, _ bits: [Int], into nodes: inout [[Record]]) {
        var node = 0
        for bit in bits.dropLast() {
            if case .node(let next) = nodes[node][bit] {
                node = next
            } else {
                nodes.append([nodes[node][bit], nodes[node][bit]])
                nodes[node][bit] = .node(nodes.count - 1)
                node = nodes.count - 1
            }
        }
        nodes[node][bits[bits.count - 1]] = .data(offset)
    }

    private func value(of record: Record, nodeCount: Int) -> Int {
        switch record {
        case .empty: nodeCount
        case .node(let number): number
        case .data(let offset): nodeCount + 16 + offset
        }
    }

    private func metadata(nodeCount: Int) -> Value {
        .map([
            ("binary_format_major_version", .uint16(2)), ("binary_format_minor_version", .uint16(0)),
            ("build_epoch", .uint64(buildEpoch)), ("database_type", .text(databaseType)),
            ("description", .map([("en", .text("A test"))])), ("ip_version", .uint16(ipVersion)),
            ("languages", .array([.text("en")])), ("node_count", .uint32(nodeCount)),
            ("record_size", .uint16(recordSize)),
        ])
    }
}

private func bigEndian(_ number: Int, count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * (count - 1 - $0))) }
}
