/*
 * data-clicks: where on the page visitors click, and on which element. Coordinates are relative to the page, not to the
 * window. The text of elements is not sent.
 */
let page;

// Returns the shortest selector that matches only this element, such as `button.cta-primary`. It starts with the element
// and adds at most four ancestors.
const selector = (element) => {
  let text = "";
  for (let steps = 0; element && steps < 5; element = element.parentElement, steps++) {
    const classes = [...element.classList].slice(0, 3).map((name) => "." + CSS.escape(name)).join("");
    const own = element.localName + (element.id ? "#" + CSS.escape(element.id) : classes);
    text = text ? own + " > " + text : own;
    if (document.querySelectorAll(text).length == 1) break;
    const twins = [...element.parentElement?.children ?? []].filter((other) => other.localName == element.localName);
    if (twins.length > 1 && !element.id) {
      text = own + `:nth-of-type(${twins.indexOf(element) + 1})` + text.slice(own.length);
      if (document.querySelectorAll(text).length == 1) break;
    }
  }
  return text.slice(0, 500);
};

const clicked = (event) => {
  const element = event.target instanceof Element ? event.target : document.documentElement;
  let x = event.pageX, y = event.pageY;
  // A click by keyboard has no coordinates: use the center of the element.
  if (!event.detail && !event.clientX && !event.clientY) {
    const box = element.getBoundingClientRect();
    x = box.x + box.width / 2 + scrollX;
    y = box.y + box.height / 2 + scrollY;
  }
  page.send("click_event", {
    x: Math.max(0, Math.round(x)),
    y: Math.max(0, Math.round(y)),
    element_selector: selector(element),
    viewport_width: innerWidth,
    viewport_height: innerHeight,
  });
};

export default (next) => {
  // Ignore clicks made by scripts.
  if (!page) next.listen("click", (event) => event.isTrusted && clicked(event));
  page = next;
};
