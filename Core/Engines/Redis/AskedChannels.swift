/// The channels that a connection was asked for.
struct AskedChannels {
    private var channels: Set<String> = []
    /// How many SUBSCRIBE of a channel have no answer yet.
    private var unanswered: [String: Int] = [:]

    /// What to send so that `wanted` are subscribed and no others.
    mutating func commands(toReach wanted: Set<String>) -> [[String]] {
        let new = wanted.subtracting(channels).sorted(), gone = channels.subtracting(wanted).sorted()
        channels = wanted
        for channel in new { unanswered[channel, default: 0] += 1 }
        var commands: [[String]] = []
        if !gone.isEmpty { commands.append(["UNSUBSCRIBE"] + gone) }
        if !new.isEmpty { commands.append(["SUBSCRIBE"] + new) }
        return commands
    }

    /// Takes note of an answer; false where it is an older one, after which the channel was given up and asked for again.
    mutating func isAnswered(_ channel: String) -> Bool {
        unanswered[channel, default: 1] -= 1
        guard unanswered[channel] == 0 else { return false }
        unanswered[channel] = nil
        return channels.contains(channel)
    }
}
