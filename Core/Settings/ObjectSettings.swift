@_spi(Host) import Common

/// Where blobs are kept: stored source maps, and other content of any size.
@_spi(Host) public struct ObjectSettings: Sendable, Equatable {
    /// A folder or a bucket, in a form of `ObjectAddress`; nil for the folder `objects` in the data folder.
    public var url: String?
    /// The keys to the bucket.
    public var accessKeyID: Secret?
    public var secretAccessKey: Secret?

    /// Where `url` points; nil for the folder in the data folder.
    public var address: ObjectAddress? { url.flatMap { ObjectAddress($0) } }

    /// Whether blobs are in a bucket.
    public var isBucket: Bool { if case .bucket = address { true } else { false } }

    init(_ section: Section) {
        url = section.optional("url", .objectAddress, variable: "OBJECTS_URL")
        accessKeyID = section.optional("access_key_id", .secret(minimum: 1), variable: "AWS_ACCESS_KEY_ID")
        secretAccessKey = section.optional("secret_access_key", .secret(minimum: 1), variable: "AWS_SECRET_ACCESS_KEY")
        if isBucket, accessKeyID == nil || secretAccessKey == nil {
            section.refuse(
                "url",
                "is a bucket, which needs objects.access_key_id and objects.secret_access_key (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)")
        }
    }
}

extension SettingType where Value == String {
    /// The URL of a folder or a bucket.
    static var objectAddress: Self {
        hidden("a URL such as \(ObjectAddress.form)") { ObjectAddress($0) == nil ? nil : $0 }
    }
}
