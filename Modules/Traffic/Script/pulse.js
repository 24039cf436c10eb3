/*
 * The core script, which every page loads: pageviews, route changes of single-page applications, pulse("event", ...),
 * consent, and delivery with retries. It sets no cookie, stores nothing in the browser, and never throws into the page.
 * Everything else is in feature files, fetched when an attribute of the tag or a call needs them; more.js loads them.
 * docs/tracking-script.md documents how to use the script.
 *
 * Browsers get served/pulse.min.js, which `config/setup/script.sh` builds from this file: run it after each change. It
 * must not exceed 1,024 bytes gzipped, so every line here counts; hence `let`, a single declaration, and an order that
 * compresses well.
 */
try {
  let script = document.currentScript,
    options = script.dataset,
    early = this.pulse, // a queue of calls, another tag's function, something that belongs to the page, or nothing
    // Pages often include the same tag twice by accident. It counts once, because the second one fails here: `true` has no split().
    api = (early?.key == options.key || options.api || script.src).split("/api/")[0],
    collect = api + "/api/collect?key=" + options.key,
    path, search, // of the current page
    referrer = document.referrer, // of the next page to be counted; only the document's first view has one
    more, // the import of more.js, once requested: a single promise, because imports may finish out of order
    // Milliseconds from a failed request to its retry; 0 or undefined if no request is in progress. A prerendered page
    // waits until it is shown: that changes its visibility, which forces a request.
    wait = document.prerendering * 500,
    queue = [], // payloads that no request has taken yet, as JSON text, oldest first
    fresh, // true until the current page is counted

    // Queues a payload. At most 1,000 payloads wait; more are dropped.
    send = (type, fields) => {
      queue[999] || queue.push(JSON.stringify({
        // Makes a retry of a payload that already arrived count once: the type and 72 random bits, written as decimal
        // numbers. Math.random won't do: some pages replace it by one with the same sequence in every browser. Nor will
        // the time: many clocks are wrong.
        event_id: type + crypto.getRandomValues(new Uint8Array(9)),
        consent_mode: options.consentMode || "analytics",
        path,
        consent_granted: true,
        ...type == "pageview" && {
          title: document.title,
          screen: screen?.width + "x" + screen?.height, // some embedded browsers have no screen; the server ignores invalid sizes
          // Every request contains the language (Accept-Language).
          referrer,
          // If the URL has no query, the one in the hash is used, for sites that route by the hash. As text, a pair is
          // "name,value". Click ids (gclid, msclkid, fbclid ...) are included; the server stores only their names.
          ...options.utm > "t" && Object.fromEntries([...new URLSearchParams(search || location.hash.split("?")[1])].filter((pair) => /^utm_|clk?id,/.test(pair))),
        },
        ...fields,
        type,
      }));
      flush();
    },

    // Counts the current page unless it has been counted, then handles the call, if there are arguments. So a pageview
    // precedes the events of its page, and an extra call does no harm. When consent changes, the queue is emptied.
    // more.js handles everything except pageviews and events; it is called for each page if a feature of the tag is on.
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

    // Detects whether the page has changed: its path, or the route if the hash contains one (#/inbox, #!inbox).
    // Frameworks set the title after the URL, so a page is counted a moment later, or when the next one is shown. A
    // replaceState within that moment is a redirect: only its target counts. A replaceState that changes only the query
    // (a filter, a removed utm_source) is no new page. A return from the back/forward cache (an event that is
    // `persisted`) is a new view of the same document.
    moved = (pushed) => {
      let next = location.pathname + location.hash.match(/#[!/][^?]*|$/);
      if (search != (search = location.search) && pushed || pushed.persisted || path != next) {
        pushed && pulse();
        path = next;
        fresh = 1;
        setTimeout(pulse, 99);
      }
    },

    // Sends queued payloads. One request at a time keeps the order and turns bursts into batches; with `event` (a retry
    // is due, or the page may soon be gone) it doesn't wait for the previous request. Plain text without custom headers
    // needs no preflight request. After no response, 429 or 5xx the payloads are sent again; after any other error they
    // are dropped, because a retry would fail in the same way.
    flush = async (event) => {
      if (queue[0] && allowed() ? event || !wait : wait = 0) {
        let taken = queue.splice(0, 9), // 9 payloads of maximum size are below the server's limit of 1 MB
          body = "[" + taken + "]",
          status = wait ||= 500;
        try {
          // When the visitor leaves the page (then `persisted` is a boolean), the browser takes a beacon and delivers it
          // later. A page that is only hidden usually lives on, and can wait for the response.
          status = event?.persisted < 2 && navigator.sendBeacon(collect, body) || (await fetch(collect, {
            keepalive: !body[2e4], // browsers reject it above 64 KB, and a character has up to three bytes
            method: "POST",
            body,
          })).status;
        } catch {}
        // The result of `unshift` is passed to the retry as `event`; any value but 0 works.
        status > 428 ? setTimeout(flush, wait *= 2, queue.unshift(...taken)) : flush(wait = 0);
      }
    },

    // Nothing is sent from pages without a host, such as file: URLs, without consent, or if Do Not Track or Global
    // Privacy Control is on. Consent is kept in an attribute of the tag, where features and developers see it too.
    allowed = () => location.host && options.consentGranted != "false" &&
      (options.dnt == "false" || !navigator.globalPrivacyControl && navigator.doNotTrack != 1),

    leave = (event) => flush(event, pulse()); // first counts the page

  ["replaceState", "pushState"].map((name, pushed, original) => {
    original = history[name];
    history[name] = (...values) => moved(pushed, original.apply(history, values));
  });
  addEventListener("visibilitychange", leave);
  addEventListener("pagehide", leave);
  addEventListener("popstate", moved); // also when the hash changes
  addEventListener("pageshow", moved);

  // A `pulse` function that belongs to the page is kept; it gets the key, so a second tag ends. The function of a queue
  // is recognized by its member `q`, and replaced.
  (early?.call && !/\.q/.test(early) ? early : this.pulse = pulse).key = options.key;
  moved(0);
  // Calls made before this file loaded come first, because they may withhold consent.
  early?.q?.map((call) => pulse(...call));
  pulse();
} catch {}
