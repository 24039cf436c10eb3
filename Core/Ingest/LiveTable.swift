import Common
import NIOCore
@_spi(Host) import Storage

/// A module's facts that `/api/v1/stream` sends as they arrive, to callers that may read the module.
public struct LiveTable: Sendable {
    let table: FactTable
    /// The name of the server-sent event.
    let event: String
    let show: @Sendable (Row) -> any Encodable

    /// - Parameters:
    ///   - event: the name of the server-sent event, such as `log`.
    ///   - show: builds the event's data from the columns of `FactTable.allColumns`; `visitor` is the visitor's key.
    public init(_ table: FactTable, event: String, show: @escaping @Sendable (Row) -> any Encodable) {
        self.table = table
        self.event = event
        self.show = show
    }

    func serverSentEvent(_ row: EncodedRow) -> ByteBuffer? {
        guard let data = try? JSONText(encoding: show(Row(columns: table.allColumns.map(\.name), values: row.values))) else { return nil }
        return ByteBuffer(string: "event: \(event)\ndata: \(data.string)\n\n")
    }
}
