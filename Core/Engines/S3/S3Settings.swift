@_spi(Host) import Common

/// A bucket, and the keys to it.
@_spi(Host) public struct S3Settings: Sendable {
    let bucket: ObjectAddress.Bucket
    let accessKeyID, secretAccessKey: String

    public init(_ bucket: ObjectAddress.Bucket, accessKeyID: String, secretAccessKey: String) {
        self.bucket = bucket
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
    }
}
