// The parts that pages are made of.

import { h, replace, unique, select, finder, focusHeading } from './dom.js';
import { t, number, change, timeLabel, axisLabel } from './text.js';
import { Failure, download, csv, mostRows } from './api.js';
import { isOpen, shift } from './state.js';

export * from './dom.js';
export * from './text.js';
export * from './api.js';
export * from './charts.js';
export * from './tables.js';
export * from './offers.js';
export { endOfDay, shift, today, parameters } from './state.js';

/** A small i that shows an explanation on hover, focus or touch, positioned inside the window. */
export function info(text) {
  const place = ({ currentTarget: button }) => {
    const box = button.getBoundingClientRect(), width = Math.min(256, innerWidth - 16), isLow = box.bottom > innerHeight - 130;
    for (const [name, value] of Object.entries({
      left: `${Math.max(8, Math.min(box.left - 16, innerWidth - width - 8))}px`,
      top: isLow ? 'auto' : `${box.bottom + 6}px`,
      bottom: isLow ? `${innerHeight - box.top + 6}px` : 'auto',
    })) button.style.setProperty(`--${name}`, value);
  };
  return h('button',
    { class: 'info', type: 'button', 'aria-label': text, 'data-tip': text, onpointerenter: place, onfocus: place },
    h('span', { 'aria-hidden': 'true' }, 'i'),
  );
}

/**
 * A box with a heading.
 * @param {Content} title
 * @param {{ explain?: string, actions?: Content, wide?: boolean, id?: string }} options
 * @param {Content[]} children
 */
export function card(title, { explain, actions, wide, id } = {}, ...children) {
  const heading = unique('card');
  return h('section', { class: `card${wide ? ' wide' : ''}`, 'aria-labelledby': heading, id },
    h('header', null, h('h2', { id: heading }, title, explain && info(explain)), actions && h('div', { class: 'actions' }, actions)),
    ...children,
  );
}

export const skeleton = (lines = 5) => h('div', { class: 'skeleton', role: 'status', 'aria-label': t('loading') },
  Array.from({ length: lines }, () => h('i')),
);
export const empty = (text = t('empty'), ...more) => h('div', { class: 'empty' }, h('p', null, text), ...more);

/** Why the location of visitors is unknown. */
export const noPlaces = ({ session: { geography } }, level = 'country') =>
  t(!geography ? 'no-places' : geography === 'country' && level !== 'country' ? 'no-cities' : 'no-local-places');

/** The message for an error. */
const wording = error => {
  if (!(error instanceof Failure)) return t('broken');
  return ['offline', 'signed-out'].includes(error.message) ? t(error.message) : error.message;
};

/** An error message, with a button to retry if that may help. */
export function failed(error, again) {
  const isLasting = error instanceof Failure && error.status >= 400 && error.status < 500 && error.status !== 429;
  if (!(error instanceof Failure)) console.error(error);
  return h('div', { class: 'failed', role: 'alert' }, h('p', null, wording(error)), again && !isLasting && button(t('again'), again));
}

/**
 * Fills `place` with the result of `make()`; shows `meanwhile` or a skeleton while waiting, and the error if it fails. Null means no data.
 * Pass `again` if `make` waits for a request that others started, and so can't retry it by itself.
 * @param {HTMLElement} place
 * @param {(tries: number) => Content | Promise<Content>} make
 * @param {LoadOptions} options
 */
export async function load(place, make, options = {}) {
  const { lines, nothing, signal, meanwhile, tries = 0, again = () => load(place, make, { ...options, tries: tries + 1 }) } = options;
  const focused = place.contains(document.activeElement) && finder(document.activeElement);
  const waiting = setTimeout(() => replace(place, meanwhile ?? skeleton(lines)), place.childElementCount && !meanwhile ? 150 : 0);
  place.setAttribute('aria-busy', 'true');
  try {
    const made = await make(tries);
    clearTimeout(waiting);
    if (!signal?.aborted) replace(place, made ?? empty(nothing));
  } catch (error) {
    clearTimeout(waiting);
    if (error.name !== 'AbortError' && !signal?.aborted) {
      replace(place, failed(error, again));
    }
  }
  place.removeAttribute('aria-busy');
  if (focused && document.activeElement === document.body) {
    const found = focused();
    // Not another control: a second press of Enter must not revoke or run something else.
    if (place.contains(found)) found.focus(); else focusHeading(place);
  }
  return place;
}

/** Shown below a list cut off at `limit` rows: a button that shows `next` rows, or a hint if one response has no more. */
export const more = (limit, next, show) => limit < mostRows
  ? button(t('more'), () => show(Math.min(mostRows, next)), { class: 'link', 'data-more': true })
  : h('p', { class: 'hint' }, t('at-most', { count: mostRows }));

/** Downloads `rows` as a CSV file, with a hint if there may be more. */
export function saveRows(name, heads, rows) {
  download(name, csv(heads, rows));
  if (rows.length >= mostRows) toast(t('at-most', { count: mostRows }));
}

/**
 * A list with a button for more rows: `rows(limit)` loads them, `draw(rows, again)` draws them. `again()`, also a property of the returned
 * element, reloads them; `options` as for `load`.
 * @param {(limit: number) => Promise<any[]>} rows
 * @param {(rows: any[], again: () => unknown) => Content | Promise<Content>} draw
 * @param {LoadOptions & { first?: number }} options
 */
export function growing(rows, draw, { first = 20, ...options } = {}) {
  const place = h('div', { class: 'body' });
  let limit = first;
  // Sorting needs all rows, not only the loaded ones.
  place.addEventListener('sort', () => { if (place.querySelector('[data-more]')) { limit = mostRows; again(); } });
  const again = () => load(place,
    async () => {
      const found = await rows(limit);
      return found.length ? [await draw(found, again), found.length === limit && more(limit, limit * 5, next => { limit = next; again(); })] : null;
    },
    options,
  );
  again();
  return Object.assign(place, { again });
}

/** A card whose content is loaded. */
export function later(title, options, make) {
  const place = h('div', { class: 'body' });
  load(place, make, options);
  return card(title, options, place);
}

/** The change from `before` to `now`; `lowIsGood` if a decrease is good. */
export function delta(now, before, lowIsGood = false) {
  if (before == null || now == null) return null;
  if (!before) return h('span', { class: 'delta' }, now ? t('new') : '–');
  const ratio = (now - before) / before, kind = Math.abs(ratio) < 0.005 ? '' : (ratio > 0) === !lowIsGood ? ' up' : ' down';
  return h('span',
    { class: `delta${kind}`, title: t('before', { value: number(before) }) },
    h('span', { 'aria-hidden': 'true' }, ratio > 0.005 ? '▲ ' : ratio < -0.005 ? '▼ ' : ''),
    change(ratio),
    h('span', { class: 'hidden' }, ` ${t('compared')}`),
  );
}

/**
 * A figure with its name, unit, explanation and change.
 * @param {{ name: string, value: Content, explain?: string, change?: Content, onclick?: () => unknown, pressed?: boolean }} figure
 */
export function figure({ name, value, explain, change, onclick, pressed }) {
  const content = [h('span', { class: 'name' }, name), h('strong', null, value), change ?? h('span', { class: 'delta' }, ' ')];
  return h('div', { class: 'figure' },
    onclick
      ? h('button', { type: 'button', class: 'pick', 'data-key': `figure-${name}`, 'aria-pressed': String(!!pressed), onclick }, content)
      : h('div', { class: 'pick' }, content),
    explain && info(explain),
  );
}

/** A button that ignores clicks while its action runs; errors appear as a toast. */
export function button(text, action, properties) {
  const element = h('button', { type: 'button', ...properties, onclick: event => busy(element, () => action(event)) }, text);
  return element;
}

/** Runs an action while `element` is busy. It is not `disabled`, because that would lose the focus. */
async function busy(element, action) {
  if (element.hasAttribute('aria-busy')) return;
  for (const name of ['aria-busy', 'aria-disabled']) element.setAttribute(name, 'true');
  await attempt(action);
  for (const name of ['aria-busy', 'aria-disabled']) element.removeAttribute(name);
}

/** Runs an action; errors appear as a toast. */
export async function attempt(action) {
  try { await action(); } catch (error) {
    if (error.name === 'AbortError') return;
    if (!(error instanceof Failure)) console.error(error);
    toast(wording(error), 'bad');
  }
}

/**
 * A button that asks `question` before an action that can't be undone. `of` names its object for screen readers.
 * @param {string} question
 * @param {() => unknown} action
 * @param {{ text?: string, of?: string, id?: string }} options
 */
export function removal(question, action, { text = t('remove'), of, id } = {}) {
  const onclick = async () => { if (await confirmed(question, text)) await busy(element, action); };
  const element = h('button', { type: 'button', class: 'danger', 'aria-label': of && `${text}: ${of}`, id, onclick }, text);
  return element;
}

/** The end of a form: other buttons, then the submit button. */
export const submit = (text = t('save'), ...others) => h('div', { class: 'row end' },
  others,
  h('button', { type: 'submit', class: 'primary' }, text),
);

/** A form that runs `send()` instead of leaving the page, and shows errors below. */
export function form(properties, send, ...children) {
  const problem = h('p', { class: 'problem', role: 'alert' });
  const element = h('form',
    { ...properties, onsubmit: async event => {
      event.preventDefault();
      problem.textContent = '';
      /** @type {any[]} */
      const buttons = [...element.querySelectorAll('button[type=submit]')], focused = buttons.find(button => button === document.activeElement);
      buttons.forEach(button => button.disabled = true);
      try { await send(element); } catch (error) {
        if (!(error instanceof Failure)) console.error(error);
        problem.textContent = wording(error);
      }
      buttons.forEach(button => button.disabled = false);
      if (document.activeElement === document.body) focused?.focus();
    } },
    ...children,
    problem,
  );
  return element;
}

/** The input in the forms of a dialog. */
const entered = element => JSON.stringify([...element.querySelectorAll('form')].map(form =>
  [...form.elements].filter(control => control.matches('input, select, textarea')).map(({ type, value, checked }) => [type, value, checked])));

/** Closes the dialog `element` on Escape, the close button or a click outside, and asks first if input would be lost. */
function closing(element) {
  let first, pressed, isAsking = false;
  // Callers fill in the form right after opening it.
  queueMicrotask(() => first = entered(element));
  const isDirty = () => element.querySelector('form') && first !== undefined && entered(element) !== first;
  const leave = async () => {
    if (isAsking) return;
    isAsking = true;
    if (!isDirty() || await confirmed(t('unsaved?'), t('discard'))) element.close();
    isAsking = false;
  };
  const stay = event => { event.preventDefault(); leave(); };
  element.addEventListener('keydown', event => { if (event.key === 'Escape' && !event.defaultPrevented && isDirty()) stay(event); });
  element.addEventListener('cancel', event => { if (event.target === element && isDirty()) stay(event); });
  // A text selection that ends outside is not a click there.
  element.addEventListener('pointerdown', event => pressed = event.target === element);
  element.addEventListener('click', event => {
    if (event.target === element && pressed && !element.querySelector('[data-once]')) leave();
  });
  const warn = event => { if (isDirty()) event.preventDefault(); };
  addEventListener('beforeunload', warn);
  element.addEventListener('close', () => removeEventListener('beforeunload', warn));
  return leave;
}

/**
 * Opens a dialog; `fillIn(close)` returns its content. Focuses its first field, otherwise the first button at its end. Escape, the close
 * button and a click outside close it, and ask first if there is input. The focus then returns to where it was, even after a redraw.
 * Content with `data-once` can't be shown again, so a click outside does not close it.
 */
export function dialog(title, fillIn, { wide = false } = {}) {
  const heading = unique('dialog'), opener = document.activeElement, again = opener && finder(opener);
  const element = h('dialog', { class: wide ? 'wide' : '', 'aria-labelledby': heading });
  const close = () => element.close(), leave = closing(element);
  element.append(
    h('header', null, h('h2', { id: heading }, title), h('button', { class: 'icon', type: 'button', 'aria-label': t('close'), onclick: leave }, '✕')),
    h('div', { class: 'content' }, ...[fillIn(close)].flat(Infinity).filter(Boolean)),
  );
  element.addEventListener('close', () => {
    element.remove();
    if (document.activeElement !== document.body || opener === document.body) return;
    const found = opener?.isConnected ? opener : again?.();
    if (found) found.focus(); else focusHeading();
  });
  document.body.append(element);
  element.showModal();
  const first = selector => {
    /** @type {any[]} */
    const controls = [...element.querySelectorAll(`.content ${selector}`)];
    return controls.find(control => control.checkVisibility() && !control.disabled);
  };
  const control = first(':is(input, select, textarea)') ?? first('.row.end button');
  control?.focus();
  // Typing replaces a suggested value.
  if (control?.type === 'text') control.select();
  return element;
}

/**
 * A dialog with a form, closed after `send()` succeeds.
 * @param {string} title
 * @param {{ wide?: boolean, id?: string, action?: string }} options
 * @param {() => unknown} send
 * @param {Content[]} children
 */
export function formDialog(title, { wide, id, action = t('save') }, send, ...children) {
  return dialog(title, close => form({ id }, async () => { await send(); close(); }, ...children, submit(action)), { wide });
}

/** Asks for confirmation of an action that can't be undone. */
export function confirmed(text, action) {
  return new Promise(resolve => {
    const element = dialog(t('sure'), close => [
      h('p', null, text),
      h('div', { class: 'row end' }, button(t('cancel'), close), button(action, () => { resolve(true); close(); }, { class: 'danger' })),
    ]);
    element.addEventListener('close', () => resolve(false));
  });
}

/** Shows a message at the bottom for a few seconds, and announces it to screen readers. */
export function toast(text, kind = 'good') {
  let place = document.querySelector('.toasts');
  if (!place) document.body.append(place = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' }));
  const note = h('p', { class: `toast ${kind}` }, text);
  place.append(note);
  setTimeout(() => note.remove(), 6000);
}

/**
 * A choice that is stored in the URL, as `x-name=`.
 * @param {View} view
 * @param {string} name
 * @param {string} label
 * @param {string[][]} options
 * @param {string} [chosen]
 */
export function choice({ state, go }, name, label, options, chosen = state.extra[name] ?? options[0][0]) {
  return select({ 'aria-label': label, id: `choose-${name}`, onchange: event => go({ extra: { [name]: event.target.value } }) }, options, chosen);
}

/**
 * A report over time as points of a chart; `value(point)` is the number. `before` is the number at the same local time of the previous
 * period. If clocks showed an hour twice in both periods, the second hours are paired; otherwise both count for the single hour. An hour that
 * clocks skipped has no counterpart.
 * @param {{ data: any[], previous?: { data: any[] } }} report
 * @param {string} interval
 * @param {(point: any) => number} value
 */
export function timeline({ data, previous }, interval, value) {
  const earlier = previous?.data.length && data.length ? previous.data : [], ahead = distance(earlier[0], data[0]);
  const numbers = new Map(), time = date => date.slice(0, 16);
  for (const point of earlier) {
    const key = time(shift(point.date.slice(0, 10), ahead) + point.date.slice(10));
    numbers.set(key, [...numbers.get(key) ?? [], value(point)]);
  }
  return data.map((point, at) => {
    const key = time(point.date), isNext = time(data[at + 1]?.date ?? '') === key, [first, ...rest] = numbers.get(key) ?? [];
    numbers.set(key, isNext ? rest : []);
    return {
      label: timeLabel(point.date, interval),
      short: axisLabel(point.date, interval),
      value: value(point),
      before: isNext ? first : rest.reduce((sum, number) => sum + number, first),
    };
  });
}

/** The number of days between two points. */
const distance = (from, to) => from && to ? Math.round((Date.parse(to.date.slice(0, 10)) - Date.parse(from.date.slice(0, 10))) / 86400000) : 0;

/** Whether the last point of a report over time is still in progress: today, or this hour. */
export const endsToday = ({ state }, data) => data.length > 0 && isOpen(state);

/**
 * Lists the visitors behind a number, from a `/drill` report; `actions` are buttons below the list.
 * @param {View} view
 * @param {string} title
 * @param {string} path
 * @param {object} [parameters]
 * @param {Content} [actions]
 */
export function behind(view, title, path, parameters, actions) {
  const place = h('div');
  let limit = 50;
  const ask = limit => view.report(path, { ...parameters, limit });
  const draw = () => load(place,
    async () => {
      const { data, total } = await ask(limit);
      if (!total) return null;
      return [
        h('p', null, t('behind', { count: total })),
        h('ul', { class: 'ids', tabindex: 0, 'aria-label': title }, data.map(id => h('li', null, h('code', null, id)))),
        h('div', { class: 'row end' },
          actions,
          data.length < total && more(limit, limit * 5, next => { limit = next; draw(); }),
          button(t('csv'), async () => saveRows('visitors.csv', ['visitor_id'], (await ask(mostRows)).data.map(id => [id])), { class: 'link' }),
        ),
      ];
    },
    { signal: view.signal },
  );
  draw();
  dialog(title, () => place);
}
