/// The location of an IP address. Each part that the database does not know is "".
@_spi(Host) public struct Location: Sendable, Hashable {
    /// Country code, ISO 3166-1: `US`.
    public var country: String
    /// Region code, ISO 3166-2: `US-CA`.
    public var region: String
    /// English name of the city: `San Francisco`.
    public var city: String

    public init(country: String = "", region: String = "", city: String = "") {
        self.country = country
        self.region = region
        self.city = city
    }

    /// A location without any known part.
    public static let unknown = Location()
}
