import Common
import NIOCore
@_spi(Host) import Storage

/// A module's facts that `/api/v1/stream` sends as they arrive, to callers that may read the module.
public struct LiveTable: Sendable {
    let table: FactTable
    /// The name of the server-sent event.
    let event: String
    let show: @Sendable (Row) throws -> JSONText

    /// - Parameters:
    ///   - event: the name of the server-sent event, such as `log`.
    ///   - shape: the event's data as JSON.
    ///   - show: builds the event's data from the columns of `FactTable.allColumns`; `visitor` is the visitor's key.
    public init<Message>(_ table: FactTable, event: String, _ shape: Shape<Message>, show: @escaping @Sendable (Row) -> Message) {
        self.table = table
        self.event = event
        self.show = { try shape.text(show($0)) }
    }

    func serverSentEvent(_ row: EncodedRow) -> ByteBuffer? {
        guard let data = try? show(Row(columns: table.allColumns.map(\.name), values: row.values)) else { return nil }
        return ByteBuffer(string: "event: \(event)\ndata: \(data.string)\n\n")
    }
}
