// Log entries, with a live tail.

import { h, replace, t, language, later, growing, columnChart, timeline, listen, facts, form, button, choice } from './kit.js';

const kinds = { debug: '', info: '', warn: 'fair', error: 'bad', fatal: 'bad' };

/** @param {View} view */
export async function show(view) {
  const { root, report, state, go, signal } = view, { level, search, environment, release } = state.extra;
  const question = { level, search, environment, release }, entries = new Map();
  const made = row => {
    if (!entries.has(row.id)) entries.set(row.id, entry(row, state.zone));
    return entries.get(row.id);
  };
  const first = 50, newest = async limit => (await report('/api/v1/logs', { ...question, limit })).data;
  const list = growing(newest, data => h('div', { id: 'entries' }, data.map(made)), { first, signal, nothing: t('logs.none') });
  /** Inserts new entries, and leaves the others untouched: the user may have one open. */
  const add = async () => {
    const rows = await newest(first), place = list.querySelector('#entries'), stands = row => place && entries.get(row.id)?.parentNode === place;
    // With this many new entries, some entries between the new and the shown ones would be missing.
    if (!place || !rows.some(stands)) return list.again();
    let next = place.firstChild;
    for (const row of rows) {
      if (stands(row)) next = entries.get(row.id)?.nextSibling ?? null; else place.insertBefore(made(row), next);
    }
  };
  const input = (name, properties) => h('input', {
    type: 'text',
    value: state.extra[name] ?? '',
    'aria-label': t(`logs.${name}`),
    placeholder: t(`logs.${name}`),
    size: 12,
    ...properties,
  });
  const inputs = {
    search: input('search', { type: 'search', placeholder: t('logs.search?'), size: 20 }),
    environment: input('environment'),
    release: input('release'),
  };
  const send = () => go({ extra: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value])) });
  const filter = form({ class: 'row', role: 'search' }, send,
    choice(view, 'level', t('logs.level'), [['', t('logs.all')], ...Object.keys(kinds).map(name => [name, name])], level ?? ''),
    Object.values(inputs),
    h('button', { type: 'submit' }, t('apply')),
    tail(add, view),
  );
  replace(root,
    later(t('logs.over-time'), { signal, lines: 5, nothing: t('logs.none') }, async () => {
      const answer = await report('/api/v1/logs/timeseries', { ...question, interval: view.interval });
      if (!answer.data.some(point => point.count)) return null;
      return columnChart({ name: t('logs.over-time'), points: timeline(answer, view.interval, point => point.count) });
    }),
    h('section', { class: 'card', 'aria-label': t('logs.entries') }, h('header', null, h('h2', null, t('logs.entries')), filter), list),
  );
}

/** Formats times to the second; with `more`, to the millisecond. */
const times = (zone, more) => new Intl.DateTimeFormat(language, {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  second: '2-digit',
  timeZone: zone,
  ...more,
});

function entry(row, zone) {
  const more = row.body && Object.keys(row.body).length > 0, at = new Date(row.created_at);
  return h('details', { class: 'log' },
    h('summary', null,
      h('span', { class: `badge ${kinds[row.level] ?? ''}` }, row.level),
      ' ',
      h('time', { datetime: row.created_at, class: 'muted' }, times(zone).format(at)),
      ' ',
      row.message,
    ),
    facts([
      [t('logs.time'), times(zone, { fractionalSecondDigits: 3 }).format(at)],
      [t('logs.page'), row.path],
      [t('logs.environment'), row.environment],
      [t('logs.release'), row.release],
      [t('logs.visitor'), row.visitor_id],
    ]),
    more && h('pre', { tabindex: 0, 'aria-label': t('logs.body') }, JSON.stringify(row.body, null, 2)),
  );
}

/** A toggle that calls `add` when new entries arrive. Its state is stored in the URL, so it survives changes of level or search. */
function tail(add, { state, signal, keep }) {
  let following, waiting;
  // The stream only signals new entries; the report, which applies the filters, returns them.
  const come = () => add().catch(() => { /* the next one includes them */ });
  const heard = name => {
    if (name !== 'activity' && !waiting) waiting = setTimeout(() => { waiting = undefined; come(); }, 300);
  };
  const follow = isOn => {
    following?.abort();
    following = isOn ? new AbortController() : undefined;
    if (following) listen('/api/v1/stream', heard, /** @type {any} */ (AbortSignal).any([signal, following.signal]));
    element.setAttribute('aria-pressed', String(isOn));
    replace(element, isOn && h('span', { class: 'live' }), t(isOn ? 'logs.stop' : 'logs.tail'));
  };
  const element = button(t('logs.tail'),
    () => {
      const isOn = !following;
      keep({ follow: isOn ? 'on' : '' });
      follow(isOn);
      if (isOn) come();
    },
    { id: 'follow' },
  );
  follow(state.extra.follow === 'on');
  return element;
}
