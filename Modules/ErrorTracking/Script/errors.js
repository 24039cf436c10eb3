/*
 * data-errors: reports uncaught errors and unhandled rejections. Each message is reported at most three times per page, so a
 * loop can't flood the server, and at most 20 different messages are reported.
 */
let page;
let seen;

// Finds the position of the first frame in a stack. Chromium writes `at name (https://host/app.js:1:2)`, others `name@https://...`.
const frame = /((?:blob:)?[a-z-]+:\/\/[^\s()]*?):(\d+):(\d+)/;

// Errors that say nothing about the site: "Script error." hides every error in a script from another origin without
// `crossorigin`, ResizeObserver messages are warnings by the browser, and extensions are not part of the site.
const noise = /^Script error\.?$|^ResizeObserver loop/;
const foreign = /^(\w+-)+extension:|^webkit-masked-url:/;

const report = (error, message, filename, lineno, colno) => {
  const stack = typeof error?.stack == "string" ? page.cut(error.stack, 16_000) : undefined;
  const place = frame.exec(stack) || [];
  const script = filename || place[1];
  if (noise.test(message) || foreign.test(script) || !(message in seen) && Object.keys(seen).length > 19) return;
  if ((seen[message] = -~seen[message]) > 3) return;
  page.send("js_error", {
    payload: {
      message: page.cut(message, 1_000),
      stack,
      filename: page.cut(script, 2_000),
      lineno: lineno || +place[2] || undefined,
      colno: colno || +place[3] || undefined,
      ...page.origin,
    },
  });
};

// Any value can be thrown: an error from a frame, which is not an `Error` of this window; an event, such as that of an image that
// failed to load; or a value that can't be written as JSON.
const text = (reason) => {
  try {
    const kind = Object.prototype.toString.call(reason);
    if (typeof reason?.message == "string" && (reason.name || kind == "[object Error]")) return `${reason.name}: ${reason.message}`;
    if (typeof reason?.type == "string" && "isTrusted" in reason) return `Event: ${reason.type}`;
    const json = typeof reason == "object" ? JSON.stringify(reason) : String(reason);
    if (json) return json;
  } catch {}
  return Object.prototype.toString.call(reason);
};

export default (next) => {
  if (!page) {
    next.listen("error", (event) => {
      // Images and scripts that fail to load have their own kind of event, without a message.
      if (event instanceof ErrorEvent) {
        const message = event.error == null ? event.message : text(event.error);
        report(event.error, message, event.filename, event.lineno, event.colno);
      }
    });
    next.listen("unhandledrejection", (event) => report(event.reason, text(event.reason)));
  }
  page = next;
  seen = Object.create(null);
};
