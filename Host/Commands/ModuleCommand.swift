import ArgumentParser
import Foundation
@_spi(Host) import Platform

/// `pulse module`: commands for module authors, to be run in a clone of the repository.
struct ModuleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "module", abstract: "Create a new module in a clone of the repository.", subcommands: [New.self])

    /// `pulse module new NAME`: copies the example module, the guest book, under the new name.
    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new", abstract: "Create a small working module with a test, as a starting point.",
            discussion: "It collects one type of event and has one report, one page and one test. Adapt each of them to your module."
        )

        @Argument(help: "The module's name: lower-case letters, digits and underscores, such as loyalty_points.")
        var name: String
        @Option(name: .long, help: "The root folder of the repository.")
        var root = "."

        func validate() throws {
            guard name.wholeMatch(of: #/[a-z][a-z0-9]*(_[a-z0-9]+)*/#) != nil, name.utf8.count <= 40 else {
                throw ValidationError(
                    "The name must be lower-case letters, digits and underscores, beginning with a letter, such as loyalty_points; got '\(name)'."
                )
            }
        }

        func run() async throws {
            guard !ModuleList.current.names.contains(name), !ModuleRegistry.reserved.contains(name) else {
                throw CommandError("The name '\(name)' is taken. Choose another one.")
            }
            let template = ModuleTemplate(name: name, root: root)
            let files = try template.write()
            print(
                """
                Created \(template.type), \(files.count) files:
                \(files.map { "  " + $0 }.joined(separator: "\n"))

                Add two lines to Host/AllModules/AllModules.swift, in alphabetical order:
                  import \(template.type)
                  \(template.type).self,

                Test it: make test ARGS="--filter \(template.type)Tests"
                When its routes are final, `make docs` generates its README.md and its line in docs/modules.md; a test compares them.
                """)
        }
    }
}

/// A new module, made from the example module in `Tests/Guestbook`.
struct ModuleTemplate {
    /// The module's name, such as `loyalty_points`.
    let name: String
    /// The repository's root folder.
    let root: String

    private static let sources = "Tests/Guestbook", tests = "Tests/GuestbookModuleTests"

    /// The name of the module's folder, such as `LoyaltyPoints`.
    var folder: String { name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() }
    /// The name of the module's type, such as `LoyaltyPointsModule`.
    var type: String { folder + "Module" }
    /// The module's title, such as `Loyalty points`.
    private var title: String { String(name.prefix(1).uppercased() + name.dropFirst().map { $0 == "_" ? " " : $0 }) }

    /// Writes the module's folder and the folder of its tests.
    /// - Returns: the paths of the new files, relative to the root of the repository.
    /// - Throws: `CommandError` if `root` is not the repository, or if one of the folders exists.
    func write() throws -> [String] {
        let files = FileManager.default
        try Self.requireRepository(root, option: "--root FOLDER")
        let targets = [(Self.sources, "Modules/\(folder)"), (Self.tests, "Tests/\(type)Tests")]
        for (_, target) in targets where files.fileExists(atPath: "\(root)/\(target)") {
            throw CommandError("\(target) already exists. Choose another name, or delete that folder.")
        }
        return try targets.flatMap { source, target in
            let names = (files.enumerator(atPath: "\(root)/\(source)")?.compactMap { $0 as? String } ?? []).sorted()
            return try names.filter { $0.contains(".") }.map { file in
                let path = "\(target)/\(renamed(file))", text = try String(contentsOfFile: "\(root)/\(source)/\(file)", encoding: .utf8)
                try files.createDirectory(
                    atPath: (("\(root)/\(path)") as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                try Data(renamed(text).utf8).write(to: URL(fileURLWithPath: "\(root)/\(path)"))
                return path
            }
        }
    }

    /// - Parameter option: the command-line option for naming another folder, which the error message mentions.
    /// - Throws: `CommandError` if `root` is not a clone of the repository.
    static func requireRepository(_ root: String, option: String) throws {
        guard FileManager.default.fileExists(atPath: "\(root)/\(sources)"), FileManager.default.fileExists(atPath: root + "/Modules") else {
            throw CommandError(
                "'\(root)' is not a clone of Pulse's repository. Run this command in the clone's folder, or name that folder with \(option)."
            )
        }
    }

    /// Returns `text` with the guest book's names replaced by those of the new module.
    func renamed(_ text: String) -> String {
        let names = [
            ("Guestbook", folder), ("guestbook", name), ("Guest book", title), ("the guest book", "“\(title)”"),
            ("a guest book", "“\(title)”"),
            ("im Gästebuch", "in „\(title)“"), ("Gästebuch", title),
        ]
        return names.reduce(text) { $0.replacing($1.0, with: $1.1) }
    }
}
