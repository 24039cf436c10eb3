// Range, comparison, time zone, segment and filters, above every report.

import { h, replace, select, field } from './dom.js';
import { t, weekday, country } from './text.js';
import { ask } from './api.js';
import { presets, days, today } from './state.js';
import { button, formDialog } from './kit.js';

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

/** `daysOnly` for pages whose reports know no filters. */
export function toolbar(view, daysOnly = false) {
  return h('div', { class: 'toolbar' },
    h('div', { class: 'row' },
      range(view),
      !daysOnly && [compare(view), zone(view), segment(view), button(`+ ${t('filter')}`, () => compose(view), { id: 'add-filter' })],
    ),
    !daysOnly && view.state.filters.length > 0 && chips(view),
  );
}

function range(view) {
  const { state, go } = view, [first, last] = days(state.range, state.zone, state.from, state.to);
  const text = first === last ? weekday(first) : `${weekday(first)} – ${weekday(last)}`;
  const onchange = event => {
    if (event.target.value !== 'custom') return go({ range: event.target.value, from: null, to: null });
    event.target.value = state.range;
    askDays(view, first, last);
  };
  return [
    button(text, () => askDays(view, first, last), { class: 'days', id: 'days', title: t('range.custom') }),
    select(
      { 'aria-label': t('range'), class: 'quiet', id: 'range', onchange },
      [...presets, 'custom'].map(name => [name, t(`range.${name}`)]),
      state.range,
    ),
  ];
}

const compare = ({ state, go }) => h('label', { class: 'check' },
  h('input', { type: 'checkbox', checked: state.compare, onchange: event => go({ compare: event.target.checked }) }),
  t('compare'),
);

function zone({ state, go }) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [...new Set([state.zone, here, 'UTC', ...(Intl.supportedValuesOf?.('timeZone') ?? [])])].filter(Boolean);
  return select(
    { 'aria-label': t('timezone'), class: 'quiet zone', onchange: event => go({ zone: event.target.value }) },
    zones.map(name => [name, name.replaceAll('_', ' ')]),
    state.zone,
  );
}

function chips({ state, go }) {
  const drop = filter => button('✕', () => go({ filters: state.filters.filter(other => other !== filter) }), {
    class: 'icon',
    'aria-label': t('remove-filter', { value: described(filter) }),
  });
  return h('ul', { class: 'chips', 'aria-label': t('filters') },
    state.filters.map(filter => h('li', null, h('span', null, described(filter)), drop(filter))),
    state.filters.length > 1 && h('li', { class: 'plain' }, button(t('clear'), () => go({ filters: [] }), { class: 'link' })),
  );
}

/** The segments of the project that is open. */
let known = {};

/** A place that the project's segments come to, where it has any. */
function segment(view) {
  const place = h('span'), { state, go, session } = view;
  const draw = async () => {
    if (known.project !== session.project.id) known = {
      project: session.project.id,
      list: (await ask('/api/v1/segments', { parameters: { limit: 100 } })).data,
    };
    if (!known.list.length) return;
    replace(place,
      select(
        { 'aria-label': t('segment'), id: 'segment', class: 'quiet', onchange: event => go({ segment: event.target.value }) },
        [['', t('everyone')], ...known.list.map(({ id, name }) => [id, name])],
        state.segment,
      ),
    );
  };
  if (view.can('segments')) draw().catch(() => { /* the page's reports tell what is wrong */ });
  return place;
}

/** Segments were changed: they are asked for again. */
export const forgetSegments = () => known = {};

function askDays(view, first, last) {
  const now = today(view.state.zone);
  const from = h('input', { type: 'date', id: 'from', required: true, max: now, value: first });
  const to = h('input', { type: 'date', id: 'to', required: true, max: now, value: last });
  formDialog(t('range.custom'), { action: t('apply') },
    () => view.go({ range: 'custom', from: from.value, to: to.value }),
    h('div', { class: 'row' }, field(t('from'), from), field(t('to'), to)),
    h('p', { class: 'hint' }, t('days-inside')),
  );
}

function compose(view) {
  const names = [...dimensions, ...view.session.dimensions.map(({ name }) => name), 'data'];
  const name = select({}, names.map(name => [name, t(`dimension.${name}`)]), 'path');
  const property = h('input', { type: 'text', placeholder: 'plan' }), propertyField = field(t('property'), property);
  propertyField.hidden = true;
  name.addEventListener('change', () => propertyField.hidden = name.value !== 'data');
  const sign = select({}, signs.map(([mark, word]) => [mark, t(word)]), ':');
  const value = h('input', { type: 'text', required: true, autocomplete: 'off' });
  const add = () => view.go({
    filters: [
      ...view.state.filters,
      {
        name: name.value === 'data' ? `data.${property.value.trim()}` : name.value,
        sign: sign.value,
        values: value.value.split(',').map(text => text.trim()).filter(Boolean),
      },
    ],
  });
  formDialog(t('add-filter'), { action: t('apply') },
    add,
    field(t('dimension'), name),
    propertyField,
    field(t('comparison'), sign),
    field(t('value'), value, t('value-hint')),
  );
}
