// The state of the view: page, range, filters. It is stored in the URL, so views can be bookmarked and shared.

import { now } from './api.js';

export const presets = ['today', 'yesterday', '7d', '30d', '90d', 'month', 'last-month', 'year', '12m'];
const here = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** Today in `zone`, 2026-03-02. */
export const today = zone => new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
  new Date(now()),
);
export function shift(day, days) {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** The last millisecond of a day in the user's time zone: a key that expires on a day is valid through that day. */
export const endOfDay = day => new Date(`${day}T23:59:59.999`).toISOString();

/** The first and last day of a range, both included. */
export function days(range, zone, from, to) {
  const last = today(zone), month = last.slice(0, 8) + '01';
  switch (range) {
    case 'today': return [last, last];
    case 'yesterday': return [shift(last, -1), shift(last, -1)];
    case '7d': return [shift(last, -6), last];
    case '90d': return [shift(last, -89), last];
    case 'month': return [month, last];
    case 'last-month':
      {
        const before = shift(month, -1);
        return [before.slice(0, 8) + '01', before];
      }
    case 'year': return [last.slice(0, 5) + '01-01', last];
    case '12m': return [shift(last, -364), last];
    case 'custom': if (from && to) return from <= to ? [from, to] : [to, from];
  }
  return [shift(last, -29), last];
}

/** @type {(text: string | null) => boolean} */
const isDay = text => /^\d{4}-\d\d-\d\d$/.test(text ?? '') && !isNaN(Date.parse(text ?? '')) && shift(text, 0) === text;
function isZone(name) {
  try { return !!new Intl.DateTimeFormat('en', { timeZone: name }); } catch { return false; }
}

/**
 * The state in the URL. Invalid ranges, days, zones and filters are replaced by the defaults and listed in `odd`.
 */
export function read(location = window.location) {
  const query = new URLSearchParams(location.search);
  const [, , page = '', ...rest] = location.pathname.split('/');
  const from = query.get('from'), to = query.get('to'), range = query.get('range'), zone = query.get('timezone');
  const isKnown = range === 'custom' ? isDay(from) && isDay(to) : presets.includes(range ?? ''), filters = parse(query.get('filter') ?? '');
  const odd = [
    range !== null && !isKnown && (range === 'custom' ? `from=${from ?? ''}, to=${to ?? ''}` : `range=${range}`),
    zone && !isZone(zone) && `timezone=${zone}`,
    ...filters.filter(condition => typeof condition === 'string').map(condition => `filter=${condition}`),
  ].filter(Boolean);
  return {
    odd,
    page: page || 'overview',
    rest,
    range: isKnown ? range : '30d',
    from,
    to,
    compare: query.get('compare') !== 'off',
    zone: zone && isZone(zone) ? zone : here,
    filters: filters.filter(condition => typeof condition !== 'string'),
    segment: query.get('segment') ?? '',
    people: query.get('count') === 'people',
    extra: Object.fromEntries([...query].filter(([name]) => name.startsWith('x-')).map(([name, value]) => [name.slice(2), value])),
  };
}

export function href(state) {
  const query = new URLSearchParams();
  if (state.range !== '30d') query.set('range', state.range);
  if (state.range === 'custom') {
    query.set('from', state.from ?? '');
    query.set('to', state.to ?? '');
  }
  if (!state.compare) query.set('compare', 'off');
  if (state.zone !== 'UTC' || here !== 'UTC') query.set('timezone', state.zone);
  if (state.filters.length) query.set('filter', write(state.filters));
  if (state.segment) query.set('segment', state.segment);
  if (state.people) query.set('count', 'people');
  for (const [name, value] of Object.entries(state.extra)) if (value) query.set(`x-${name}`, value);
  const text = query.toString();
  return `/dashboard/${state.page}${text ? '?' + text : ''}`;
}

/**
 * The days of the range that have begun, both included. For a range in progress also `until`, the next full minute, and `clock`,
 * its time of day in the zone. Within a minute all users send the same request, which the server can cache.
 */
function span({ range, zone, from, to }) {
  const [first, end] = days(range, zone, from, to), day = today(zone);
  if (end < day || first > day) return { first, last: end };
  const until = new Date(Math.floor(now() / 60000 + 1) * 60000);
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(until);
  return clock === '00:00' ? { first, last: day } : { first, last: day, until, clock };
}

/** Whether the range is still in progress. */
export const isOpen = state => 'until' in span(state);

/** The common parameters of reports. A range in progress ends at the next full minute. */
export function parameters(state) {
  const { first, last, until } = span(state);
  return {
    start_at: first,
    end_at: until ? until.toISOString() : last,
    timezone: state.zone,
    filter: write(state.filters),
    segment_id: state.segment,
    count_by: state.people ? 'people' : '',
  };
}

/**
 * The previous period: as many days directly before the range; for a range in progress, up to the same time of day on its last day.
 * The API's `compare=previous` uses a period of the same length instead: for today until 10:00 it would start yesterday at 14:00.
 */
export function before(state) {
  const { first, last, clock } = span(state), count = Math.round((Date.parse(last) - Date.parse(first)) / 86400000) + 1;
  return { first: shift(first, -count), last: shift(last, -count), clock };
}

/** The parameters for the previous period. */
export function parametersBefore(state) {
  const { first, last, clock } = before(state);
  return { ...parameters(state), start_at: first, end_at: clock ? `${last}T${clock}` : last };
}

export function interval(state) {
  const [first, last] = days(state.range, state.zone, state.from, state.to);
  return shift(first, 2) > last ? 'hour' : 'day';
}

// MARK: filter=country:US,CA;browser!:Chrome;path~:/docs*

const escape = value => value.replace(/[\\,;]/g, '\\$&');
export const write = filters => filters.map(({ name, sign, values }) => name + sign + values.map(escape).join(',')).join(';');

function split(text, mark) {
  const parts = [''];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\' && at + 1 < text.length) {
      parts[parts.length - 1] += text[at] + text[++at];
    } else if (text[at] === mark) parts.push(''); else parts[parts.length - 1] += text[at];
  }
  return parts;
}

/** The conditions of a filter; invalid ones stay text. */
function parse(text) {
  return split(text, ';')
    .filter(Boolean)
    .map(condition => {
      const match = /^((?:\\.|[^\\])+?)(!~:|~:|!:|:)(.*)$/s.exec(condition);
      return match ? { name: match[1], sign: match[2], values: split(match[3], ',').map(value => value.replace(/\\(.)/g, '$1')) } : condition;
    });
}

/** The filters plus these values, merged with a filter on the same dimension and sign; any of its values matches. */
export function addFilter(filters, name, sign, values) {
  const isSame = filter => filter.name === name && filter.sign === sign;
  if (!filters.some(isSame)) return [...filters, { name, sign, values }];
  return filters.map(filter => isSame(filter) ? { ...filter, values: [...new Set([...filter.values, ...values])] } : filter);
}

/** The filters with this one replacing all others on the same dimension. */
export const withFilter = (filters, name, value, sign = ':') => [...filters.filter(filter => filter.name !== name), { name, sign, values: [value] }];
