import Foundation

/// Where blobs are kept: `file:<folder>`, or `s3://bucket/prefix?endpoint=https://minio.example.com:9000&region=eu-central-1`.
@_spi(Host) public enum ObjectAddress: Sendable, Equatable {
    case folder(String)
    case bucket(Bucket)

    /// A bucket of an S3-compatible service. It is at AWS if the URL names no endpoint.
    public struct Bucket: Sendable, Equatable {
        public let name: String
        /// What all keys begin with; empty, or ends with a slash.
        public let prefix: String
        public let region: String
        /// The scheme and the host, with the port if it isn't the scheme's own.
        public let origin: String, host: String
        /// Whether the bucket's name is the first part of the path, as most services but AWS expect. At AWS it is a part of the host.
        public let isInPath: Bool
    }

    /// The accepted forms, worded to follow "a URL such as".
    public static let form =
        "file:data/objects or s3://bucket/prefix?endpoint=https://minio.example.com:9000&region=us-east-1, without keys"

    /// Returns nil for a URL of another form. Its parts may only have characters that need no encoding.
    public init?(_ url: String) {
        if url.hasPrefix("file:") {
            var path = url.dropFirst("file:".count)
            if path.hasPrefix("//") { path = path.dropFirst(2) }
            guard !path.isEmpty, !path.utf8.contains(0) else { return nil }
            self = .folder(String(path))
        } else {
            guard let bucket = Bucket(url) else { return nil }
            self = .bucket(bucket)
        }
    }
}

extension ObjectAddress.Bucket {
    fileprivate init?(_ url: String) {
        guard let parts = URLComponents(string: url), parts.scheme == "s3", parts.user == nil, parts.password == nil, parts.port == nil,
            parts.fragment == nil, let name = parts.host, Self.isName(name), Self.isPrefix(parts.path)
        else { return nil }
        var endpoint: String?, region: String?
        for item in parts.queryItems ?? [] {
            guard let value = item.value, !value.isEmpty else { return nil }
            switch item.name {
            case "endpoint" where endpoint == nil: endpoint = value
            case "region" where region == nil && value.utf8.count <= 50 && value.utf8.allSatisfy(Self.isPlain): region = value
            default: return nil
            }
        }
        self.name = name
        self.region = region ?? "us-east-1"
        let path = parts.path.split(separator: "/").joined(separator: "/")
        prefix = path.isEmpty ? "" : path + "/"
        if let endpoint {
            guard let place = Self.place(endpoint) else { return nil }
            (origin, host, isInPath) = (place.origin, place.host, true)
        } else {
            // The certificate for *.s3.<region>.amazonaws.com doesn't cover a bucket with a dot.
            isInPath = name.utf8.contains(UInt8(ascii: "."))
            host = isInPath ? "s3.\(self.region).amazonaws.com" : "\(name).s3.\(self.region).amazonaws.com"
            origin = "https://\(host)"
        }
    }

    private static func place(_ endpoint: String) -> (origin: String, host: String)? {
        guard let parts = URLComponents(string: endpoint), let scheme = parts.scheme, ["https", "http"].contains(scheme),
            let name = parts.host, !name.isEmpty, parts.user == nil, parts.password == nil, ["", "/"].contains(parts.path),
            parts.query == nil, parts.fragment == nil,
            name.utf8.allSatisfy({ isPlain($0) || "[:].".utf8.contains($0) })
        else { return nil }
        let ownPort = scheme == "https" ? 443 : 80
        let host = parts.port.map { $0 == ownPort ? name : "\(name):\($0)" } ?? name
        return ("\(scheme)://\(host)", host)
    }

    /// - Source: Amazon S3, Bucket naming rules.
    private static func isName(_ name: String) -> Bool {
        (3...63).contains(name.utf8.count) && name.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: ".") } && !name.contains("..")
    }

    private static func isPrefix(_ path: String) -> Bool {
        path.utf8.count <= 500
            && path.utf8.allSatisfy { isPlain($0) || "/_.".utf8.contains($0) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
            && !path.split(separator: "/").contains { $0 == "." || $0 == ".." }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
