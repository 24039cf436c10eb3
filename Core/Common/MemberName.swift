/// A coding key for a JSON member whose name is only known at run time.
public struct MemberName: CodingKey {
    /// The name as it appears in JSON.
    public let stringValue: String
    public var intValue: Int? { nil }

    public init(_ name: String) { stringValue = name }
    public init?(stringValue: String) { self.stringValue = stringValue }
    public init?(intValue: Int) { nil }
}
