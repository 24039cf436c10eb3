/*
 * data-vitals: LCP, FCP, CLS, INP and TTFB as defined in web.dev/articles/vitals and the specifications it refers to.
 * They are sent once for each view of the document, when it is first hidden or left. A return from the back/forward
 * cache is a new view. A route change is not, because browsers measure documents.
 *
 * Sources: LCP, the last candidate before the first input or the first time the page is hidden (W3C Largest Contentful
 * Paint); CLS, the largest session window: shifts without recent input, less than 1 s apart, at most 5 s in total
 * (web.dev/articles/cls); INP, the worst interaction, ignoring one for every 50 (web.dev/articles/inp); FCP and TTFB,
 * W3C Paint Timing and Navigation Timing. For a prerendered page, all times count from the moment it was shown.
 */
const thresholds = { LCP: [2500, 4000], FCP: [1800, 3000], CLS: [0.1, 0.25], INP: [200, 500], TTFB: [800, 1800] };
let page; // 0 from a return until that view is counted
let values; // by name; 0 once sent
let isOver; // whether LCP candidates no longer count
let session; // window of layout shifts: value, first and last time
let interactions; // the 10 longest, by id
let earlier; // interactions before this view
let observers;

const navigation = performance.getEntriesByType("navigation")[0];
const start = navigation?.activationStart || 0;

// When the page was first hidden; later paints say nothing about speed.
let hiddenAt = performance.getEntriesByType("visibility-state").find((entry) => entry.name == "hidden" && entry.startTime >= start)?.startTime
  ?? (document.visibilityState == "hidden" ? 0 : Infinity);

const began = (entry) => Math.max(0, entry.startTime - start);

const read = {
  "largest-contentful-paint": (entry) => {
    if (!isOver && entry.startTime < hiddenAt) values.LCP = began(entry);
  },
  "paint": (entry) => {
    if (entry.name == "first-contentful-paint" && entry.startTime < hiddenAt) values.FCP = began(entry);
  },
  "layout-shift": (entry) => {
    if (entry.hadRecentInput) return;
    const { startTime, value } = entry;
    if (session && startTime - session.last < 1000 && startTime - session.first < 5000) {
      session.value += value;
      session.last = startTime;
    } else {
      session = { value, first: startTime, last: startTime };
    }
    values.CLS = Math.max(values.CLS, session.value);
  },
  "event": (entry) => {
    const { interactionId: id, duration } = entry;
    if (!id) return;
    // One interaction causes several events; the longest of them counts.
    const same = interactions.find((other) => other.id == id);
    if (same) same.duration = Math.max(same.duration, duration);
    else interactions.push({ id, duration });
    interactions.sort((a, b) => b.duration - a.duration).splice(10);
  },
};
read["first-input"] = read.event;

const observe = (type, options) => {
  try {
    const observer = new PerformanceObserver(page.guarded((list) => values && list.getEntries().forEach(read[type])));
    observer.observe({ type, ...options });
    observers.push([type, observer]);
  } catch {} // older browsers don't support this type
};

const begin = (isReturn) => {
  values = { CLS: 0 };
  isOver = isReturn;
  session = 0;
  interactions = [];
  earlier = isReturn && performance.interactionCount || 0;
};

const interactionToNextPaint = () => {
  const count = (performance.interactionCount || 0) - earlier;
  return interactions[Math.min(interactions.length - 1, Math.floor(count / 50))]?.duration;
};

const report = () => {
  if (!values || !page) return;
  observers.forEach(([type, observer]) => observer.takeRecords().forEach(read[type]));
  const measured = { ...values, INP: interactionToNextPaint() };
  // Shifts are meaningless for a page that was never painted in the foreground.
  if (measured.FCP == null) delete measured.CLS;
  values = 0;
  for (const name in thresholds) {
    if (measured[name] == null) continue;
    const value = Math.round(measured[name] * 1e4) / 1e4;
    const [good, poor] = thresholds[name];
    page.send("web_vital", { name, value, rating: value <= good ? "good" : value <= poor ? "needs-improvement" : "poor" });
  }
};

export default (next) => {
  if (!observers) {
    page = next;
    observers = [];
    begin();
    if (navigation?.responseStart > 0) values.TTFB = Math.max(0, navigation.responseStart - start);
    observe("largest-contentful-paint", { buffered: true });
    observe("paint", { buffered: true });
    observe("layout-shift", { buffered: true });
    observe("event", { buffered: true, durationThreshold: 40 });
    observe("first-input", { buffered: true });
    for (const type of ["keydown", "click"]) next.listen(type, (event) => {
      // Candidates from before the input may not have been delivered yet.
      if (event.isTrusted && values) {
        observers.forEach(([type, observer]) => type[0] == "l" && observer.takeRecords().forEach(read[type]));
        isOver = true;
      }
    });
    next.leaving(() => {
      report();
      hiddenAt = Math.min(hiddenAt, performance.now());
    });
    next.listen("pageshow", (event) => {
      if (!event.persisted) return;
      page = 0;
      begin(true);
      values.TTFB = 0; // there was no request
      // The second callback runs after the first frame has been painted.
      requestAnimationFrame(() => requestAnimationFrame(() => {
        if (values) values.LCP = values.FCP = performance.now() - event.timeStamp;
      }));
    });
  }
  page ||= next;
};
