/// The version of this build.
public enum Version {
    /// The version as `major.minor.patch`.
    public static let current = "0.1.0"
}
