#!/bin/bash
# Takes screenshots of the dashboard: screenshots.sh FOLDER [PULSE]
# Starts its own Pulse with demo traffic, and drives Chromium over WebDriver.
set -euo pipefail
folder=$1 pulse=${2:-.build/release/pulse} port=8791 driver=9791
data=$(mktemp -d)
export PULSE_DATA=$data PULSE_PORT=$port PULSE_HOST=127.0.0.1
children=()
trap 'kill "${children[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$data"' EXIT

key=$("$pulse" demo --events 60000 --days 60 --json | sed -n 's/.*"query_key" : "\(.*\)",*/\1/p')
"$pulse" serve >"$data/log" 2>&1 & children+=($!)
chromedriver --port=$driver >/dev/null 2>&1 & children+=($!)
base=http://127.0.0.1:$port
for _ in $(seq 100); do curl -sf $base/healthz >/dev/null && curl -sf http://127.0.0.1:$driver/status >/dev/null && break; sleep 0.2; done

session=$(curl -sf http://127.0.0.1:$driver/session -d '{"capabilities":{"alwaysMatch":{"browserName":"chrome","goog:chromeOptions":{"binary":"/usr/bin/chromium","args":
  ["--headless=new","--no-sandbox","--disable-gpu","--disable-dev-shm-usage","--lang=en-US","--no-proxy-server","--hide-scrollbars"]}}}}' | sed -n 's/.*"sessionId":"\([^"]*\)".*/\1/p')
webdriver() { curl -sf "http://127.0.0.1:$driver/session/$session/$1" -d "$2"; }

webdriver url "{\"url\":\"$base/dashboard\"}" >/dev/null
webdriver execute/sync "{\"script\":\"return fetch('/dashboard/login', { method: 'POST', headers: { 'X-Pulse-Dashboard': '1' }, body: JSON.stringify({ key: '$key' }) }).then(r => r.status)\",\"args\":[]}" >/dev/null

curl -sf $base/api/v1/funnels -H "X-Pulse-Key: $key" -o /dev/null -d '{"name":"From home to sign-up","steps":[
  {"type":"pageview","value":"/","label":"Home"},{"type":"pageview","value":"/pricing","label":"Pricing"},
  {"type":"pageview","value":"/signup","label":"Form"},{"type":"event","value":"signup","label":"Signed up"}]}'
query='SELECT source, count(*) AS sessions, round(avg(pageviews), 1) AS pages FROM sessions WHERE project_id = {{project_id}} GROUP BY source ORDER BY sessions DESC LIMIT 6'

wait_until_drawn() {
  for _ in $(seq 50); do
    webdriver execute/sync '{"script":"return !!document.querySelector(\"h1\") && !document.querySelector(\"[aria-busy], .skeleton\")","args":[]}' | grep -q true && break
    sleep 0.2
  done
  sleep 0.5
}

# picture NAME WIDTH HEIGHT PAGE THEME [SCRIPT]: takes a screenshot, after running SCRIPT on the page if there is one
picture() {
  webdriver window/rect "{\"width\":$2,\"height\":$3}" >/dev/null
  webdriver execute/sync "{\"script\":\"localStorage['pulse.theme'] = '$5'\",\"args\":[]}" >/dev/null
  webdriver url "{\"url\":\"$base/dashboard/$4\"}" >/dev/null
  wait_until_drawn
  if [[ -n ${6:-} ]]; then
    webdriver execute/sync "{\"script\":\"$6\",\"args\":[]}" >/dev/null
    wait_until_drawn
  fi
  curl -sf "http://127.0.0.1:$driver/session/$session/screenshot" | sed 's/.*"value":"\([^"]*\)".*/\1/' | base64 -d >"$folder/$1.png"
  echo "$folder/$1.png"
}
picture dashboard 1440 1000 "overview?timezone=UTC" light
picture dashboard-dark 1440 860 "paths?timezone=UTC" dark
picture dashboard-phone 420 860 "overview?timezone=UTC&range=7d" light
picture dashboard-funnel 1440 1100 "funnels?timezone=UTC" light
picture dashboard-retention 1440 860 "retention?timezone=UTC&range=90d" light
picture dashboard-explore 1440 1200 "explore?timezone=UTC" light \
  "document.querySelector('#statement').value = '$query'; document.querySelector('#sql-form').requestSubmit()"
