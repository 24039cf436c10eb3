import Core

/// The filters of a request that apply only to errors, in addition to project, range, filter and segment.
struct ErrorFilter: Sendable {
    var fingerprint: Fingerprint?
    var message: String?
    var release: String?
    var environment: String?

    static let parameters = [
        Parameter("release", .text(maximum: 200), "Only errors from this release."),
        Parameter("environment", .text(maximum: 100), "Only errors from this environment."),
    ]
    static let fingerprintParameter = Parameter(
        "fingerprint", .text(maximum: 64), "Only errors with this fingerprint, 32 hexadecimal digits.")

    init(_ call: ProjectRequest) throws {
        fingerprint = try call.text("fingerprint").map { text in
            guard let fingerprint = Fingerprint(text) else {
                throw ServiceError.parameter("fingerprint", "must be 32 hexadecimal digits; got '\(text.excerpt(60))'.")
            }
            return fingerprint
        }
        message = call.text("message").map(ErrorCollector.kept)
        release = call.text("release")
        environment = call.text("environment")
    }

    var conditions: [SQL] {
        var conditions: [SQL] = []
        if let fingerprint { conditions.append("fingerprint = \(fingerprint.high) AND fingerprint_low = \(fingerprint.low)") }
        if let message { conditions.append("message = \(message)") }
        if let release { conditions.append("release = \(release)") }
        if let environment { conditions.append("environment = \(environment)") }
        return conditions
    }
}

extension SQL {
    /// Returns a list of literals such as `(1, 2, 3)`. The numbers are not bound, because there may be more than a
    /// statement can bind.
    static func list(_ numbers: [Int64]) -> SQL {
        numbers.isEmpty ? "(NULL)" : SQL(sql: "(" + numbers.map(String.init).joined(separator: ", ") + ")")
    }
}
