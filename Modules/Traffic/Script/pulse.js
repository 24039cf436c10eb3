/*
 * What every page loads: pageviews, route changes of single-page applications, pulse("event", ...), consent, and a
 * delivery that retries. It sets no cookie, stores nothing in the browser, and never throws into the page. Everything
 * else is in features/, fetched when an attribute of the tag or a call asks for it; features/more.js is the door to it.
 * docs/tracking-script.md says how it is used.
 *
 * What is served is served/pulse.min.js, made from this file by `config/setup/script.sh`: run it after each change. It
 * must not exceed 1,024 bytes gzipped, so each line here is paid for; hence `let`, one declaration throughout, and an order
 * of things that compresses well.
 */
try {
  let script = document.currentScript,
    options = script.dataset,
    early = this.pulse, // the queue of calls, the function of another tag, something of the page's own, or nothing
    // The same tag twice in a page is a frequent accident; it counts once, as the second one ends here: `true` can't be split.
    api = (early?.key == options.key || options.api || script.src).split("/api/")[0],
    collect = api + "/api/collect?key=" + options.key,
    path, search, // of the page shown
    referrer = document.referrer, // of the next page counted: later views of a document did not come from there
    more, // once asked for: the door to everything else; one promise, as imports may overtake each other
    // Milliseconds from a failed request to its retry; 0 or undefined when no request is under way. A page prepared in
    // advance waits until it is shown, which changes its visibility and so forces a request.
    wait = document.prerendering * 500,
    queue = [], // payloads as JSON text, oldest first, that no request has taken
    fresh, // true until the page shown is counted

    // Queues a payload; what was collected without consent is thrown away when consent is given.
    send = (type, fields) => {
      queue[999] || queue.push(JSON.stringify({
        // Makes a retry of something that had arrived count once: 72 random bits and more text, as a typed array is written
        // when text is added to it. Not of Math.random, which some pages replace by one that begins alike in every
        // browser; nor of the time, as many clocks lie.
        event_id: type + crypto.getRandomValues(new Uint8Array(9)),
        consent_mode: options.consentMode || "analytics",
        path,
        consent_granted: true,
        ...type == "pageview" && {
          title: document.title,
          screen: screen?.width + "x" + screen?.height, // some embedded browsers have none; the server leaves out what is no size
          // The language comes with each request (Accept-Language).
          referrer,
          // Of sites that route by the hash, the route's query where the address has none. A pair becomes "name,value" as text. Identifiers of clicks (gclid, msclkid, fbclid ...) go along; the server keeps their names alone.
          ...options.utm > "t" && Object.fromEntries([...new URLSearchParams(search || location.hash.split("?")[1])].filter((pair) => /^utm_|clk?id,/.test(pair))),
        },
        ...fields,
        type,
      }));
      flush();
    },

    // Counts the page shown unless that is done, then does what is asked; without arguments, only the former. So a
    // pageview precedes the events of its page, and one call too many does no harm. Everything but pageviews and
    // events is understood by features/more.js alone, which is told of each page where the tag asks for anything.
    pulse = async (type, fields, ...values) => {
      try {
        if (type == "consent") {
          options.consentGranted = !!fields;
          queue.splice(type = 0);
        }
        if (allowed()) {
          if (fresh) {
            send("pageview", fresh = 0);
            referrer = "";
            /true/.test(script.outerHTML) && pulse(1, moved);
          }
          if (/ev/.test(type)) send(type, fields);
          else if (type) (await (more ||= import(api + "/api/script/more.js?" + VERSION))).on(send, script, path, type, fields, ...values);
        }
      } catch {
        pulse.errors = 1;
      }
    },

    // Notes which page is shown: its path, and the route where the hash holds one (#/inbox, #!inbox). Frameworks set
    // the title after the address, so a page is counted a moment later, or when the next one comes. A replaceState
    // within that moment is a redirect: only its target counts. One that changes no more than the query (a filter, a
    // removed utm_source) makes no new page. Back from the back/forward cache (an event that is `persisted`) is a new view
    // of the same document.
    moved = (pushed) => {
      let next = location.pathname + location.hash.match(/#[!/][^?]*|$/);
      if (search != (search = location.search) && pushed || pushed.persisted || path != next) {
        pushed && pulse();
        path = next;
        fresh = 1;
        setTimeout(pulse, 99);
      }
    },

    // Sends what waits. One request at a time keeps the order and turns bursts into batches; with `event` (a retry is
    // due, or the page may soon be gone) it does not wait for the one before. Text without headers of our own needs
    // no preflight. No answer, 429 and 5xx are tried again; any other refusal would only be repeated, so it is
    // dropped.
    flush = async (event) => {
      if (queue[0] && allowed() ? event || !wait : wait = 0) {
        let taken = queue.splice(0, 9), // 9 payloads of the largest size stay below the server's 1 MB
          body = "[" + taken + "]",
          status = wait ||= 500;
        try {
          // From a page that is left (`persisted` is a boolean there) the browser takes a beacon and delivers it by
          // itself; a page that is only hidden mostly lives on and can see how its request ends.
          status = event?.persisted < 2 && navigator.sendBeacon(collect, body) || (await fetch(collect, {
            keepalive: !body[2e4], // browsers refuse it above 64 KB; a character has up to three bytes
            method: "POST",
            body,
          })).status;
        } catch {}
        // What `unshift` answers is the event of the retry: any that is not 0.
        status > 428 ? setTimeout(flush, wait *= 2, queue.unshift(...taken)) : flush(wait = 0);
      }
    },

    // Nothing is sent by pages without a site, such as file:, nor without consent, nor against Do Not Track or Global
    // Privacy Control. Consent is kept in the tag itself, where features and people see it too.
    allowed = () => location.host && options.consentGranted != "false" &&
      (options.dnt == "false" || !navigator.globalPrivacyControl && navigator.doNotTrack != 1),

    leave = (event) => flush(event, pulse()); // the page is counted first

  ["replaceState", "pushState"].map((name, pushed, original) => {
    original = history[name];
    history[name] = (...values) => moved(pushed, original.apply(history, values));
  });
  addEventListener("visibilitychange", leave);
  addEventListener("pagehide", leave);
  addEventListener("popstate", moved); // changes of the hash too
  addEventListener("pageshow", moved);

  // A function of the page's own stays where it is, and is marked against a second tag; the queue's names its member `q`.
  (early?.call && !/\.q/.test(early) ? early : this.pulse = pulse).key = options.key;
  moved(0);
  // What was called before this file arrived comes first, for it may withhold consent.
  early?.q?.map((call) => pulse(...call));
  pulse();
} catch {}
