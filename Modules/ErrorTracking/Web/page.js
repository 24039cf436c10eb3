// Errors in visitors' browsers.

import {
  h, replace, t, number, percent, ago, moment, country, timeline, figure, load, later, card, growing, table, facts, columnChart, dialog, choice,
  button, breakdown, ask,
} from './kit.js';

const kinds = { open: 'fair', resolved: 'good', ignored: '', regressed: 'bad' };
const badge = status => h('span', { class: `badge ${kinds[status]}` }, t(`error_tracking.${status}`));

/** @param {View} view */
export async function show(view) {
  const { root, report, state, signal } = view, status = state.extra.status ?? '', figures = h('div', { class: 'figures' });
  const states = [['', t('error_tracking.all')], ...Object.keys(kinds).map(name => [name, t(`error_tracking.${name}`)])];
  load(figures,
    async () => {
      const stats = await report('/api/v1/errors/stats');
      return [['total', 'total_errors'], ['groups', 'unique_errors'], ['people', 'affected_visitors']].map(([name, key]) => figure({
        name: t(`error_tracking.${name}`),
        value: number(stats[key]),
        explain: t(`error_tracking.${name}?`),
      }));
    },
    { lines: 2, signal },
  );
  replace(root, figures,
    later(t('error_tracking.over-time'), { signal, lines: 6, nothing: t('error_tracking.none') }, async () => {
      const { data } = await report('/api/v1/errors/timeseries', { interval: view.interval });
      if (!data.some(point => point.count)) return null;
      return columnChart({
        name: t('error_tracking.total'),
        points: timeline({ data }, view.interval, point => point.count).map(point => ({ ...point, kind: 'bad' })),
      });
    }),
    card(t('error_tracking.list'),
      { actions: choice(view, 'status', t('error_tracking.status'), states, status) },
      growing(async limit => (await report('/api/v1/errors', { limit, status })).data,
        data => table(t('error_tracking.list'),
          [
            { name: t('error_tracking.message'), cell: row => row.message, value: row => row.message },
            { name: t('error_tracking.status'), cell: row => badge(row.status), value: row => t(`error_tracking.${row.status}`) },
            { name: t('error_tracking.count'), number: true, cell: row => number(row.count), value: row => row.count },
            { name: t('error_tracking.visitors'), number: true, cell: row => number(row.affected_visitors), value: row => row.affected_visitors },
            {
              name: t('error_tracking.where'),
              explain: t('error_tracking.where?'),
              cell: row => [
                row.top_path || t('unknown'),
                row.paths > 1 && h('div', { class: 'hint' }, t('error_tracking.more-pages', { count: row.paths - 1 })),
              ],
              value: row => row.top_path,
            },
            { name: t('error_tracking.release'), cell: row => row.release ?? '–', value: row => row.release },
            {
              name: t('error_tracking.last'),
              value: row => row.last_seen,
              cell: row => h('time', { datetime: row.last_seen, title: moment(row.last_seen, state.zone) }, ago(row.last_seen)),
            },
          ],
          data,
          { pick: row => () => details(view, row) },
        ),
        { signal, nothing: t('error_tracking.none') },
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
              isOpen ? [set('resolved', t('error_tracking.resolve')), set('ignored', t('error_tracking.ignore'))] : set('open', t('error_tracking.reopen')),
            ),
            facts([
              [t('error_tracking.in-range'), times(error)],
              [t('error_tracking.ever'), times(issue)],
              [t('error_tracking.first'), moment(issue.first_seen, view.state.zone)],
              [t('error_tracking.last'), moment(issue.last_seen, view.state.zone)],
            ]),
            where(view, error),
            h('h3', null, t('error_tracking.examples')),
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

const times = ({ count, affected_visitors: visitors }) => t('error_tracking.times', { count, visitors: t('count.visitors', { count: visitors }) });

/** An error's occurrences in the range, by page, browser, release, device and country. */
const where = (view, { fingerprint }) => breakdown(t('error_tracking.by'),
  [
    ['path', 'error_tracking.page'], ['browser', 'error_tracking.browser'], ['release', 'error_tracking.release'],
    ['device', 'dimension.device'], ['country', 'dimension.country'],
  ].map(
    ([property, title]) => ({
      id: `error-${property}`,
      title: t(title),
      columns: [
        { name: t('error_tracking.count'), value: row => row.count },
        { name: t('error_tracking.visitors'), value: row => row.affected_visitors },
        { name: t('share'), value: row => row.percentage, format: percent },
      ],
      label: row => property === 'country' ? country(row.value) : row.value,
      rows: async limit => (await view.report('/api/v1/errors/breakdown', { fingerprint, property, limit })).data,
    }),
  ),
  { signal: view.signal },
);

/** One occurrence at a time, newest first. */
function leaf(examples, zone) {
  const place = h('div');
  const draw = at => replace(place,
    examples[at] && one(examples[at], zone),
    examples.length > 1
      && h('div', { class: 'row end' },
        h('span', { class: 'muted' }, `${at + 1} / ${examples.length}`),
        button(t('error_tracking.newer'), () => draw(at - 1), { disabled: at === 0 }),
        button(t('error_tracking.older'), () => draw(at + 1), { disabled: at === examples.length - 1 }),
      ),
  );
  draw(0);
  return place;
}

/** A stack frame: function and position, mapped to the sources if possible. */
function placed({ original, function: name, filename, lineno, colno }) {
  if (original) return `${original.name ?? name ?? '?'} — ${original.file}:${original.line}:${original.column}`;
  return `${name ?? '?'} — ${filename ?? '?'}:${lineno ?? '?'}:${colno ?? '?'}`;
}

function one(example, zone) {
  const frames = example.frames ?? [];
  return [
    facts([
      [t('time'), moment(example.created_at, zone)],
      [t('error_tracking.page'), example.path],
      [t('error_tracking.browser'), `${example.browser} · ${example.os}`],
      [t('error_tracking.release'), example.release],
    ]),
    h('h3', null, t('error_tracking.stack')),
    !frames.some(frame => frame.original) && h('p', { class: 'hint' }, t('error_tracking.no-map')),
    frames.length
      ? h('ol', null,
        frames.map(frame => h('li', null,
          h('code', null, placed(frame)),
          frame.original && h('span', { class: 'badge good' }, t('error_tracking.source')),
        )),
      )
      : h('pre', { tabindex: 0 }, example.stack),
    example.breadcrumbs?.length > 0
      && [
        h('h3', null, t('error_tracking.before')),
        h('ol', null, example.breadcrumbs.map(crumb => h('li', null, `${moment(crumb.at, zone)} · ${crumb.label || crumb.path}`))),
      ],
  ];
}
