// Range, comparison, time zone, segment and filters, above every report.

import { h, replace, select, field, dialog } from './dom.js';
import { t, weekday, country } from './text.js';
import { ask } from './api.js';
import { presets, days } from './state.js';
import { form } from './kit.js';

const dimensions = [
  'path', 'entry_page', 'exit_page', 'title', 'source', 'referrer', 'country', 'region', 'city', 'browser', 'os', 'device', 'screen', 'language',
  'event',
];
const signs = [[':', 'is'], ['!:', 'is-not'], ['~:', 'like'], ['!~:', 'not-like']];

/** What a filter says, for people. */
export function described({ name, sign, values }) {
  const shown = values.map(value => name === 'country' ? country(value) : value || t('unknown')).join(', ');
  return `${t(`dimension.${name}`)} ${t(signs.find(([mark]) => mark === sign)?.[1] ?? 'is')} ${shown}`;
}

export function toolbar(view) {
  const { state, go } = view;
  const [first, last] = days(state.range, state.zone, state.from, state.to);
  const range = select(
    { 'aria-label': t('range'), class: 'quiet', onchange: event => {
      if (event.target.value === 'custom') {
        event.target.value = state.range;
        askDays(view, first, last);
      } else {
        go({ range: event.target.value, from: null, to: null });
      }
    } },
    [...presets, 'custom'].map(name => [name, t(`range.${name}`)]),
    state.range,
  );
  const compare = h('label', { class: 'check' },
    h('input', { type: 'checkbox', checked: state.compare, onchange: event => go({ compare: event.target.checked }) }),
    t('compare'),
  );
  const zones = [
    ...new Set([state.zone, Intl.DateTimeFormat().resolvedOptions().timeZone, 'UTC', ...(Intl.supportedValuesOf?.('timeZone') ?? [])]),
  ].filter(Boolean);
  const zone = select(
    { 'aria-label': t('timezone'), class: 'quiet zone', onchange: event => go({ zone: event.target.value }) },
    zones.map(name => [name, name.replaceAll('_', ' ')]),
    state.zone,
  );
  const segment = h('span');
  if (view.can('segments')) segments(view, segment);
  return h('div', { class: 'toolbar' },
    h('div', { class: 'row' },
      h('span', { class: 'days' }, first === last ? weekday(first) : `${weekday(first)} – ${weekday(last)}`),
      range,
      compare,
      zone,
      segment,
      h('button', { type: 'button', id: 'add-filter', onclick: () => compose(view) }, `+ ${t('filter')}`),
    ),
    state.filters.length > 0
      && h('ul', { class: 'chips', 'aria-label': t('filters') },
        state.filters.map(filter => h('li', null,
          h('span', null, described(filter)),
          h('button',
            {
              type: 'button',
              class: 'icon',
              'aria-label': t('remove-filter', { value: described(filter) }),
              onclick: () => go({ filters: state.filters.filter(other => other !== filter) }),
            },
            '✕',
          ),
        )),
        state.filters.length > 1
          && h('li', { class: 'plain' }, h('button', { type: 'button', class: 'link', onclick: () => go({ filters: [] }) }, t('clear'))),
      ),
  );
}

let known;
async function segments(view, place) {
  try { known ??= (await ask('/api/v1/segments', { parameters: { limit: 100 } })).data; } catch { return; }
  if (!known.length) return;
  const { state, go } = view;
  replace(place,
    select(
      { 'aria-label': t('segment'), id: 'segment', class: 'quiet', onchange: event => go({ segment: event.target.value }) },
      [['', t('everyone')], ...known.map(({ id, name }) => [id, name])],
      state.segment,
    ),
  );
}
/** Segments were changed: they are asked for again. */
export const forgetSegments = () => known = undefined;

function askDays(view, first, last) {
  const from = h('input', { type: 'date', required: true, value: first }), to = h('input', { type: 'date', required: true, value: last });
  dialog(t('range.custom'),
    close => form(null,
      () => { close(); view.go({ range: 'custom', from: from.value, to: to.value }); },
      h('div', { class: 'row' }, field(t('from'), from), field(t('to'), to)),
      h('p', { class: 'hint' }, t('days-inside')),
      h('div', { class: 'row end' }, h('button', { type: 'submit', class: 'primary' }, t('apply'))),
    ),
    { closeLabel: t('close') },
  );
}

function compose(view) {
  const name = select({}, [...dimensions.map(name => [name, t(`dimension.${name}`)]), ['data', t('dimension.data')]], 'path');
  const property = h('input', { type: 'text', placeholder: 'plan' }), propertyField = field(t('property'), property);
  propertyField.hidden = true;
  name.addEventListener('change', () => propertyField.hidden = name.value !== 'data');
  const sign = select({}, signs.map(([mark, word]) => [mark, t(word)]), ':');
  const value = h('input', { type: 'text', required: true, autocomplete: 'off' });
  dialog(t('add-filter'),
    close => form(null,
      () => {
        const dimension = name.value === 'data' ? `data.${property.value.trim()}` : name.value;
        close();
        view.go({
          filters: [
            ...view.state.filters,
            { name: dimension, sign: sign.value, values: value.value.split(',').map(text => text.trim()).filter(Boolean) },
          ],
        });
      },
      field(t('dimension'), name),
      propertyField,
      field(t('comparison'), sign),
      field(t('value'), value, t('value-hint')),
      h('div', { class: 'row end' }, h('button', { type: 'submit', class: 'primary' }, t('apply'))),
    ),
    { closeLabel: t('close') },
  );
}
