import Foundation
import PackagePlugin

/// Makes Swift code of the files that are served to browsers, so they are part of the program: those in `Web` and `Script/served` of a module, and in `Dashboard/web` of the host.
///
/// SwiftPM's own `.embedInCode` writes arrays of numbers, which take the compiler up to a minute.
@main struct EmbedFiles: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let files = ["Web", "Script/served", "Dashboard/web"].flatMap { folder in
            let folder = target.directoryURL.appending(path: folder)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            return names.sorted().map { folder.appending(path: $0) }
        }
        guard !files.isEmpty else { return [] }
        let code = context.pluginWorkDirectoryURL.appending(path: "Embedded.swift")
        return [
            .buildCommand(
                displayName: "Embedding the files of \(target.name)", executable: try context.tool(named: "embed-files").url,
                arguments: [code.path] + files.map(\.path), inputFiles: files, outputFiles: [code])
        ]
    }
}
