import Access
import Common
import Core
import Foundation
import Ingest
import Platform
import Storage

/// A module's page, `README.md` in the module's folder. `pulse modules --pages` generates the first part from the module. The
/// second part is written by hand, and is kept.
struct ModulePage {
    private static let end = "<!-- Written by hand from here on. -->"

    let module: any AnalyticsModule

    /// Returns the whole page.
    /// - Parameter old: the previous version of the page, whose hand-written part is kept; nil if there is none.
    func text(keeping old: String?) -> String {
        let written = old.flatMap { $0.range(of: Self.end) }.map { String(old![$0.upperBound...]) } ?? "\n"
        return generated + Self.end + written
    }

    private var generated: String {
        let manifest = type(of: module).manifest
        var text = """
            # \(manifest.name)

            <!-- Generated from the module by `make docs`, down to the marker below. -->

            \(manifest.summary)

            Category \(manifest.category.rawValue).\(manifest.reads.isEmpty ? "" : " Reads facts of \(manifest.reads.joined(separator: ", ")).")


            """
        if !module.collectors.isEmpty { text += "## Events\n\n" + module.collectors.map(Self.collector).joined() }
        text += module.extensions.map { "## Adds to `\($0.type)`\n\n\($0.summary)\n\n" + Self.fields($0.fields) }.joined()
        if !module.ingestSteps.isEmpty {
            text +=
                "## Steps of collection\n\n"
                + module.ingestSteps.map { step in
                    let reasons = step.reasons.map { "`\($0.name)`: \($0.words["en"] ?? "")" }.joined(separator: "; ")
                    return "- `\(step.name)` (\(step.position))\(reasons.isEmpty ? "" : " drops events for \(reasons)")\n"
                }.joined() + "\n"
        }
        if !module.routes.isEmpty { text += "## API\n\n" + Self.routes(module.routes) + "\n" }
        if !module.dimensions.isEmpty {
            text +=
                "## Filters\n\nEvery report accepts these in `filter=`:\n\n"
                + module.dimensions.map { "- `\($0.name)`: \($0.titles["en"] ?? "")\n" }.joined() + "\n"
        }
        if !module.datasets.isEmpty {
            text += "## Datasets\n\n" + module.datasets.map { "- `\($0.name)`: \($0.summary)\n" }.joined() + "\n"
        }
        return text
    }

    private static func collector(_ collector: Collector) -> String {
        "`\"type\": \"\(collector.type)\"`: \(collector.summary)\n\n" + fields(collector.fields)
    }

    private static func fields(_ fields: [Schema.Field]) -> String {
        "| field | accepted | |\n|---|---|---|\n"
            + fields.map { field in
                "| `\(field.name)`\(field.isRequired ? "" : " (optional)") | \(cell(field.schema.expectation)) | \(cell(field.summary)) |\n"
            }.joined() + "\n"
    }

    private static func routes(_ routes: [Route]) -> String {
        "| | key | access | |\n|---|---|---|---|\n"
            + routes.map { route in
                let names = route.parameters.map { "`\($0.name)`" }.joined(separator: ", ")
                return
                    "| `\(route.method) \(route.path)` | \(scope(route.scope)) | \(route.access.rawValue) | \(cell(route.summary))\(names.isEmpty ? "" : " " + names) |\n"
            }.joined()
    }

    private static func scope(_ scope: RouteScope) -> String {
        switch scope {
        case .key(let key): key.rawValue
        case .frontend: "ingest or query"
        case .admin: "admin"
        case .installation: "admin token"
        case .publicToken: "token in the path"
        case .anonymous: "none"
        }
    }

    private static func cell(_ text: String) -> String { text.replacingOccurrences(of: "|", with: "\\|") }
}

extension ModulePage {
    /// The path of the module's page in the repository.
    static func path(of module: any AnalyticsModule) -> String {
        "Modules/\(String(describing: type(of: module)).dropLast("Module".count))/README.md"
    }

    /// The text of `docs/modules.md`: one line per module, by category.
    static func index(_ modules: [any AnalyticsModule]) -> String {
        var text = """
            # Modules

            Each project turns each module on or off and sets its access level: `read` (query), `write` (collect and change)
            or `all`. `core` can't be turned off, and its reports stay open at each level, so `write` is like `all` for it.
            `make docs` generates this list.


            """
        for category in ModuleManifest.Category.allCases {
            let members = modules.filter { type(of: $0).manifest.category == category }
            guard !members.isEmpty else { continue }
            text +=
                "## \(category.rawValue.capitalized)\n\n"
                + members.map { "- [\($0.name)](../\(path(of: $0))): \(type(of: $0).manifest.summary)\n" }.joined() + "\n"
        }
        return String(text.dropLast())
    }
}
