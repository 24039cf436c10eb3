// What pages log, with a tail.

import { h, replace, t, moment, later, load, columnChart, day, weekday, select, listen, facts, form } from './kit.js';

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
  const { root, report, state, go, signal } = view;
  const chosen = { level: state.extra.level, search: state.extra.search, environment: state.extra.environment, release: state.extra.release };
  let limit = 50, following = null;
  const list = h('div', { class: 'body' });
  const entry = row => h('details', { class: 'log' },
    h('summary', null,
      h('span', { class: `badge ${kinds[row.level] ?? ''}` }, row.level),
      ' ',
      h('time', { datetime: row.created_at, class: 'muted' }, moment(row.created_at, state.zone)),
      ' ',
      row.message,
    ),
    facts([[t('l.page'), row.path], [t('l.environment'), row.environment], [t('l.release'), row.release], [t('l.visitor'), row.visitor_id]]),
    row.body && Object.keys(row.body).length > 0 && h('pre', { tabindex: 0 }, JSON.stringify(row.body, null, 2)),
  );
  const draw = () => load(list,
    async () => {
      const { data } = await report('/api/v1/logs', { ...chosen, limit });
      return data.length
        ? [
          data.map(entry),
          data.length === limit
            && h('button', { type: 'button', class: 'link', onclick: () => { limit = Math.min(1000, limit * 4); draw(); } }, t('more')),
        ]
        : null;
    },
    { signal, nothing: t('l.none') },
  );
  const tail = h('button',
    { type: 'button', 'aria-pressed': 'false', onclick: () => {
      if (following) {
        following.abort();
        following = null;
      } else {
        following = new AbortController();
        // The stream tells that something came; the report, which knows the filters, says what.
        let waiting;
        listen('/api/v1/stream',
          name => {
            if (name !== 'activity') {
              clearTimeout(waiting);
              waiting = setTimeout(draw, 300);
            }
          },
          AbortSignal.any([signal, following.signal]),
        );
        draw();
      }
      tail.setAttribute('aria-pressed', String(!!following));
      replace(tail, following && h('span', { class: 'live' }), t(following ? 'l.stop' : 'l.tail'));
    } },
    t('l.tail'),
  );
  const search = h('input', { type: 'search', value: chosen.search ?? '', 'aria-label': t('l.search'), placeholder: t('l.search?') });
  const environment = h('input', {
    type: 'text',
    value: chosen.environment ?? '',
    'aria-label': t('l.environment'),
    placeholder: t('l.environment'),
    size: 12,
  });
  const level = select(
    { 'aria-label': t('l.level'), onchange: event => go({ extra: { level: event.target.value } }) },
    [['', t('l.all')], ...Object.keys(kinds).map(name => [name, name])],
    chosen.level ?? '',
  );
  const filter = form({ class: 'row', role: 'search' },
    () => go({ extra: { search: search.value, environment: environment.value } }),
    level,
    search,
    environment,
    h('button', { type: 'submit' }, t('apply')),
    tail,
  );
  replace(root,
    later(t('l.over-time'), { signal, lines: 5, nothing: t('l.none') }, async () => {
      const { data } = await report('/api/v1/logs/timeseries', { ...chosen, interval: view.interval }), hourly = view.interval === 'hour';
      return data.some(point => point.count)
        ? columnChart({
          name: t('l.over-time'),
          points: data.map(point => ({
            label: hourly ? point.date.replace('T', ' ').slice(0, 16) : weekday(point.date),
            short: hourly ? point.date.slice(11, 16) : day(point.date),
            value: point.count,
          })),
        })
        : null;
    }),
    h('section', { class: 'card', 'aria-label': t('l.entries') }, h('header', null, h('h2', null, t('l.entries')), filter), list),
  );
  draw();
}
