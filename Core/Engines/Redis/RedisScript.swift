/// Lua scripts for operations that must be atomic. Each script uses one key.
enum RedisScript: String, CaseIterable {
    /// Takes a token from a bucket. Uses Redis' own clock, so hosts with different clocks agree. Arguments: tokens per second,
    /// burst. Returns whether a token was taken (1 or 0), the number of whole tokens left, and the seconds of `RateDecision`.
    ///
    /// The stored entry consists of the token count and the time of that count, in milliseconds. The entry expires when the bucket
    /// would be full again, because a missing entry counts as a full bucket.
    case take = """
        local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
        local tokens, at = burst, now
        local kept = redis.call('GET', KEYS[1])
        if kept then
          local space = string.find(kept, ' ', 1, true)
          tokens, at = tonumber(string.sub(kept, 1, space - 1)), tonumber(string.sub(kept, space + 1))
        end
        tokens = math.min(burst, tokens + math.max(0, now - at) / 1000 * rate)
        local allowed = 0
        if tokens >= 1 then
          allowed = 1
          tokens = tokens - 1
        end
        local full = math.ceil((burst - tokens) / rate * 1000)
        redis.call('SET', KEYS[1], string.format('%.17g %d', tokens, now), 'PX', math.max(1, full))
        local missing = 1 - tokens
        if allowed == 1 then missing = burst - tokens end
        return {allowed, math.floor(tokens), math.max(1, math.ceil(missing / rate))}
        """

    /// Counts a request in its window, which begins with the first request and ends when the entry expires. Arguments: the allowed requests,
    /// milliseconds. Returns whether the request is allowed (1 or 0), how many more are, and the seconds until the window ends.
    case count = """
        local count, length = tonumber(ARGV[1]), tonumber(ARGV[2])
        local used = tonumber(redis.call('GET', KEYS[1]) or '0')
        local left = redis.call('PTTL', KEYS[1])
        if used == 0 or left < 0 then
          redis.call('SET', KEYS[1], '1', 'PX', length)
          return {1, count - 1, math.max(1, math.ceil(length / 1000))}
        end
        local seconds = math.max(1, math.ceil(left / 1000))
        if used >= count then return {0, 0, seconds} end
        return {1, count - redis.call('INCR', KEYS[1]), seconds}
        """
}
