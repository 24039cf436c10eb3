/// The machines on which an event store keeps facts.
@_spi(Host) public enum StoreLayout: Sendable {
    /// One of several machines.
    public struct Machine: Sendable {
        /// Its address, as `host:port`.
        public let name: String
        /// Whether the store's other machines can reach it.
        public let isThere: Bool
        /// The number of parts of tables that it has, and their size in bytes; 0 if that can't be known because a machine is away.
        public let parts: Int64, bytes: Int64
        /// Whether it is meant to have facts.
        public let hasFacts: Bool

        public init(name: String, isThere: Bool, parts: Int64, bytes: Int64, hasFacts: Bool) {
            self.name = name
            self.isThere = isThere
            self.parts = parts
            self.bytes = bytes
            self.hasFacts = hasFacts
        }
    }

    case oneMachine
    /// The store could use several machines, but doesn't. The reason is a sentence that says what to do.
    case unused(reason: String)
    case machines([Machine])
}
