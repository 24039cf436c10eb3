// What goes wrong in visitors' browsers.

import {
  h, replace, t, number, ago, moment, day, weekday, figure, load, later, table, facts, columnChart, dialog, select, ask, toast,
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
  'e.count': { en: 'Times', de: 'Male' },
  'e.visitors': { en: 'Visitors', de: 'Besucher' },
  'e.last': { en: 'Last', de: 'Zuletzt' },
  'e.first': { en: 'First', de: 'Zuerst' },
  'e.status': { en: 'State', de: 'Stand' },
  'e.open': { en: 'open', de: 'offen' },
  'e.resolved': { en: 'resolved', de: 'behoben' },
  'e.ignored': { en: 'ignored', de: 'übergangen' },
  'e.regressed': { en: 'came back', de: 'wieder da' },
  'e.all': { en: 'All', de: 'Alle' },
  'e.release': { en: 'Release', de: 'Version' },
  'e.where': { en: 'Where', de: 'Wo' },
  'e.stack': { en: 'Stack', de: 'Aufrufe' },
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
    de: 'Keine Source-Map passt: Das sind die Aufrufe der gebauten Datei.',
  },
  'e.resolve': { en: 'Resolve', de: 'Beheben' },
  'e.ignore': { en: 'Ignore', de: 'Übergehen' },
  'e.reopen': { en: 'Open again', de: 'Wieder öffnen' },
  'e.over-time': { en: 'Errors over time', de: 'Fehler im Verlauf' },
  'e.older': { en: 'Older', de: 'Ältere' },
  'e.newer': { en: 'Newer', de: 'Neuere' },
};

const kinds = { open: 'fair', resolved: 'good', ignored: '', regressed: 'bad' };
const badge = status => h('span', { class: `badge ${kinds[status]}` }, t(`e.${status}`));

export async function show(view) {
  const { root, report, state, go, signal } = view, status = state.extra.status ?? '', figures = h('div', { class: 'figures' });
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
      return data.some(point => point.count)
        ? columnChart({
          name: t('e.total'),
          points: data.map(point => ({
            label: view.interval === 'hour' ? point.date.replace('T', ' ').slice(0, 16) : weekday(point.date),
            short: view.interval === 'hour' ? point.date.slice(11, 16) : day(point.date),
            value: point.count,
            kind: 'bad',
          })),
        })
        : null;
    }),
    later(t('e.list'),
      {
        signal,
        nothing: t('e.none'),
        actions: select(
          { 'aria-label': t('e.status'), onchange: event => go({ extra: { status: event.target.value } }) },
          [['', t('e.all')], ...Object.keys(kinds).map(name => [name, t(`e.${name}`)])],
          status,
        ),
      },
      async () => {
        const { data } = await report('/api/v1/errors', { limit: 50, status });
        return data.length
          ? table(t('e.list'),
            [
              { name: t('e.message'), cell: row => row.message },
              { name: t('e.status'), cell: row => badge(row.status) },
              { name: t('e.count'), number: true, cell: row => number(row.count) },
              { name: t('e.visitors'), number: true, cell: row => number(row.affected_visitors) },
              { name: t('e.where'), cell: row => row.latest_path },
              { name: t('e.release'), cell: row => row.release ?? '–' },
              {
                name: t('e.last'),
                cell: row => h('time', { datetime: row.last_seen, title: moment(row.last_seen, state.zone) }, ago(row.last_seen)),
              },
            ],
            data,
            { onpick: row => details(view, row) },
          )
          : null;
      },
    ),
  );
}

function details(view, error) {
  dialog(error.message,
    close => {
      const place = h('div');
      load(place,
        async () => {
          const [{ data }, issue] = await Promise.all([
            view.report('/api/v1/errors/details', { fingerprint: error.fingerprint, limit: 20 }),
            ask(`/api/v1/errors/issues/${error.fingerprint}`),
          ]);
          let at = 0;
          const example = h('div');
          const draw = () => replace(example,
            data[at] && one(data[at], view.state.zone),
            data.length > 1
              && h('div', { class: 'row end' },
                h('span', { class: 'muted' }, `${at + 1} / ${data.length}`),
                h('button', { type: 'button', disabled: at === 0, onclick: () => { at--; draw(); } }, t('e.newer')),
                h('button', { type: 'button', disabled: at === data.length - 1, onclick: () => { at++; draw(); } }, t('e.older')),
              ),
          );
          draw();
          const set = status => async () => {
            try {
              await ask(`/api/v1/errors/issues/${error.fingerprint}`, { method: 'PUT', body: { status } });
              close();
              view.refresh();
            } catch (problem) { toast(problem.message, 'bad'); }
          };
          return [
            h('div', { class: 'row' },
              badge(issue.status),
              ...(issue.status === 'open' || issue.status === 'regressed'
                ? [
                  h('button', { type: 'button', onclick: set('resolved') }, t('e.resolve')),
                  h('button', { type: 'button', onclick: set('ignored') }, t('e.ignore')),
                ]
                : [h('button', { type: 'button', onclick: set('open') }, t('e.reopen'))]),
            ),
            facts([
              [t('e.count'), number(issue.count)],
              [t('e.visitors'), number(issue.affected_visitors)],
              [t('e.first'), moment(issue.first_seen, view.state.zone)],
              [t('e.last'), moment(issue.last_seen, view.state.zone)],
            ]),
            h('h3', null, t('e.examples')),
            example,
          ];
        },
        { signal: view.signal },
      );
      return place;
    },
    { wide: true, closeLabel: t('close') },
  );
}

function one(example, zone) {
  const frames = example.frames ?? [];
  return [
    facts([
      [t('time'), moment(example.created_at, zone)],
      [t('e.where'), example.path],
      [t('e.browser'), `${example.browser} · ${example.os}`],
      [t('e.release'), example.release],
    ]),
    h('h3', null, t('e.stack')),
    !frames.some(frame => frame.original) && h('p', { class: 'hint' }, t('e.no-map')),
    frames.length
      ? h('ol', null,
        frames.map(frame => h('li', null,
          h('code', null,
            `${frame.original?.name ?? frame.function ?? '?'} — ${frame.original ? `${frame.original.file}:${frame.original.line}:${frame.original.column}` : `${frame.filename ?? '?'}:${frame.lineno ?? '?'}:${frame.colno ?? '?'}`}`,
          ),
          frame.original && h('span', { class: 'badge good' }, t('e.source')),
        )),
      )
      : h('pre', { tabindex: 0 }, example.stack),
    example.breadcrumbs?.length > 0
      && [
        h('h3', null, t('e.before')),
        h('ol', null, example.breadcrumbs.map(crumb => h('li', null, `${moment(crumb.at, zone)} · ${crumb.label || crumb.path}`))),
      ],
  ];
}
