import ArgumentParser
import Host

@main
struct Main {
    static func main() async { await PulseCommand.main() }
}
