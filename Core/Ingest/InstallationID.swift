import Common
@_spi(Host) import Storage

/// The id of the installation, which all of its hosts share: hosts that share a Redis find the others of their own installation by it.
@_spi(Host) public enum InstallationID {
    static let table = Table(
        "ingest_installation", [Column("one", .int16), Column("id", .text)], primaryKey: ["one"])

    public static let migrations = [Migration("006-installation", on: .control, [.createTable(table)])]

    /// Reads the id. The first host to ask makes it.
    public static func read(from control: any ControlStore) async throws -> String {
        let new = Identifiers.uuid()
        return try await control.write { transaction in
            try await transaction.run(
                "/* ingest.make_installation */ INSERT INTO ingest_installation (one, id) VALUES (1, \(new)) ON CONFLICT (one) DO NOTHING")
            return try await transaction.run("/* ingest.installation */ SELECT id FROM ingest_installation")[0].text("id")
        }
    }
}
