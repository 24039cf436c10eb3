// What pages are made from.

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

/** A small i that explains a number, by pointer, focus or touch. What it says stays inside the window. */
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

/** A box with a heading. */
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

/** Why no places are known of visitors that there are. */
export const noPlaces = ({ session: { geography } }, level = 'country') =>
  t(!geography ? 'no-places' : geography === 'country' && level !== 'country' ? 'no-cities' : 'no-local-places');

/** What went wrong, in words. */
const wording = error => {
  if (!(error instanceof Failure)) return t('broken');
  return ['offline', 'signed-out'].includes(error.message) ? t(error.message) : error.message;
};

/** A box that says what went wrong, with a button where trying again may help. */
export function failed(error, again) {
  const isLasting = error instanceof Failure && error.status >= 400 && error.status < 500 && error.status !== 429;
  if (!(error instanceof Failure)) console.error(error);
  return h('div', { class: 'failed', role: 'alert' }, h('p', null, wording(error)), again && !isLasting && button(t('again'), again));
}

/**
 * Fills `place` with what `make()` comes to; shows that it is waiting, in `meanwhile` where that is given, and what went wrong.
 * Null means that there is nothing. `again` is for what `make` can't ask a second time by itself, as it waits for a question of others.
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
    const found = focused(), control = place.contains(found) ? found : place.querySelector('button, a[href], input, select');
    control?.focus();
  }
  return place;
}

/** Shown below a list that is cut after `limit` rows: a button that shows `next`, or, where one answer has no more, a sentence that says so. */
export const more = (limit, next, show) => limit < mostRows
  ? button(t('more'), () => show(Math.min(mostRows, next)), { class: 'link', 'data-more': true })
  : h('p', { class: 'hint' }, t('at-most', { count: mostRows }));

/** Lets the person keep `rows` as a file, and says so where they are not all. */
export function saveRows(name, heads, rows) {
  download(name, csv(heads, rows));
  if (rows.length >= mostRows) toast(t('at-most', { count: mostRows }));
}

/**
 * A place for a list that grows when it is asked for more: `rows(limit)` come, and `draw(rows, again)` shows them. `again()`, which the
 * place has too, asks anew; `options` as for `load`.
 */
export function growing(rows, draw, { first = 20, ...options } = {}) {
  const place = h('div', { class: 'body' });
  let limit = first;
  // Sorted by a column, the first rows are the first of all.
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

/** A card whose content comes later. */
export function later(title, options, make) {
  const place = h('div', { class: 'body' });
  load(place, make, options);
  return card(title, options, place);
}

/** How much `now` differs from `before`; `lowIsGood` for what should fall. */
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

/** A figure with its name, unit, explanation and change. */
export function figure({ name, value, explain, change, onclick, pressed }) {
  const content = [h('span', { class: 'name' }, name), h('strong', null, value), change ?? h('span', { class: 'delta' }, ' ')];
  return h('div', { class: 'figure' },
    onclick
      ? h('button', { type: 'button', class: 'pick', 'data-key': `figure-${name}`, 'aria-pressed': String(!!pressed), onclick }, content)
      : h('div', { class: 'pick' }, content),
    explain && info(explain),
  );
}

/** A button that does something, one at a time; what goes wrong with it is said in a note. */
export function button(text, action, properties) {
  const element = h('button', { type: 'button', ...properties, onclick: event => busy(element, () => action(event)) }, text);
  return element;
}

/** Does something, while which `element` does nothing more. It is not `disabled`, which would take the focus from it. */
async function busy(element, action) {
  if (element.hasAttribute('aria-busy')) return;
  for (const name of ['aria-busy', 'aria-disabled']) element.setAttribute(name, 'true');
  await attempt(action);
  for (const name of ['aria-busy', 'aria-disabled']) element.removeAttribute(name);
}

/** Does something, and says in a note what went wrong. */
export async function attempt(action) {
  try { await action(); } catch (error) {
    if (error.name === 'AbortError') return;
    if (!(error instanceof Failure)) console.error(error);
    toast(wording(error), 'bad');
  }
}

/** A button that asks `question` before it does something that can't be undone. `of` names what it is about, for screen readers. */
export function removal(question, action, { text = t('remove'), of, id } = {}) {
  const onclick = async () => { if (await confirmed(question, text)) await busy(element, action); };
  const element = h('button', { type: 'button', class: 'danger', 'aria-label': of && `${text}: ${of}`, id, onclick }, text);
  return element;
}

/** The end of a form: the button that sends it, behind others. */
export const submit = (text = t('save'), ...others) => h('div', { class: 'row end' },
  others,
  h('button', { type: 'submit', class: 'primary' }, text),
);

/** A form that does not leave the page: `send()` runs, and what goes wrong is said below. */
export function form(properties, send, ...children) {
  const problem = h('p', { class: 'problem', role: 'alert' });
  const element = h('form',
    { ...properties, onsubmit: async event => {
      event.preventDefault();
      problem.textContent = '';
      const buttons = [...element.querySelectorAll('button[type=submit]')], focused = document.activeElement;
      buttons.forEach(button => button.disabled = true);
      try { await send(element); } catch (error) {
        if (!(error instanceof Failure)) console.error(error);
        problem.textContent = wording(error);
      }
      buttons.forEach(button => button.disabled = false);
      if (document.activeElement === document.body && buttons.includes(focused)) focused.focus();
    } },
    ...children,
    problem,
  );
  return element;
}

/** What a person has entered into the forms of a dialog. */
const entered = element => JSON.stringify([...element.querySelectorAll('form')].map(form =>
  [...form.elements].filter(control => control.matches('input, select, textarea')).map(({ type, value, checked }) => [type, value, checked])));

/** Closes `element` when that is what the person means, and asks first where it would lose what they have entered. */
function closing(element) {
  let first, pressed, isAsking = false;
  // Callers fill in the form right after they have opened it.
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
  // Who selects text and lets go outside has not clicked there.
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
 * Opens a dialog; `fillIn(close)` gives its content. Its first field has the focus, or else the first button at its end. Escape, the
 * cross and a click outside close it, and ask first where something was entered; focus goes back to where it was, or to what is there
 * instead if the page was drawn anew. Content with `data-once` is shown only once: a click outside does not close it.
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
  const first = selector => [...element.querySelectorAll(`.content ${selector}`)].find(control => control.checkVisibility() && !control.disabled);
  const control = first(':is(input, select, textarea)') ?? first('.row.end button');
  control?.focus();
  // What is suggested gives way to what is typed.
  if (control?.type === 'text') control.select();
  return element;
}

/** A dialog with a form, which closes once `send()` has come through. */
export function formDialog(title, { wide, id, action = t('save') }, send, ...children) {
  return dialog(title, close => form({ id }, async () => { await send(); close(); }, ...children, submit(action)), { wide });
}

/** Asks before something that can't be undone. */
export function confirmed(text, action) {
  return new Promise(resolve => {
    const element = dialog(t('sure'), close => [
      h('p', null, text),
      h('div', { class: 'row end' }, button(t('cancel'), close), button(action, () => { resolve(true); close(); }, { class: 'danger' })),
    ]);
    element.addEventListener('close', () => resolve(false));
  });
}

/** Says something at the bottom for a while, also to screen readers. */
export function toast(text, kind = 'good') {
  let place = document.querySelector('.toasts');
  if (!place) document.body.append(place = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' }));
  const note = h('p', { class: `toast ${kind}` }, text);
  place.append(note);
  setTimeout(() => note.remove(), 6000);
}

/** A choice that is part of the address: `x-name=`. */
export function choice({ state, go }, name, label, options, chosen = state.extra[name] ?? options[0][0]) {
  return select({ 'aria-label': label, id: `choose-${name}`, onchange: event => go({ extra: { [name]: event.target.value } }) }, options, chosen);
}

/**
 * A report over time as points of a chart; `value(point)` is its number. Each has the number of the same local time of the previous
 * period beside it. Where clocks showed an hour twice, the second is beside the second; beside a single hour it is added to the first. An
 * hour that clocks skipped has nothing beside it.
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

/** Days from one point to another. */
const distance = (from, to) => from && to ? Math.round((Date.parse(to.date.slice(0, 10)) - Date.parse(from.date.slice(0, 10))) / 86400000) : 0;

/** Whether the last point of a report over time is not over yet: today, or this hour. */
export const endsToday = ({ state }, data) => data.length > 0 && isOpen(state);

/** Shows the visitors behind a number, from a report that lists them (`/drill`), and `actions`, what can be done with them. */
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
