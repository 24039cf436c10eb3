/// A configured value that can't be used: an invalid network, or a database that can't be opened.
@_spi(Host) public struct EnrichmentError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence that says what is wrong, what was given and what is accepted.
    public let message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }
}
