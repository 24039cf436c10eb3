import Core

/// Samples grouped by the tenth of the page in which they ended.
struct ScrollDistribution: Sendable {
    struct Tenth: Sendable {
        /// The bounds of the tenth, as percentages of the page height. `from` is inclusive; `to` is exclusive except in the last tenth.
        let from, to: Int64
        /// The number of samples that ended in this tenth.
        let samples: Int64
        /// `samples` as a percentage of all samples.
        let percentage: Double
        /// The samples that reached `from` or deeper, as a percentage of all samples.
        let reached: Double

        static let shape = Shape<Tenth>([
            .required("from", \.from, .integer(0...90)), .required("to", \.to, .integer(10...100)),
            .required("samples", \.samples, .count), .required("percentage", \.percentage, .percentage),
            .required("reached", \.reached, .percentage),
        ])
    }

    /// All ten tenths in order, including those in which no sample ended.
    let data: [Tenth]
    let samples: Int64

    static let shape = Shape<ScrollDistribution>([
        .required("data", \.data, .list(Tenth.shape, count: 10...10)), .required("samples", \.samples, .count),
    ])

    /// - Parameter path: nil for all pages.
    static func run(_ scope: Scope, path: String?) async throws -> ScrollDistribution {
        let chosen: SQL = path.map { "path = \($0)" } ?? "TRUE"
        let rows = try await scope.rows(
            "scroll.distribution", with: ScrollModule.samples,
            [
                .tally(
                    "ended", by: [.init("tenth", "least(\(scope.dialect.quotient("depth", "10")), 9)")], [.count("samples")],
                    from: "samples WHERE \(chosen)")
            ],
            "SELECT tenth, ended.samples FROM ended")
        var counts = [Int64](repeating: 0, count: 10)
        for row in rows { counts[Int(row.int("tenth"))] = row.int("samples") }
        let total = counts.reduce(0, +)
        return ScrollDistribution(
            data: counts.indices.map { tenth in
                Tenth(
                    from: Int64(tenth) * 10, to: Int64(tenth) * 10 + 10, samples: counts[tenth],
                    percentage: Rounded.percentage(counts[tenth], of: total),
                    reached: Rounded.percentage(counts[tenth...].reduce(0, +), of: total))
            },
            samples: total)
    }
}
