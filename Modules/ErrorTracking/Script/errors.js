/*
 * data-errors: errors and rejections that nobody handled, as the page's own listeners see them. A page that fails in a
 * loop says so three times, and tells of 20 different errors at most.
 */
let page;
let seen;

// Where the first frame of a stack is. Chromium writes `at name (https://host/app.js:1:2)`, others `name@https://...`.
const frame = /((?:blob:)?[a-z-]+:\/\/[^\s()]*?):(\d+):(\d+)/;

// An error in a script of another origin without `crossorigin` says nothing but that, and a browser's remark about its own
// layout is no error of the page. What a browser's extensions do wrong is none of the site's either.
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

// What was thrown may be anything: an error of a frame, which is no `Error` of this window; an event, as of a picture that did not
// load; a value that says nothing as JSON.
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
      // Pictures and scripts that did not load have events of their own, without a message.
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
