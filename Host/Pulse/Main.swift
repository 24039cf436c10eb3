import AllModules
import Host

@main
struct Main {
    static func main() async {
        await ModuleList.$current.withValue(.all) { await PulseCommand.main() }
    }
}
