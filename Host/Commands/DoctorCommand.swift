import ArgumentParser
@_spi(Host) import Common

/// `pulse doctor`: checks the configuration, whether servers are reachable, whether folders are writable, and what is out of date.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check everything that Pulse needs, and say how to fix what is missing or wrong.")

    @OptionGroup var options: ConfigurationOptions
    @Flag(name: .long, help: "Print JSON.")
    var json = false

    func run() async throws {
        let findings = await Self.examine(options)
        if json {
            try StandardOutput.json(findings)
        } else {
            print(Self.text(findings))
        }
        if findings.contains(where: { $0.verdict == .fail }) { throw ExitCode.failure }
    }

    private static func examine(_ options: ConfigurationOptions) async -> [Doctor.Finding] {
        do {
            let configuration = try options.load()
            return await Doctor(configuration: configuration, file: options.file, now: SystemTime().now).examine()
        } catch {
            return [.fail("configuration", "\(error)")]
        }
    }

    static func text(_ findings: [Doctor.Finding]) -> String {
        let width = findings.map(\.subject.count).max() ?? 0
        let lines = findings.map { finding in
            let verdict = finding.verdict.rawValue.padded(5), subject = finding.subject.padded(width + 2)
            // Further lines are indented below the first.
            let text = finding.text.split(separator: "\n").joined(separator: "\n" + String(repeating: " ", count: width + 7))
            return verdict + subject + text
        }
        func count(_ verdict: Doctor.Finding.Verdict) -> Int { findings.filter { $0.verdict == verdict }.count }
        let (warnings, failures) = (count(.warn), count(.fail))
        let sum = failures + warnings == 0 ? "All is well." : "\(failures) to fix, \(warnings) to look at."
        return (lines + ["", sum]).joined(separator: "\n")
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
