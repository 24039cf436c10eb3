import Common

/// Which API surfaces the host serves besides Pulse's own: a switch for each, all off by default.
@_spi(Host) public struct SurfacesSettings: Sendable, Equatable {
    /// Whether a surface is served.
    public enum Switch: String, Sendable, CaseIterable { case on, off }

    /// The names of the surfaces that are on.
    public var enabled: [String]

    static let variable = "PULSE_SURFACES"

    init(_ section: Section, known: [String]) {
        let switches = known.map { (name: $0, state: section.value($0, .choice, default: Switch.off)) }
        enabled = switches.filter { $0.state == .on }.map(\.name)
        guard let text = section.log.environment[Self.variable], !text.isEmpty else { return }
        // The variable names all surfaces that are on, so those that it leaves out are off, whatever the file says.
        let names = text.split { $0 == "," || $0.isWhitespace }.map(String.init)
        for name in names where !known.contains(name) {
            section.log.refuse(
                .variable(Self.variable), section.path,
                "unknown surface '\(name.excerpt(60))'\(Spelling.suggestion(for: name, among: known))")
        }
        enabled = known.filter(names.contains)
    }
}
