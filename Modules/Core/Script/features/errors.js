/*
 * data-errors: errors and rejections that nobody handled, as the page's own listeners see them. A page that fails in a
 * loop says so 20 times.
 */
let page;
let left;

// Where the first frame of a stack is. Chromium writes `at name (https://host/app.js:1:2)`, others `name@https://...`.
const frame = /((?:https?|file|webpack|blob):[^\s()]*?):(\d+):(\d+)/;

const report = (error, message, filename, lineno, colno) => {
  // An error in a script of another origin without `crossorigin` says nothing but that.
  if (!left || message == "Script error.") return;
  left--;
  const stack = typeof error?.stack == "string" ? error.stack.slice(0, 16_000) : undefined;
  const place = frame.exec(stack) || [];
  page.send("js_error", {
    payload: {
      message: message.slice(0, 1_000),
      stack,
      filename: (filename || place[1])?.slice(0, 2_000),
      lineno: lineno || +place[2] || undefined,
      colno: colno || +place[3] || undefined,
      ...page.origin,
    },
  });
};

// What was thrown may be anything.
const text = (reason) => {
  if (reason instanceof Error) return `${reason.name}: ${reason.message}`;
  try {
    return typeof reason == "object" ? JSON.stringify(reason) : String(reason);
  } catch {
    return Object.prototype.toString.call(reason);
  }
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
  left = 20;
};
