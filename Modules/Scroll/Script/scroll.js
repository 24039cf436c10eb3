/*
 * data-scroll: how far down each page was seen, as a percentage of its height when it is left; sent once for each view.
 */
let page;
let bottom; // the lowest pixel seen
let height; // of the page when it was last measured
let isSent;

const measure = () => {
  // Right after the route has changed, the document already belongs to the next page.
  if (!page.isShown) return;
  bottom = Math.max(bottom, scrollY + innerHeight);
  height = Math.max(document.documentElement.scrollHeight, document.body?.scrollHeight || 0, 1);
};

const report = () => {
  if (isSent) return;
  isSent = true;
  page.send("scroll_depth", { max_depth: Math.min(100, Math.round(bottom / height * 100)) });
};

export default (next) => {
  if (page) report();
  else {
    page = next;
    next.listen("scroll", measure);
    next.listen("load", measure);
    // Pages grow while images load, and frameworks fill them after the URL has changed.
    new ResizeObserver(next.guarded(measure)).observe(document.documentElement);
    next.leaving(() => {
      measure();
      report();
    });
  }
  page = next;
  isSent = false;
  bottom = 0;
  measure();
};
