// What pages log, with a tail.

import { h, replace, t, moment, later, load, columnChart, timeline, listen, facts, form, button, choice } from './kit.js';

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
  'l.page': { en: 'Page', de: 'Seite' },
  'l.visitor': { en: 'Visitor', de: 'Besucher' },
  'l.body': { en: 'Data', de: 'Daten' },
};

const kinds = { debug: '', info: '', warn: 'fair', error: 'bad', fatal: 'bad' };

export async function show(view) {
  const { root, report, state, go, signal } = view, { level, search, environment, release } = state.extra;
  const question = { level, search, environment, release }, list = h('div', { class: 'body' });
  let limit = 50;
  const draw = () => load(list,
    async () => {
      const { data } = await report('/api/v1/logs', { ...question, limit });
      if (!data.length) return null;
      return [
        data.map(row => entry(row, state.zone)),
        data.length === limit && button(t('more'), () => { limit = Math.min(1000, limit * 4); draw(); }, { class: 'link' }),
      ];
    },
    { signal, nothing: t('l.none') },
  );
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
    tail(draw, signal),
  );
  replace(root,
    later(t('l.over-time'), { signal, lines: 5, nothing: t('l.none') }, async () => {
      const answer = await report('/api/v1/logs/timeseries', { ...question, interval: view.interval });
      if (!answer.data.some(point => point.count)) return null;
      return columnChart({ name: t('l.over-time'), points: timeline(answer, view.interval, point => point.count) });
    }),
    h('section', { class: 'card', 'aria-label': t('l.entries') }, h('header', null, h('h2', null, t('l.entries')), filter), list),
  );
  draw();
}

function entry(row, zone) {
  const more = row.body && Object.keys(row.body).length > 0;
  return h('details', { class: 'log' },
    h('summary', null,
      h('span', { class: `badge ${kinds[row.level] ?? ''}` }, row.level),
      ' ',
      h('time', { datetime: row.created_at, class: 'muted' }, moment(row.created_at, zone)),
      ' ',
      row.message,
    ),
    facts([[t('l.page'), row.path], [t('l.environment'), row.environment], [t('l.release'), row.release], [t('l.visitor'), row.visitor_id]]),
    more && h('pre', { tabindex: 0, 'aria-label': t('l.body') }, JSON.stringify(row.body, null, 2)),
  );
}

/** A switch that draws anew whenever something comes. */
function tail(draw, signal) {
  let following, waiting;
  // The stream tells that something came; the report, which knows the filters, says what.
  const heard = name => {
    if (name === 'activity') return;
    clearTimeout(waiting);
    waiting = setTimeout(draw, 300);
  };
  const element = button(t('l.tail'),
    () => {
      following?.abort();
      following = following ? undefined : new AbortController();
      if (following) {
        listen('/api/v1/stream', heard, AbortSignal.any([signal, following.signal]));
        draw();
      }
      element.setAttribute('aria-pressed', String(!!following));
      replace(element, following && h('span', { class: 'live' }), t(following ? 'l.stop' : 'l.tail'));
    },
    { 'aria-pressed': 'false' },
  );
  return element;
}
