/*
 * The door to everything that not every page needs. The core fetches it when an attribute of the tag is on, or at the
 * first call of anything but an event; it fetches those features whose attributes are on, and gives each call of
 * pulse() the shape that the API expects.
 *
 * A feature is a module with a default export, called with a `Page` for each page that is counted. The core that calls
 * may be older than this file, for an hour or a day: so what it passes only ever grows.
 */

// Literal addresses, so that a feature is fetched when its attribute says so and never otherwise.
const features = {
  clicks: () => import("./clicks.js?" + VERSION),
  errors: () => import("./errors.js?" + VERSION),
  navigation: () => import("./navigation.js?" + VERSION),
  outlinks: () => import("./outlinks.js?" + VERSION),
  replay: () => import("./replay.js?" + VERSION),
  scroll: () => import("./scroll.js?" + VERSION),
  search: () => import("./search.js?" + VERSION),
  vitals: () => import("./vitals.js?" + VERSION),
};

const pulse = window.pulse;
const loaded = {}; // promises of features by name, for imports may overtake each other

// Nothing that goes wrong in here reaches the page; pulse.errors counts it, for those who look.
const failed = () => {
  try {
    pulse.errors = -~pulse.errors;
  } catch {}
};
const guarded = (work) => (...values) => {
  try {
    return work(...values);
  } catch {
    failed();
  }
};

// The page that the address bar shows, as the core names it.
const shown = () => location.pathname + location.hash.match(/#[!/][^?]*|$/);

class Page {
  constructor(send, script, path) {
    this.script = script;
    this.options = script.dataset;
    this.path = path;
    this.shown = shown();
    // The path is said because a page may be over when something is sent of it.
    this.send = (type, fields) => send(type, { path, ...fields });
  }

  // Whether it is still there: a new one is counted a moment after the address has changed.
  get isShown() { return this.shown == shown(); }

  // At most so many units of a text, and none of them half a character.
  cut(text, most) { return text?.slice(0, most).replace(/[\ud800-\udbff]$/, ""); }

  // Before the page's own listeners and, at the end of a page, before the core sends what waits.
  listen(type, work, target = window) { target.addEventListener(type, guarded(work), { capture: true, passive: true }); }

  // When the page is hidden or left, which may be the last that it sees. May come more than once.
  leaving(work) {
    this.listen("pagehide", work);
    this.listen("visibilitychange", () => document.visibilityState == "hidden" && work());
  }

  guarded(work) { return guarded(work); }

  // Release and environment, for errors and logs.
  get origin() { return { path: this.path, release: this.options.release, environment: this.options.environment || "production" }; }
}

export const on = (send, script, path, type, fields, ...values) => {
  // A page prepared in advance is not looked at before somebody sees it.
  if (document.prerendering) {
    document.addEventListener("prerenderingchange", guarded(() => on(send, script, path, type, fields, ...values)), { once: true });
    return;
  }
  const page = new Page(send, script, path);
  if (type == 1) {
    page.moved = fields; // the core's; it counts a page where the address has changed
    for (const name in features) {
      if (page.options[name] == "true") (loaded[name] ||= features[name]()).then((feature) => feature.default(page)).catch(failed);
    }
  } else if (type == "log") {
    // pulse("log", level, message, body); what is no object becomes one.
    const [message, body] = values;
    page.send(type, {
      payload: {
        level: fields,
        message: message instanceof Error ? message.stack : "" + message,
        body: body == null || typeof body == "object" && !Array.isArray(body) ? body : { value: body },
        ...page.origin,
      },
    });
  } else if (type == "search") {
    page.send("search_query", fields);
  } else if (type == "identify" || type == "survey_response") {
    page.send(type, { payload: { path, ...fields } });
  } else {
    page.send(type, fields);
  }
};
