/*
 * data-replay: what a visit looked like, as a list of events from which the pages can be replayed. Typed text is masked:
 * only its length is recorded (data-replay-mask="false" records the text, but passwords and card fields stay masked). Text
 * in elements with `data-pulse-mask` is masked too. Of elements with `data-pulse-block`, only the size is recorded.
 *
 * Payload: `{session_id, events, entry_page, duration_ms, is_complete}`. A session is sent in pieces of a few seconds each,
 * in order, but the last ones may arrive out of order. Every event has `type` and `at`, the milliseconds since the session
 * began, which defines the order:
 *
 *   page      path, title, width, height: a page begins, with an empty document whose node is 1
 *   add       nodes: [{id, parent, before, ...}], each put into `parent` before node `before`, or last if that is 0.
 *             A node is {tag, attributes, namespace?, width?, height?}, {text} or {doctype}
 *   remove    ids
 *   text      id, text            attribute   id, name, value (null: removed)
 *   input     id, value, checked  scroll      id, x, y        resize   width, height
 *   move      points: [[x, y, at], ...]       click   id, x, y
 *   visible   state
 *
 * A session covers one page or, if consent was requested and given, all pages in one tab. Only in the latter case is its
 * id stored, in sessionStorage, until consent is withdrawn.
 */
const storageKey = "pulse_replay";
const pieceLength = 15_000; // of JSON text: small enough to be sent when the visitor leaves the page
const textLength = 100_000;

let page;
let session; // {id, entry, start}; null if this visit is not in the sample, or is over
let isOver; // whether recording has stopped, after consent was withdrawn or the page was left
let events;
let length; // of the JSON text of `events`
let ids = new WeakMap();
let nodes = 0;
let points;

const mayStore = () => page.options.consentGranted == "true";

// MARK: Session

const open = () => {
  try {
    session = mayStore() && JSON.parse(sessionStorage.getItem(storageKey));
  } catch {}
  if (!session) {
    const sample = +(page.options.replaySample ?? 1);
    session = {
      id: Math.random() < sample ? [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("") : "",
      entry: page.path,
      start: Date.now(),
    };
  }
  try {
    if (mayStore()) sessionStorage.setItem(storageKey, JSON.stringify(session));
  } catch {} // a sandboxed frame has no storage
  if (!session.id) session = null;
  isOver = false;
  events = [];
  length = 0;
  points = [];
};

const forget = () => {
  session = null;
  isOver = true;
  events = [];
  points = [];
  try {
    sessionStorage.removeItem(storageKey);
  } catch {}
};

const add = (type, fields) => {
  if (!session) return;
  const event = { type, at: Date.now() - session.start, ...fields };
  events.push(event);
  length += JSON.stringify(event).length;
  if (length > pieceLength) deliver();
};

const deliver = (isComplete = false) => {
  if (!session || !events.length && !isComplete) return;
  const payload = {
    session_id: session.id,
    events,
    entry_page: session.entry,
    duration_ms: Date.now() - session.start,
    is_complete: isComplete,
  };
  events = [];
  length = 0;
  page.send("replay", { payload });
};

// MARK: Masking

const stars = (text) => text.replace(/\S/g, "*");

const isSecret = (element) => element.type == "password" || element.type == "hidden" || /^cc-/.test(element.autocomplete);

// The value of a field, masked if necessary. Values of checkboxes and buttons are not typed text.
const typed = (field) => {
  const value = String(field.value ?? "").slice(0, textLength);
  if (/^(button|submit|reset|checkbox|radio|range|color|image)$/.test(field.type)) return value;
  return isSecret(field) || page.options.replayMask != "false" ? stars(value) : value;
};

const isField = (node) => node instanceof HTMLInputElement || node instanceof HTMLTextAreaElement || node instanceof HTMLSelectElement;

const shownText = (node) => {
  const text = node.data.slice(0, textLength), parent = node.parentElement;
  if (!parent) return text;
  const isMasked = parent.closest("[data-pulse-mask]")
    || page.options.replayMask != "false" && (parent.isContentEditable || parent.closest("textarea, option, datalist"));
  return isMasked ? stars(text) : text;
};

// MARK: Nodes

const isBlocked = (node) => node instanceof Element && node.closest("[data-pulse-block]");
const isWithout = (node) => /^(script|noscript|template|iframe|object|embed)$/.test(node.localName) || node.nodeType == Node.COMMENT_NODE;

const identify = (node) => {
  if (!ids.has(node)) ids.set(node, ++nodes);
  return ids.get(node);
};

const attribute = (element, name) => {
  const value = element.getAttribute(name);
  if (value == null || /^on|^(nonce|integrity|srcdoc|ping)$/.test(name)) return null;
  if (name == "value" && isField(element)) return typed(element);
  if (/^(href|src|action|formaction)$/.test(name) && /^\s*javascript:/i.test(value)) return null;
  if (/^(title|alt|placeholder|aria-label)$/.test(name) && element.closest("[data-pulse-mask]")) return stars(value);
  return value.slice(0, textLength);
};

const describe = (node) => {
  if (node instanceof DocumentType) return { doctype: node.name };
  if (node instanceof CharacterData) return { text: shownText(node) };
  const attributes = {};
  for (const name of node.getAttributeNames()) {
    const value = attribute(node, name);
    if (value != null) attributes[name] = value;
  }
  if (isField(node) && node.value) attributes.value = typed(node);
  if (node.checked) attributes.checked = "";
  const description = { tag: node.localName, attributes };
  if (node.namespaceURI != "http://www.w3.org/1999/xhtml") description.namespace = node.namespaceURI;
  if (node.matches("[data-pulse-block]")) {
    const box = node.getBoundingClientRect();
    description.attributes = {};
    description.width = Math.round(box.width);
    description.height = Math.round(box.height);
  }
  return description;
};

// Rules that scripts have inserted into a style element are not in a text node.
const rules = (node) => {
  if (node.localName != "style" || node.textContent.trim()) return "";
  try {
    return [...node.sheet.cssRules].map((rule) => rule.cssText).join("\n").slice(0, textLength);
  } catch {
    return "";
  }
};

// Records the node and its descendants, parents first, in pieces.
const tell = (root) => {
  let told = [], size = 0;
  const next = (node) => {
    if (isWithout(node) || node != root && isBlocked(node.parentElement)) return;
    const parent = ids.get(node.parentNode);
    if (!parent) return; // its parent is not recorded
    const before = node == root ? following(node) : 0;
    const line = { id: identify(node), parent, before, ...describe(node) };
    told.push(line);
    const css = rules(node);
    if (css) told.push({ id: ++nodes, parent: line.id, before: 0, text: css });
    size += JSON.stringify(line).length + css.length;
    if (size > pieceLength) {
      add("add", { nodes: told });
      told = [];
      size = 0;
    }
    if (node instanceof Element && !node.matches("[data-pulse-block]")) node.childNodes.forEach(next);
  };
  next(root);
  if (told.length) add("add", { nodes: told });
};

const following = (node) => {
  let next = node.nextSibling;
  while (next && !ids.has(next)) next = next.nextSibling;
  return next ? ids.get(next) : 0;
};

const snapshot = () => {
  ids = new WeakMap([[document, 1]]);
  nodes = 1;
  add("page", { path: page.path, title: document.title, width: innerWidth, height: innerHeight });
  document.childNodes.forEach((node) => tell(node));
  add("scroll", { id: 1, x: Math.round(scrollX), y: Math.round(scrollY) });
};

const changed = (records) => {
  if (!session) return;
  const added = new Set(), removed = new Set(), texts = new Set(), attributes = new Map();
  for (const { type, target, addedNodes, removedNodes, attributeName } of records) {
    if (isBlocked(target)) continue;
    if (type == "childList") {
      removedNodes.forEach((node) => ids.has(node) && removed.add(ids.get(node)) && ids.delete(node));
      addedNodes.forEach((node) => added.add(node));
    } else if (type == "characterData") {
      texts.add(target);
    } else {
      if (!attributes.has(target)) attributes.set(target, new Set());
      attributes.get(target).add(attributeName);
    }
  }
  if (removed.size) add("remove", { ids: [...removed] });
  // Last siblings first, so the node before which another is inserted already exists.
  for (const node of [...added].reverse()) if (node.isConnected && !ids.has(node)) tell(node);
  for (const node of texts) if (ids.has(node)) add("text", { id: ids.get(node), text: shownText(node) });
  for (const [element, names] of attributes) {
    if (!ids.has(element)) continue;
    for (const name of names) add("attribute", { id: ids.get(element), name, value: attribute(element, name) });
  }
};

// MARK: Interactions

const flushPoints = () => {
  if (points.length) add("move", { points });
  points = [];
};

const listen = () => {
  let movedAt = 0;
  page.listen("pointermove", (event) => {
    const now = Date.now();
    if (!session || now - movedAt < 100) return;
    movedAt = now;
    points.push([Math.round(event.clientX), Math.round(event.clientY), now - session.start]);
    if (points.length >= 50) flushPoints();
  });
  page.listen("click", (event) => {
    flushPoints();
    add("click", { id: ids.get(event.target) || 0, x: Math.round(event.clientX), y: Math.round(event.clientY) });
  });
  for (const type of ["input", "change"]) page.listen(type, ({ target }) => {
    if (isField(target) && ids.has(target) && !isBlocked(target)) {
      add("input", { id: ids.get(target), value: typed(target), checked: target.checked });
    }
  });
  let scrolledAt = 0;
  page.listen("scroll", ({ target }) => {
    const now = Date.now();
    if (now - scrolledAt < 100) return;
    scrolledAt = now;
    // Record where scrolling ends, not where it begins.
    setTimeout(page.guarded(() => {
      const isPage = target == document, id = ids.get(target);
      if (id) add("scroll", { id, x: Math.round(isPage ? scrollX : target.scrollLeft), y: Math.round(isPage ? scrollY : target.scrollTop) });
    }), 120);
  });
  page.listen("resize", () => add("resize", { width: innerWidth, height: innerHeight }));
};

const watch = () => {
  const observer = new MutationObserver(page.guarded(changed));
  observer.observe(document, { childList: true, subtree: true, characterData: true, attributes: true });
  listen();
  page.listen("visibilitychange", () => {
    flushPoints();
    add("visible", { state: document.visibilityState });
    changed(observer.takeRecords());
    deliver();
  });
  page.listen("pagehide", () => {
    flushPoints();
    changed(observer.takeRecords());
    deliver(true);
    session = null;
    isOver = true;
  });
  page.listen("pageshow", (event) => event.persisted && begin());
  setInterval(page.guarded(() => {
    flushPoints();
    deliver();
  }), 5_000);
  // Consent is kept in an attribute of the tag. Without it nothing is recorded, and events not sent yet are discarded.
  new MutationObserver(page.guarded((records) => {
    const isGranted = page.options.consentGranted != "false";
    if (!isGranted || records.some((record) => record.oldValue == "false")) forget();
    if (isGranted && isOver && page.isShown) begin(); // otherwise it begins with the page that is about to be counted
  })).observe(page.script, { attributeFilter: ["data-consent-granted"], attributeOldValue: true });
};

const begin = () => {
  open();
  if (session) snapshot();
};

export default (next) => {
  const isFirst = !page;
  page = next;
  if (isFirst) {
    begin();
    watch();
  } else if (isOver) {
    begin();
  } else if (session) {
    // A route is another page in the same document; its nodes are recorded as they change.
    flushPoints();
    add("page", { path: page.path, title: document.title, width: innerWidth, height: innerHeight, is_route: true });
  }
};
