/// Something in the configuration that this target can't use: a network that is none, a database that does not open.
public struct EnrichmentError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence: what is wrong, what came, what is accepted.
    public let message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }
}
