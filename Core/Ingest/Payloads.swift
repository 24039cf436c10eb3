@_spi(Host) import Access
import Common
import NIOCore

/// The events of a request or of a call, before they are checked.
struct Payloads {
    /// More bytes than this are a batch. Browsers send smaller bodies.
    static let liveBytes = 16 << 10

    let events: [JSON]
    let isSingle: Bool
    /// The size of the events as JSON.
    let bytes: Int
    /// Whether this is a batch, which waits if the writer is busy.
    var isLarge: Bool { bytes > Self.liveBytes }
    /// Nil if the event did not come in a body.
    private let document: JSON.Mended?

    /// The repairs that were needed to parse the event.
    func mended(_ index: Int) -> Adjustments {
        guard let document else { return [] }
        return isSingle ? document.adjustments : document.adjustments(ofElement: index, inMember: document.json.kind == .object)
    }

    init(_ event: JSON) {
        (events, isSingle, document, bytes) = ([event], true, nil, 0)
    }

    /// Events that code hands in, written as a page would send them, so they are read and checked in the same way.
    init(_ events: [IncomingEvent], maximum: Int) throws {
        try Self.checkCount(events.count, maximum)
        var text = JSONText()
        text.append(raw: "[")
        for (index, event) in events.enumerated() {
            if index > 0 { text.append(raw: ",") }
            event.write(to: &text)
        }
        text.append(raw: "]")
        let document = try text.bytes.withUnsafeBytes { try JSON.parseRepairing($0) }
        self.document = document
        self.events = document.json.elements
        (isSingle, bytes) = (false, text.bytes.count)
    }

    init(_ body: ByteBuffer, maximum: Int) throws {
        bytes = body.readableBytes
        let document = try body.withUnsafeReadableBytes { try JSON.parseRepairing($0) }
        self.document = document
        let json = document.json
        switch json.kind {
        case .array:
            events = json.elements
            isSingle = false
        case .object:
            if let list = json["events"], json["type"] == nil {
                guard list.kind == .array else { throw ServiceError.body(field: "events", "must be an array; got \(list.described).") }
                events = list.elements
                isSingle = false
            } else {
                events = [json]
                isSingle = true
            }
        default: throw ServiceError.body("expected an object or an array of objects; got \(json.described).")
        }
        guard !events.isEmpty else {
            let constraint = "contains no events; 1 to \(maximum) are accepted."
            throw json.kind == .array ? ServiceError.body("the array " + constraint) : .body(field: "events", constraint)
        }
        try Self.checkCount(events.count, maximum)
    }

    private static func checkCount(_ count: Int, _ maximum: Int) throws {
        guard count <= maximum else {
            throw ServiceError.invalid(
                DropReason.tooManyEvents.name,
                "Invalid request body: \(count) events in one request; at most \(maximum) are accepted.")
        }
    }
}
