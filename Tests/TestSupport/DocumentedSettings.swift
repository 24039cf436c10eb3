import Foundation
import Settings

/// Returns a module's settings as the comments in `config/pulse.yaml` document them: `key: default`, in order.
package func documentedSettings(of module: String) throws -> [String] {
    let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    let text = try String(contentsOf: folder.appendingPathComponent("../../config/pulse.yaml").standardized, encoding: .utf8)
    let lines = text.split(separator: "\n").drop { $0 != "  #   \(module):" }.dropFirst().prefix { $0.hasPrefix("  #     ") }
    return lines.map { String($0.dropFirst(8)) }.filter { !$0.hasPrefix("#") }
}

/// Returns a module's settings as its code reads them: `key: default`, in order.
package func settings<Result>(_ read: (Section) -> Result) -> [String] { RawSettings.describe(read).map { "\($0.key): \($0.standard)" } }
