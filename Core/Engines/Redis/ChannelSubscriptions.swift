/// The channels that a connection has subscribed to or is subscribing to.
struct ChannelSubscriptions {
    private var channels: Set<String> = []
    /// The number of SUBSCRIBE commands per channel that have no reply yet.
    private var unanswered: [String: Int] = [:]

    /// The commands that make the connection subscribe to the `wanted` channels and to no others.
    mutating func commands(toReach wanted: Set<String>) -> [[String]] {
        let added = wanted.subtracting(channels).sorted(), removed = channels.subtracting(wanted).sorted()
        channels = wanted
        for channel in added { unanswered[channel, default: 0] += 1 }
        var commands: [[String]] = []
        if !removed.isEmpty { commands.append(["UNSUBSCRIBE"] + removed) }
        if !added.isEmpty { commands.append(["SUBSCRIBE"] + added) }
        return commands
    }

    /// Records a reply to SUBSCRIBE. Returns whether the reply confirms the channel. It doesn't if the channel is no longer wanted,
    /// or if the channel has been unsubscribed and subscribed again and this is the reply to an earlier SUBSCRIBE.
    mutating func isAnswered(_ channel: String) -> Bool {
        unanswered[channel, default: 1] -= 1
        guard unanswered[channel] == 0 else { return false }
        unanswered[channel] = nil
        return channels.contains(channel)
    }
}
