// What pages log, with a tail.

import { h, replace, t, language, later, growing, columnChart, timeline, listen, facts, form, button, choice } from './kit.js';

export const texts = {
  'l.over-time': { en: 'Entries over time', de: 'Einträge im Verlauf' },
  'l.entries': { en: 'Entries, newest first', de: 'Einträge, neueste zuerst' },
  'l.level': { en: 'Level', de: 'Stufe' },
  'l.all': { en: 'All levels', de: 'Alle Stufen' },
  'l.search': { en: 'Search', de: 'Suche' },
  'l.search?': { en: 'Part of the message', de: 'Teil der Meldung' },
  'l.environment': { en: 'Environment', de: 'Umgebung' },
  'l.release': { en: 'Release', de: 'Version' },
  'l.tail': { en: 'Follow', de: 'Mitlesen' },
  'l.stop': { en: 'Stop following', de: 'Nicht mehr mitlesen' },
  'l.none': {
    en: 'No entries. Send one with pulse("log", "warn", "message", { any: "data" }).',
    de: 'Keine Einträge. pulse("log", "warn", "Meldung", { beliebige: "Daten" }) sendet einen.',
  },
  'l.time': { en: 'Time', de: 'Zeit' },
  'l.page': { en: 'Page', de: 'Seite' },
  'l.visitor': { en: 'Visitor', de: 'Besucher' },
  'l.body': { en: 'Data', de: 'Daten' },
};

const kinds = { debug: '', info: '', warn: 'fair', error: 'bad', fatal: 'bad' };

export async function show(view) {
  const { root, report, state, go, signal } = view, { level, search, environment, release } = state.extra;
  const question = { level, search, environment, release }, entries = new Map();
  const made = row => {
    if (!entries.has(row.id)) entries.set(row.id, entry(row, state.zone));
    return entries.get(row.id);
  };
  const first = 50, newest = async limit => (await report('/api/v1/logs', { ...question, limit })).data;
  const list = growing(newest, data => h('div', { id: 'entries' }, data.map(made)), { first, signal, nothing: t('l.none') });
  /** Puts what is new among the entries that stand there, which stay as they are: somebody may be reading one. */
  const add = async () => {
    const rows = await newest(first), place = list.querySelector('#entries'), stands = row => place && entries.get(row.id)?.parentNode === place;
    // Where so much is new, what is between it and what stands there would be left out.
    if (!rows.some(stands)) return list.again();
    let next = place.firstChild;
    for (const row of rows) {
      if (stands(row)) next = entries.get(row.id).nextSibling; else place.insertBefore(made(row), next);
    }
  };
  const input = (name, properties) => h('input', {
    type: 'text',
    value: state.extra[name] ?? '',
    'aria-label': t(`l.${name}`),
    placeholder: t(`l.${name}`),
    size: 12,
    ...properties,
  });
  const inputs = {
    search: input('search', { type: 'search', placeholder: t('l.search?'), size: 20 }),
    environment: input('environment'),
    release: input('release'),
  };
  const send = () => go({ extra: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value])) });
  const filter = form({ class: 'row', role: 'search' }, send,
    choice(view, 'level', t('l.level'), [['', t('l.all')], ...Object.keys(kinds).map(name => [name, name])], level ?? ''),
    Object.values(inputs),
    h('button', { type: 'submit' }, t('apply')),
    tail(add, view),
  );
  replace(root,
    later(t('l.over-time'), { signal, lines: 5, nothing: t('l.none') }, async () => {
      const answer = await report('/api/v1/logs/timeseries', { ...question, interval: view.interval });
      if (!answer.data.some(point => point.count)) return null;
      return columnChart({ name: t('l.over-time'), points: timeline(answer, view.interval, point => point.count) });
    }),
    h('section', { class: 'card', 'aria-label': t('l.entries') }, h('header', null, h('h2', null, t('l.entries')), filter), list),
  );
}

/** When something was written, to the second, and to the millisecond. */
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
      [t('l.time'), times(zone, { fractionalSecondDigits: 3 }).format(at)],
      [t('l.page'), row.path],
      [t('l.environment'), row.environment],
      [t('l.release'), row.release],
      [t('l.visitor'), row.visitor_id],
    ]),
    more && h('pre', { tabindex: 0, 'aria-label': t('l.body') }, JSON.stringify(row.body, null, 2)),
  );
}

/** A switch that calls `add` whenever something comes. It is part of the address, so that another level or search keeps it. */
function tail(add, { state, signal, keep }) {
  let following, waiting;
  // The stream tells that something came; the report, which knows the filters, says what.
  const come = () => add().catch(() => { /* the next one brings it along */ });
  const heard = name => {
    if (name !== 'activity') waiting ??= setTimeout(() => { waiting = undefined; come(); }, 300);
  };
  const follow = isOn => {
    following?.abort();
    following = isOn ? new AbortController() : undefined;
    if (following) listen('/api/v1/stream', heard, AbortSignal.any([signal, following.signal]));
    element.setAttribute('aria-pressed', String(isOn));
    replace(element, isOn && h('span', { class: 'live' }), t(isOn ? 'l.stop' : 'l.tail'));
  };
  const element = button(t('l.tail'),
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
