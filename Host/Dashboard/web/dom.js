// Makes elements: h('a', { href, class: 'x', onclick }, 'text', child, [children]). False, null and undefined children are left out.

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else if (name === 'style') {
      Object.assign(element.style, value);
    } else if (name === 'vars') {
      for (const [key, text] of Object.entries(value)) element.style.setProperty(`--${key}`, text);
    } else if (name === 'value') element.value = value; else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter(child => child !== undefined && child !== null && child !== false));
  return element;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any> | null} [properties]
 * @param {Content[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export const h = (tag, properties, ...children) => fill(document.createElement(tag), properties, children);
/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any> | null} [properties]
 * @param {Content[]} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export const s = (tag, properties, ...children) => fill(document.createElementNS('http://www.w3.org/2000/svg', tag), properties, children);

export function replace(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter(child => child !== undefined && child !== null && child !== false));
  return element;
}

/** A `select` of [value, label] pairs; by default the first is selected. */
export function select(properties, options, chosen = options[0]?.[0]) {
  const element = h('select', properties, options.map(([value, label]) => h('option', { value, selected: value === chosen }, label)));
  element.value = chosen ?? '';
  return element;
}

const called = element => element.getAttribute('aria-label') ?? element.textContent.trim();

/**
 * Finds a control again after a redraw: by `data-key` or ID, otherwise by its position among controls with the same name.
 * @param {any} element
 * @returns {() => any}
 */
export function finder(element) {
  const { tagName, id, dataset } = element, isLasting = id && !/-\d+$/.test(id);
  if (dataset.key || isLasting) {
    const selector = dataset.key ? `[data-key="${CSS.escape(dataset.key)}"]` : `#${CSS.escape(id)}`;
    return () => document.querySelector(selector);
  }
  const name = called(element), alike = () => [...document.querySelectorAll(`#main ${tagName}`)].filter(other => called(other) === name);
  const at = alike().indexOf(element);
  return () => alike()[at] ?? null;
}

/**
 * Focuses the heading of the card that `place` is in, otherwise the page's, so Tab continues from there.
 * @param {HTMLElement} [place]
 */
export function focusHeading(place) {
  /** @type {HTMLElement | null} */
  const heading = place?.closest('.card')?.querySelector('h2') ?? document.querySelector('main h1');
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus();
}

/** A box that scrolls if its content is larger. */
export const scroller = (name, ...children) => scrollable(h('div', { class: 'scroll', role: 'group', 'aria-label': name }, ...children));

/** Makes `element` focusable when it overflows, so the keyboard can scroll it; `data-more` names the sides with hidden content. */
export function scrollable(element) {
  const look = () => {
    const { scrollWidth, clientWidth, scrollHeight, clientHeight, scrollLeft } = element, isWide = scrollWidth > clientWidth + 1;
    if (isWide || scrollHeight > clientHeight + 1) element.tabIndex = 0; else element.removeAttribute('tabindex');
    // In right-to-left text, scrollLeft is negative.
    const sides = [Math.abs(scrollLeft) > 1 && 'start', isWide && Math.abs(scrollLeft) + clientWidth < scrollWidth - 1 && 'end'].filter(Boolean).join(' ');
    if ((element.dataset.more ?? '') !== sides) element.dataset.more = sides;
  };
  const observer = new ResizeObserver(look);
  // The content can grow without the element changing its size.
  for (const box of [element, ...element.children]) observer.observe(box);
  element.addEventListener('scroll', look, { passive: true });
  return element;
}

/** Text from users and sites for a table cell: paths and URLs break after their parts, very long words anywhere, others never. */
export const breakable = text => String(text)
  .split(/(?<=[/._?&=-])|(?<=[^\s/._?&=-]{24})(?=[^\s/._?&=-])/u)
  .flatMap((part, at) => at ? [h('wbr'), part] : part);

let counter = 0;
/** An ID that is unique on the page. */
export const unique = prefix => `${prefix}-${++counter}`;

/** A label above its control. */
export function field(label, control, hint) {
  control.id ||= unique('field');
  const hintID = hint && unique('hint');
  if (hint) control.setAttribute('aria-describedby', hintID);
  return h('div', { class: 'field' }, h('label', { for: control.id }, label), control, hint && h('p', { class: 'hint', id: hintID }, hint));
}
