// What the person looks at: page, range, filters. All of it is in the address, so that a view can be bookmarked and sent.

export const presets = ['today', 'yesterday', '7d', '30d', '90d', 'month', 'last-month', 'year', '12m'];
const here = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** Today in `zone`, 2026-03-02. */
export const today = zone => new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
  new Date(),
);
export function shift(day, days) {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** First and last day of a preset, both inside. */
export function days(range, zone, from, to) {
  const now = today(zone), month = now.slice(0, 8) + '01';
  switch (range) {
    case 'today': return [now, now];
    case 'yesterday': return [shift(now, -1), shift(now, -1)];
    case '7d': return [shift(now, -6), now];
    case '90d': return [shift(now, -89), now];
    case 'month': return [month, now];
    case 'last-month':
      {
        const last = shift(month, -1);
        return [last.slice(0, 8) + '01', last];
      }
    case 'year': return [now.slice(0, 5) + '01-01', now];
    case '12m': return [shift(now, -364), now];
    case 'custom': if (from && to) return from <= to ? [from, to] : [to, from];
  }
  return [shift(now, -29), now];
}

export function read(location = window.location) {
  const query = new URLSearchParams(location.search);
  const [, , page = '', ...rest] = location.pathname.split('/');
  return {
    page: page || 'overview',
    rest,
    range: query.get('range') ?? '30d',
    from: query.get('from'),
    to: query.get('to'),
    compare: query.get('compare') !== 'off',
    zone: query.get('timezone') || here,
    filters: parse(query.get('filter') ?? ''),
    segment: query.get('segment') ?? '',
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
  for (const [name, value] of Object.entries(state.extra)) if (value) query.set(`x-${name}`, value);
  const text = query.toString();
  return `/dashboard/${state.page}${text ? '?' + text : ''}`;
}

/** The universal parameters of reports. */
export function parameters(state) {
  const [start_at, end_at] = days(state.range, state.zone, state.from, state.to);
  return { start_at, end_at, timezone: state.zone, filter: write(state.filters), segment_id: state.segment };
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

export function parse(text) {
  return split(text, ';')
    .filter(Boolean)
    .map(condition => {
      const match = /^(.*?)(!~:|~:|!:|:)(.*)$/s.exec(condition);
      return match && { name: match[1], sign: match[2], values: split(match[3], ',').map(value => value.replace(/\\(.)/g, '$1')) };
    })
    .filter(Boolean);
}

/** The filters with this one in place of any other on the same dimension. */
export const withFilter = (filters, name, value, sign = ':') => [...filters.filter(filter => filter.name !== name), { name, sign, values: [value] }];
