// What pages are made from.

import { h, replace, unique } from './dom.js';
import { t, number, change } from './text.js';
import { Failure } from './api.js';

export * from './dom.js';
export * from './text.js';
export * from './api.js';
export * from './charts.js';
export * from './tables.js';
export { withFilter, shift, today, interval, parameters } from './state.js';

/** A small i that explains a number, by pointer, focus or touch. */
export function info(text) {
  return h('button', { class: 'info', type: 'button', 'aria-label': text, 'data-tip': text }, h('span', { 'aria-hidden': 'true' }, 'i'));
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

export function failed(error, again) {
  const text = error instanceof Failure && error.message !== 'offline' ? error.message : t(error instanceof Failure ? 'offline' : 'broken');
  if (!(error instanceof Failure)) console.error(error);
  return h('div', { class: 'failed', role: 'alert' }, h('p', null, text), again && h('button', { type: 'button', onclick: again }, t('again')));
}

/** Fills `place` with what `make()` comes to; shows that it is waiting, and what went wrong. Null means that there is nothing. */
export async function load(place, make, { lines, nothing, signal } = {}) {
  const waiting = setTimeout(() => replace(place, skeleton(lines)), place.childElementCount ? 150 : 0);
  place.setAttribute('aria-busy', 'true');
  try {
    const made = await make();
    clearTimeout(waiting);
    if (!signal?.aborted) replace(place, made ?? empty(nothing));
  } catch (error) {
    clearTimeout(waiting);
    if (error.name !== 'AbortError' && !signal?.aborted) replace(place, failed(error, () => load(place, make, { lines, nothing, signal })));
  }
  place.removeAttribute('aria-busy');
  return place;
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
    h('span', { class: 'hidden' }, ` ${t('than-before')}`),
  );
}

/** A figure with its name, unit, explanation and change. */
export function figure({ name, value, explain, change, onclick, pressed }) {
  const content = [h('span', { class: 'name' }, name), h('strong', null, value), change ?? h('span', { class: 'delta' }, ' ')];
  return h('div', { class: 'figure' },
    onclick
      ? h('button', { type: 'button', class: 'pick', 'aria-pressed': String(!!pressed), onclick }, content)
      : h('div', { class: 'pick' }, content),
    explain && info(explain),
  );
}

/** A form that does not leave the page: `send()` runs, and what goes wrong is said below. */
export function form(properties, send, ...children) {
  const problem = h('p', { class: 'problem', role: 'alert' });
  const element = h('form',
    { ...properties, onsubmit: async event => {
      event.preventDefault();
      problem.textContent = '';
      const buttons = [...element.querySelectorAll('button[type=submit]')];
      buttons.forEach(button => button.disabled = true);
      try { await send(element); } catch (error) {
        if (!(error instanceof Failure)) console.error(error);
        problem.textContent = error.message === 'offline' ? t('offline') : error.message;
      }
      buttons.forEach(button => button.disabled = false);
    } },
    ...children,
    problem,
  );
  return element;
}

/** Asks before something that can't be undone. */
export function confirmed(text, action) {
  return new Promise(resolve => import('./dom.js').then(({ dialog }) => {
    const element = dialog(t('sure'),
      close => [
        h('p', null, text),
        h('div', { class: 'row end' },
          h('button', { type: 'button', onclick: close }, t('cancel')),
          h('button', { type: 'button', class: 'danger', onclick: () => { resolve(true); close(); } }, action),
        ),
      ],
      { closeLabel: t('close') },
    );
    element.addEventListener('close', () => resolve(false));
  }));
}
