import Foundation
import Settings

/// The settings of a module as the comments of `config/pulse.yaml` show them, `key: default`, in their order.
public func documentedSettings(of module: String) throws -> [String] {
    let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    let text = try String(contentsOf: folder.appendingPathComponent("../../config/pulse.yaml").standardized, encoding: .utf8)
    let lines = text.split(separator: "\n").drop { $0 != "  #   \(module):" }.dropFirst().prefix { $0.hasPrefix("  #     ") }
    return lines.map { String($0.dropFirst(8)) }.filter { !$0.hasPrefix("#") }
}

/// The same as the module reads them.
public func settings<Result>(_ read: (Section) -> Result) -> [String] { RawSettings.describe(read).map { "\($0.key): \($0.standard)" } }
