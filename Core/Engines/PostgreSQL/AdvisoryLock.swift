/// Keys of the advisory locks that coordinate hosts. Each key consists of the bytes of `pulse` and a number.
enum AdvisoryLock {
    private static let base: Int64 = 0x70_75_6C_73_65_00_00_00

    static let schema = base + 1
    static let partitions = base + 2
    static let citus = base + 3
    /// The seed for hashing a journal's id into its own key.
    static let journal = base + 4
}
