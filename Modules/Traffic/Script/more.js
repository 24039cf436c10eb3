/*
 * Loads what not every page needs. The core fetches this file when an attribute of the tag is on, or at the first call
 * of pulse() that isn't an event. This file fetches the features whose attributes are on, and turns calls of pulse()
 * into the payloads that the API expects.
 *
 * A feature is a module whose default export is called with a `Page` for each page that is counted. The core may be up
 * to a day older than this file, so the arguments that it passes must stay compatible: new ones may only be added.
 */

// Literal URLs, so a feature is fetched only when its attribute is on.
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
const loaded = {}; // promises of features by name, because imports may finish out of order

// No error in here reaches the page; pulse.errors counts them, for debugging.
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

// The page in the address bar, in the same form as the core's path.
const shown = () => location.pathname + location.hash.match(/#[!/][^?]*|$/);

class Page {
  constructor(send, script, path) {
    this.script = script;
    this.options = script.dataset;
    this.path = path;
    this.shown = shown();
    // The path is passed because the visitor may have left the page when something is sent for it.
    this.send = (type, fields) => send(type, { path, ...fields });
  }

  // Whether this page is still shown: a new one is counted a moment after the URL has changed.
  get isShown() { return this.shown == shown(); }

  // Cuts a text to at most `most` UTF-16 units, without splitting a surrogate pair.
  cut(text, most) { return text?.slice(0, most).replace(/[\ud800-\udbff]$/, ""); }

  // Listeners run before the page's own and, when the page is left, before the core sends its queue.
  listen(type, work, target = window) { target.addEventListener(type, guarded(work), { capture: true, passive: true }); }

  // Calls `work` when the page is hidden or left, which may be the last chance to send. It may be called more than once.
  leaving(work) {
    this.listen("pagehide", work);
    this.listen("visibilitychange", () => document.visibilityState == "hidden" && work());
  }

  guarded(work) { return guarded(work); }

  // Release and environment, for errors and logs.
  get origin() { return { path: this.path, release: this.options.release, environment: this.options.environment || "production" }; }
}

export const on = (send, script, path, type, fields, ...values) => {
  // Wait until a prerendered page is shown.
  if (document.prerendering) {
    document.addEventListener("prerenderingchange", guarded(() => on(send, script, path, type, fields, ...values)), { once: true });
    return;
  }
  const page = new Page(send, script, path);
  if (type == 1) {
    page.moved = fields; // the core's function, which counts a page if the URL has changed
    for (const name in features) {
      if (page.options[name] == "true") (loaded[name] ||= features[name]()).then((feature) => feature.default(page)).catch(failed);
    }
  } else if (type == "log") {
    // pulse("log", level, message, body); a body that isn't an object is wrapped in one.
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
