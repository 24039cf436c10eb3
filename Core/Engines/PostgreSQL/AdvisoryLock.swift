/// Keys of the locks by which hosts take turns: `pulse` and a number.
enum AdvisoryLock {
    private static let base: Int64 = 0x70_75_6C_73_65_00_00_00

    static let schema = base + 1
    static let partitions = base + 2
    static let citus = base + 3
    /// With the journal's id.
    static let journal = base + 4
}
