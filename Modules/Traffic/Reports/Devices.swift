import Core

/// Visitors by browser, operating system and device type. A visitor with two browsers counts under both.
struct Devices: Sendable {
    struct Share: Sendable {
        let name: String, visitors: Int64, percentage: Double

        static let shape = Shape<Share>([
            .required("name", \.name, .text(100)), .required("visitors", \.visitors, .count),
            .required("percentage", \.percentage, .percentage),
        ]).named("DeviceShare")
    }

    let browsers: [Share]
    let operatingSystems: [Share]
    let deviceTypes: [Share]

    static let shape = Shape<Devices>([
        .required("browsers", \.browsers, .list(Share.shape)), .required("operating_systems", \.operatingSystems, .list(Share.shape)),
        .required("device_types", \.deviceTypes, .list(Share.shape)),
    ])

    /// The estimated number of combinations of browser, system and device type. Names come from the lists of `UserAgentParser`, and only a
    /// few of their combinations occur.
    private static let likelyCombinations: Int64 = 256

    static func run(_ scope: Scope) async throws -> Devices {
        let rows = try await scope.rows(
            "core.devices", with: try await Breakdowns.firstRows(scope),
            [.visitors("shares", byEachOf: ["browser", "os", "device"], from: "first_rows", groups: likelyCombinations)],
            "SELECT * FROM shares")
        let total = rows.first { $0.int("no_browser") + $0.int("no_os") + $0.int("no_device") == 3 }?.int("visitors") ?? 0
        func shares(_ column: String) -> [Share] {
            rows.filter { $0.int("no_\(column)") == 0 }.map { row in
                let name = row.text(column)
                return Share(
                    name: name.isEmpty ? "Unknown" : name, visitors: row.int("visitors"),
                    percentage: Rounded.percentage(row.int("visitors"), of: total))
            }
            .sorted { ($1.visitors, ExactText($0.name)) < ($0.visitors, ExactText($1.name)) }
            .dropFirst(scope.offset).prefix(scope.limit).map { $0 }
        }
        return Devices(browsers: shares("browser"), operatingSystems: shares("os"), deviceTypes: shares("device"))
    }
}
