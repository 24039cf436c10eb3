// What goes wrong in visitors' browsers.

import {
  h, replace, t, number, percent, ago, moment, country, timeline, figure, load, later, card, growing, table, facts, columnChart, dialog, choice,
  button, breakdown, ask,
} from './kit.js';

export const texts = {
  'e.total': { en: 'Errors', de: 'Fehler' },
  'e.total?': { en: 'How often anything failed.', de: 'Wie oft etwas fehlschlug.' },
  'e.groups': { en: 'Different errors', de: 'Verschiedene Fehler' },
  'e.groups?': {
    en: 'Errors with the same cause count once, also across builds.',
    de: 'Fehler gleicher Ursache zählen einmal, auch über Versionen hinweg.',
  },
  'e.people': { en: 'Affected visitors', de: 'Betroffene Besucher' },
  'e.people?': { en: 'Visitors who met at least one error.', de: 'Besucher, die mindestens einen Fehler trafen.' },
  'e.list': { en: 'Errors by how often', de: 'Fehler nach Häufigkeit' },
  'e.message': { en: 'Message', de: 'Meldung' },
  'e.count': { en: 'Times', de: 'Anzahl' },
  'e.visitors': { en: 'Visitors', de: 'Besucher' },
  'e.last': { en: 'Last', de: 'Zuletzt' },
  'e.first': { en: 'First', de: 'Zuerst' },
  'e.status': { en: 'State', de: 'Stand' },
  'e.open': { en: 'open', de: 'offen' },
  'e.resolved': { en: 'resolved', de: 'behoben' },
  'e.ignored': { en: 'ignored', de: 'ignoriert' },
  'e.regressed': { en: 'came back', de: 'wieder da' },
  'e.all': { en: 'All', de: 'Alle' },
  'e.release': { en: 'Release', de: 'Version' },
  'e.where': { en: 'Mostly on', de: 'Vor allem auf' },
  'e.where?': { en: 'The page where it happened most often in this range.', de: 'Die Seite, auf der es im Zeitraum am häufigsten geschah.' },
  'e.page': { en: 'Page', de: 'Seite' },
  'e.more-pages': { en: { one: 'and {count} more page', other: 'and {count} more pages' }, de: { one: 'und {count} weitere Seite', other: 'und {count} weitere Seiten' } },
  'e.by': { en: 'Where it happens', de: 'Wo es geschieht' },
  'e.in-range': { en: 'In this range', de: 'In diesem Zeitraum' },
  'e.ever': { en: 'Ever', de: 'Jemals' },
  'e.times': { en: { one: '{count} time, {visitors}', other: '{count} times, {visitors}' }, de: '{count}-mal, {visitors}' },
  'e.stack': { en: 'Stack', de: 'Aufrufstapel' },
  'e.source': { en: 'in the sources', de: 'in den Quellen' },
  'e.before': { en: 'What they did before', de: 'Was davor geschah' },
  'e.examples': { en: 'Latest', de: 'Neueste' },
  'e.browser': { en: 'Browser', de: 'Browser' },
  'e.none': {
    en: 'No errors in this range. Add data-errors="true" to the script’s tag if it is not there.',
    de: 'Keine Fehler in diesem Zeitraum. Ergänzen Sie data-errors="true" am Skript, falls es fehlt.',
  },
  'e.no-map': {
    en: 'No source map fits: the stack is that of the built file.',
    de: 'Keine Source-Map passt: Das ist der Aufrufstapel der gebauten Datei.',
  },
  'e.resolve': { en: 'Resolve', de: 'Als behoben markieren' },
  'e.ignore': { en: 'Ignore', de: 'Ignorieren' },
  'e.reopen': { en: 'Open again', de: 'Wieder öffnen' },
  'e.over-time': { en: 'Errors over time', de: 'Fehler im Verlauf' },
  'e.older': { en: 'Older', de: 'Ältere' },
  'e.newer': { en: 'Newer', de: 'Neuere' },
};

const kinds = { open: 'fair', resolved: 'good', ignored: '', regressed: 'bad' };
const badge = status => h('span', { class: `badge ${kinds[status]}` }, t(`e.${status}`));

export async function show(view) {
  const { root, report, state, signal } = view, status = state.extra.status ?? '', figures = h('div', { class: 'figures' });
  load(figures,
    async () => {
      const stats = await report('/api/v1/errors/stats');
      return [['total', 'total_errors'], ['groups', 'unique_errors'], ['people', 'affected_visitors']].map(([name, key]) => figure({
        name: t(`e.${name}`),
        value: number(stats[key]),
        explain: t(`e.${name}?`),
      }));
    },
    { lines: 2, signal },
  );
  replace(root, figures,
    later(t('e.over-time'), { signal, lines: 6, nothing: t('e.none') }, async () => {
      const { data } = await report('/api/v1/errors/timeseries', { interval: view.interval });
      if (!data.some(point => point.count)) return null;
      return columnChart({
        name: t('e.total'),
        points: timeline({ data }, view.interval, point => point.count).map(point => ({ ...point, kind: 'bad' })),
      });
    }),
    card(t('e.list'),
      { actions: choice(view, 'status', t('e.status'), [['', t('e.all')], ...Object.keys(kinds).map(name => [name, t(`e.${name}`)])], status) },
      growing(async limit => (await report('/api/v1/errors', { limit, status })).data,
        data => table(t('e.list'),
          [
            { name: t('e.message'), cell: row => row.message, value: row => row.message },
            { name: t('e.status'), cell: row => badge(row.status), value: row => t(`e.${row.status}`) },
            { name: t('e.count'), number: true, cell: row => number(row.count), value: row => row.count },
            { name: t('e.visitors'), number: true, cell: row => number(row.affected_visitors), value: row => row.affected_visitors },
            {
              name: t('e.where'),
              explain: t('e.where?'),
              cell: row => [row.top_path || t('unknown'), row.paths > 1 && h('div', { class: 'hint' }, t('e.more-pages', { count: row.paths - 1 }))],
              value: row => row.top_path,
            },
            { name: t('e.release'), cell: row => row.release ?? '–', value: row => row.release },
            {
              name: t('e.last'),
              value: row => row.last_seen,
              cell: row => h('time', { datetime: row.last_seen, title: moment(row.last_seen, state.zone) }, ago(row.last_seen)),
            },
          ],
          data,
          { pick: row => () => details(view, row) },
        ),
        { signal, nothing: t('e.none') },
      ),
    ),
  );
}

function details(view, error) {
  const path = `/api/v1/errors/issues/${error.fingerprint}`;
  dialog(error.message,
    close => {
      const place = h('div');
      const set = (status, text) => button(text, async () => {
        await ask(path, { method: 'PUT', body: { status } });
        close();
        view.refresh();
      });
      load(place,
        async () => {
          const [{ data }, issue] = await Promise.all([
            view.report('/api/v1/errors/details', { fingerprint: error.fingerprint, limit: 20 }),
            ask(path),
          ]);
          const isOpen = issue.status === 'open' || issue.status === 'regressed';
          return [
            h('div', { class: 'row' },
              badge(issue.status),
              isOpen ? [set('resolved', t('e.resolve')), set('ignored', t('e.ignore'))] : set('open', t('e.reopen')),
            ),
            facts([
              [t('e.in-range'), times(error)],
              [t('e.ever'), times(issue)],
              [t('e.first'), moment(issue.first_seen, view.state.zone)],
              [t('e.last'), moment(issue.last_seen, view.state.zone)],
            ]),
            where(view, error),
            h('h3', null, t('e.examples')),
            leaf(data, view.state.zone),
          ];
        },
        { signal: view.signal },
      );
      return place;
    },
    { wide: true },
  );
}

const times = ({ count, affected_visitors: visitors }) => t('e.times', { count, visitors: t('count.visitors', { count: visitors }) });

/** An error's occurrences in the range by page, browser and release. */
const where = (view, { fingerprint }) => breakdown(t('e.by'),
  [['path', 'e.page'], ['browser', 'e.browser'], ['release', 'e.release'], ['device', 'dimension.device'], ['country', 'dimension.country']].map(
    ([property, title]) => ({
      id: `error-${property}`,
      title: t(title),
      columns: [
        { name: t('e.count'), value: row => row.count },
        { name: t('e.visitors'), value: row => row.affected_visitors },
        { name: t('share'), value: row => row.percentage, format: percent },
      ],
      label: row => property === 'country' ? country(row.value) : row.value,
      rows: async limit => (await view.report('/api/v1/errors/breakdown', { fingerprint, property, limit })).data,
    }),
  ),
  { signal: view.signal },
);

/** One example at a time, the latest first. */
function leaf(examples, zone) {
  const place = h('div');
  const draw = at => replace(place,
    examples[at] && one(examples[at], zone),
    examples.length > 1
      && h('div', { class: 'row end' },
        h('span', { class: 'muted' }, `${at + 1} / ${examples.length}`),
        button(t('e.newer'), () => draw(at - 1), { disabled: at === 0 }),
        button(t('e.older'), () => draw(at + 1), { disabled: at === examples.length - 1 }),
      ),
  );
  draw(0);
  return place;
}

/** A line of the stack: what is called, and where it is, in the sources if they are known. */
function placed({ original, function: name, filename, lineno, colno }) {
  if (original) return `${original.name ?? name ?? '?'} — ${original.file}:${original.line}:${original.column}`;
  return `${name ?? '?'} — ${filename ?? '?'}:${lineno ?? '?'}:${colno ?? '?'}`;
}

function one(example, zone) {
  const frames = example.frames ?? [];
  return [
    facts([
      [t('time'), moment(example.created_at, zone)],
      [t('e.page'), example.path],
      [t('e.browser'), `${example.browser} · ${example.os}`],
      [t('e.release'), example.release],
    ]),
    h('h3', null, t('e.stack')),
    !frames.some(frame => frame.original) && h('p', { class: 'hint' }, t('e.no-map')),
    frames.length
      ? h('ol', null,
        frames.map(frame => h('li', null, h('code', null, placed(frame)), frame.original && h('span', { class: 'badge good' }, t('e.source')))),
      )
      : h('pre', { tabindex: 0 }, example.stack),
    example.breadcrumbs?.length > 0
      && [
        h('h3', null, t('e.before')),
        h('ol', null, example.breadcrumbs.map(crumb => h('li', null, `${moment(crumb.at, zone)} · ${crumb.label || crumb.path}`))),
      ],
  ];
}
