/// The location of an address; "" for each part that the database does not know.
@_spi(Host) public struct Location: Sendable, Hashable {
    /// ISO 3166-1: `US`.
    public var country: String
    /// ISO 3166-2: `US-CA`.
    public var region: String
    /// The English name: `San Francisco`.
    public var city: String

    public init(country: String = "", region: String = "", city: String = "") {
        self.country = country
        self.region = region
        self.city = city
    }

    /// Nothing is known.
    public static let unknown = Location()
}
