// The toolbar above every report: range, comparison, time zone, segment and filters.

import { h, replace, select, field } from './dom.js';
import { t, has, day, weekday } from './text.js';
import { askAll, Failure } from './api.js';
import { presets, days, today, before, addFilter } from './state.js';
import { button, formDialog } from './kit.js';
import { values, written, stored } from './offers.js';

const dimensions = [
  'path', 'entry_page', 'exit_page', 'title', 'source', 'referrer', 'country', 'region', 'city', 'browser', 'os', 'device', 'screen', 'language',
  'event',
];
const signs = [[':', 'is'], ['!:', 'is-not'], ['~:', 'like'], ['!~:', 'not-like']];

/** A filter as text. */
export function described({ name, sign, values }) {
  const shown = values.map(value => written(name, value) || t('unknown')).join(', ');
  const word = `dimension.${name}`, what = name.startsWith('data.') ? `${t('property')} ${name.slice(5).replace(/\\([:;,!~])/g, '$1')}` : has(word) ? t(word) : name;
  return `${what} ${t(signs.find(([mark]) => mark === sign)?.[1] ?? 'is')} ${shown}`;
}

/** The toolbar. `daysOnly` leaves only the date range, for pages whose reports take no filters. */
export function toolbar(view, daysOnly = false) {
  if (daysOnly) return h('div', { class: 'toolbar' }, h('div', { class: 'row' }, range(view)));
  const choices = h('div', { class: 'row choices', id: 'choices' }, compare(view), zone(view), people(view), segment(view));
  return h('div', { class: 'toolbar' },
    h('div', { class: 'row' },
      range(view),
      unfold(choices),
      choices,
      button(`+ ${t('filter')}`, () => compose(view), { id: 'add-filter' }),
    ),
    view.state.compare && compared(view),
    view.state.filters.length > 0 && chips(view),
    h('p', { class: 'hint', id: 'as-of', role: 'status', hidden: true }),
    isOfEvents(view.state.filters) && h('p', { class: 'hint', id: 'events-only' }, t('events-only')),
  );
}

let isUnfolded = false;

/** On a phone, this button hides the less used options. */
function unfold(choices) {
  const show = () => {
    choices.classList.toggle('open', isUnfolded);
    element.setAttribute('aria-expanded', String(isUnfolded));
  };
  const element = h('button',
    { type: 'button', class: 'unfold', 'aria-controls': choices.id, onclick: () => { isUnfolded = !isUnfolded; show(); } },
    t('choices'),
  );
  show();
  return element;
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

/** A checkbox that is shown only on pages that compare. */
const compare = ({ state, go }) => h('label', { class: 'check compares', hidden: true },
  h('input', { type: 'checkbox', id: 'compare', checked: state.compare, onchange: event => go({ compare: event.target.checked }) }),
  t('compare'),
);

/** The days of the previous period. A month is compared with as many days before it, not the calendar month, so their number is shown. */
function compared({ state }) {
  const { first, last, clock } = before(state);
  /** @type {Intl.DateTimeFormatOptions} */
  const whole = { day: 'numeric', month: 'short', year: 'numeric' };
  const written = day(last, whole), end = clock ? t('until', { day: written, clock }) : written;
  const count = Math.round((Date.parse(last) - Date.parse(first)) / 86400000) + 1, isOneYear = first.slice(0, 4) === last.slice(0, 4);
  return h('p', { class: 'compares hint', id: 'compared-with', hidden: true },
    t('compared-with', { count, days: first === last ? end : `${day(first, isOneYear ? undefined : whole)} – ${end}` }),
  );
}

/** Whether the filters match only events: filters on an event or on event properties do. */
export const isOfEvents = filters => filters.some(({ name, sign }) => !sign.startsWith('!') && (name === 'event' || name.startsWith('data.')));

function zone({ state, go }) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [...new Set([state.zone, here, 'UTC', ...(Intl.supportedValuesOf?.('timeZone') ?? [])])].filter(Boolean);
  return select(
    { 'aria-label': t('timezone'), class: 'quiet', id: 'zone', onchange: event => go({ zone: event.target.value }) },
    zones.map(name => [name, name.replaceAll('_', ' ')]),
    state.zone,
  );
}

/** If users are identified, people can be counted instead of visitors. */
function people({ state, go, can }) {
  if (!can('identity') && !state.people) return null;
  return select(
    { 'aria-label': t('count-by'), class: 'quiet', id: 'count-by', title: t('count-by?'), onchange: event => go({ people: event.target.value !== '' }) },
    [['', t('visitors')], ['people', t('people')]],
    state.people ? 'people' : '',
  );
}

function chips({ state, go }) {
  const drop = filter => button('✕', () => go({ filters: state.filters.filter(other => other !== filter) }), {
    class: 'icon',
    'data-key': `chip-${state.filters.indexOf(filter)}`,
    'aria-label': t('remove-filter', { value: described(filter) }),
  });
  return h('ul', { class: 'chips', 'aria-label': t('filters') },
    state.filters.map(filter => h('li', null, h('span', null, described(filter)), drop(filter))),
    state.filters.length > 1 && h('li', { class: 'plain' }, button(t('clear'), () => go({ filters: [] }), { class: 'link' })),
  );
}

/** The segments of the open project. */
let known = {};
function segments(project) {
  if (known.project !== project) known = { project, list: askAll('/api/v1/segments') };
  const { list } = known;
  list.catch(() => { if (known.list === list) known = {}; });
  return list;
}

/** Whether the segment in the URL does not exist, or the user has no access to it. */
export async function isGone({ state, session, can }) {
  if (!state.segment) return false;
  if (!can('segments')) return true;
  return !(await segments(session.project.id)).some(({ id }) => id === state.segment);
}

/** A choice of the project's segments, if it has any. A segment in the URL can always be deselected, even if it no longer exists. */
function segment(view) {
  const place = h('span'), { state, go, session } = view;
  const offer = list => replace(place,
    select(
      { 'aria-label': t('segment'), id: 'segment', class: 'quiet', onchange: event => go({ segment: event.target.value }) },
      [
        ['', t('everyone')],
        ...list.map(({ id, name }) => [id, name]),
        ...state.segment && !list.some(({ id }) => id === state.segment) ? [[state.segment, t('segment-gone')]] : [],
      ],
      state.segment,
    ),
  );
  const draw = async () => {
    const list = await segments(session.project.id);
    if (list.length || state.segment) offer(list);
  };
  const offerNone = () => state.segment && offer([]);
  // The page's reports show the error.
  if (view.can('segments')) draw().catch(offerNone); else offerNone();
  return place;
}

/** Drops the loaded segments after a change, so they are loaded again. */
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
  const name = select({ id: 'filter-dimension' }, names.map(name => [name, t(`dimension.${name}`)]), 'path');
  const property = h('input', { type: 'text', id: 'filter-property', placeholder: 'plan' }), propertyField = field(t('property'), property);
  const sign = select({ id: 'filter-sign' }, signs.map(([mark, word]) => [mark, t(word)]), ':');
  const value = h('input', { type: 'text', id: 'filter-value', required: true, autocomplete: 'off', list: 'filter-values' });
  const offers = h('datalist', { id: 'filter-values' });
  const choose = async () => {
    const chosen = name.value;
    propertyField.hidden = chosen !== 'data';
    property.required = chosen === 'data';
    replace(offers);
    const found = await values(view, chosen).catch(() => []);
    // Show the values in the form that users read.
    if (name.value === chosen) replace(offers, found.map(value => h('option', { value: written(chosen, value) })));
  };
  name.addEventListener('change', choose);
  choose();
  const add = () => {
    // A value chosen from the list may contain a comma.
    const text = value.value.trim(), isOffered = [...offers.querySelectorAll('option')].some(option => option.value === text);
    const values = isOffered ? [text] : text.split(',').map(part => part.trim()).filter(Boolean);
    view.go({ filters: addFilter(view.state.filters, ...composed(name.value, property.value.trim(), sign.value, values)) });
  };
  formDialog(t('add-filter'), { action: t('apply'), id: 'filter-form' },
    add,
    field(t('dimension'), name),
    propertyField,
    field(t('comparison'), sign),
    field(t('value'), value, t('value-hint')),
    offers,
  );
}

/** Dimension, sign and values from the form; throws if they are invalid. */
function composed(name, property, sign, values) {
  if (name === 'data' && !property) throw new Failure(400, t('no-property'));
  if (!values.length) throw new Failure(400, t('no-value'));
  return [name === 'data' ? `data.${property.replace(/[:;,!~]/g, '\\$&')}` : name, sign, values.map(value => stored(name, value, sign.includes('~')))];
}
