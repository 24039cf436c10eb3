/*
 * What every page loads: pageviews, route changes of single-page applications, pulse("event", ...), consent, and a
 * delivery that retries. It sets no cookie, stores nothing in the browser, and never throws into the page.
 *
 *   <script defer src="https://pulse.example.com/api/script.js" data-key="pa_live_..."></script>
 *
 *   pulse("event", { name: "signup", data: { plan: "pro" } })   counts an event
 *   pulse("pageview", { path: "/step-2" })                      counts a page that has no address of its own
 *   pulse(type, fields)                                         sends a payload of any other type
 *   pulse("consent", true)                                      grants consent; false withdraws it
 *
 * To call pulse() before this file has arrived, put this above the first call:
 *
 *   window.pulse = window.pulse || function () { (pulse.q = pulse.q || []).push(arguments) }
 *
 * What is served is pulse.min.js, made from this file by `config/setup/script.sh`: run it after each change. It must
 * not exceed 1,024 bytes gzipped, so each line here is paid for.
 */
try {
  const script = document.currentScript;
  const options = script.dataset;
  const early = window.pulse;

  // The same tag twice in a page is a frequent accident; it counts once.
  if (early?.key != options.key) {
    const address = (options.api || new URL(script.src).origin) + "/api/collect?key=" + options.key;

    // Nothing is sent by pages without a site, such as file:, nor against Do Not Track or Global Privacy Control.
    const allowed = /^http/.test(location) &&
      (options.dnt == "false" || navigator.doNotTrack != 1 && !navigator.globalPrivacyControl);
    let granted = options.consentGranted != "false";

    const queue = []; // payloads as JSON text, oldest first, that no request has taken
    let wait; // milliseconds from a failed request to its retry; 0 or undefined when no request is under way
    let path, search; // of the page shown
    let fresh; // true until the page shown is counted
    let referrer = document.referrer; // of the next page counted: later views of a document did not come from there

    const body = (payloads) => payloads[1] ? "[" + payloads + "]" : payloads[0];

    // Sends what waits. One request at a time keeps the order and turns bursts into batches; with `force` (a retry is
    // due, or the page may soon be gone) it does not wait for the one before. Text without headers of our own needs no
    // preflight. No answer, 429 and 5xx are tried again; any other refusal would only be repeated, so it is dropped.
    const flush = async (force) => {
      if (queue[0] ? force || !wait : wait = 0) {
        const taken = queue.splice(0, 25); // 25 payloads of the largest size stay below the server's 1 MB
        const text = body(taken);
        let status = wait = wait || 500;
        try {
          status = (await fetch(address, {
            method: "POST",
            body: text,
            credentials: "omit",
            keepalive: text.length < 2e4, // browsers refuse it above 64 KB; a character has up to three bytes
          })).status;
        } catch {}
        if (granted && (status == 429 || status > 499)) {
          queue.unshift(...taken);
          setTimeout(flush, wait = Math.min(wait * 2, 3e5), 1);
        } else {
          wait = 0;
          flush();
        }
      }
    };

    // Counts the page shown unless that is done, then does what is asked; without arguments, only the former. So a
    // pageview precedes the events of its page, and one call too many does no harm.
    const pulse = (type, fields) => {
      try {
        if (document.prerendering) {
          // A page that is never shown was not visited. The listeners run in the order of the calls.
          document.addEventListener("prerenderingchange", () => pulse(type, fields));
        } else {
          if (type == "consent") {
            type = 0;
            (granted = fields) || queue.splice(0);
          }
          if (allowed && granted) {
            if (fresh) {
              fresh = 0;
              pulse("pageview");
              referrer = "";
            }
            if (type && !queue[999]) {
              queue.push(JSON.stringify({
                path,
                // Makes a retry of something that had arrived count once. A timestamp would not help: many clocks lie.
                event_id: "" + Math.random() + Date.now(),
                consent_mode: options.consentMode || "analytics",
                consent_granted: true,
                ...type == "pageview" && {
                  title: document.title,
                  referrer,
                  screen: screen.width + "x" + screen.height,
                  language: navigator.language,
                },
                ...fields,
                type,
              }));
              flush();
            }
          }
        }
      } catch {}
    };
    window.pulse = pulse;
    pulse.key = options.key;

    // Notes which page is shown: its path, and the route where the hash holds one (#/inbox, #!inbox). Frameworks set
    // the title after the address, so a page is counted a moment later, or when the next one comes. A replaceState
    // within that moment is a redirect: only its target counts. One that changes no more than the query (a filter, a
    // removed utm_source) makes no new page.
    const moved = (replaced) => {
      const next = location.pathname + (/^#[!/][^?]*/.exec(location.hash) || "");
      if (path != next || !replaced && search != location.search) {
        replaced || pulse();
        path = next;
        fresh = 1;
        setTimeout(pulse, 100);
      }
      search = location.search;
    };
    ["pushState", "replaceState"].forEach((name, replaced) => {
      const original = history[name];
      history[name] = (...values) => {
        original.apply(history, values);
        moved(replaced);
      };
    });
    addEventListener("popstate", () => moved()); // changes of the hash too

    // Back from the back/forward cache: a new view of the same document.
    addEventListener("pageshow", (event) => {
      if (event.persisted) {
        fresh = 1;
        pulse();
      }
    });

    // A page that is hidden may be ended without notice, but mostly it lives on and can see how its request ends.
    addEventListener("visibilitychange", () => {
      pulse();
      flush(1);
    });

    // From a page that is left, the browser takes what is still here and delivers it by itself.
    addEventListener("pagehide", () => {
      pulse();
      try {
        queue[0] && navigator.sendBeacon(address, body(queue)) && queue.splice(0);
      } catch {}
    });

    // What was called before this file arrived comes first, for it may withhold consent.
    moved(1);
    early?.q?.forEach((call) => pulse(...call));
    pulse();
  }
} catch {}
