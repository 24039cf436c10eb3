-- Requests with single events for wrk: one pageview each, with many visitors, pages and browsers.
-- Arguments: the ingest key; "get" to request /healthz instead, or "post".
local agents = {
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
  "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
}
local referrers = { "", "", "https://www.google.com/", "https://news.ycombinator.com/item", "https://t.co/x" }
local requests, at = {}, 0

function init(args)
  math.randomseed(7)
  for i = 1, 30000 do
    if args[2] == "get" then
      if i > 1 then break end
      requests[i] = wrk.format("GET", "/healthz")
    else
      local headers = {
        ["X-Pulse-Key"] = args[1], ["Content-Type"] = "application/json", ["User-Agent"] = agents[math.random(#agents)],
        ["X-Forwarded-For"] = "198." .. math.random(18, 19) .. "." .. math.random(0, 255) .. "." .. math.random(1, 254),
        ["Accept-Language"] = "de-DE,de;q=0.9,en;q=0.8",
      }
      local who = i % 2 == 0 and ('"visitor_id":"visitor-' .. math.random(100000) .. '",') or ""
      local path = "/docs/chapter-" .. math.floor(800 ^ math.random())
      requests[i] = wrk.format("POST", "/api/collect", headers, '{"type":"pageview",' .. who .. '"path":"' .. path ..
        '","title":"Chapter","referrer":"' .. referrers[math.random(#referrers)] .. '","screen":"1920x1080","language":"de-DE"}')
    end
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %f %f %f %d\n", summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
