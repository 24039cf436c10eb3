// Page speed as visitors experience it: the five vitals at the 75th percentile.

import {
  h, replace, t, number, milliseconds, country, timeline, endsToday, later, load, card, growing, table, lineChart, choice, info, empty, picker,
} from './kit.js';

export const compares = true;

const names = ['LCP', 'INP', 'CLS', 'FCP', 'TTFB'], kinds = { good: 'good', 'needs-improvement': 'fair', poor: 'bad' };
const shown = (name, value) => value == null ? '–' : name === 'CLS' ? number(value) : milliseconds(value);
const named = row => row.path ?? row.device ?? country(row.country);
const dimensions = { pages: 'path', devices: 'device', countries: 'country' };
const badge = rating => rating ? h('span', { class: `badge ${kinds[rating]}` }, t(`webvitals.${rating}`)) : '';

/** @param {View} view */
export async function show(view) {
  const { root, report, state, go, signal } = view;
  const metric = state.extra.metric ?? 'LCP';
  const by = state.extra.by ?? 'pages';
  const figures = h('div', { class: 'figures' });
  load(figures,
    async () => {
      const { vitals } = await report('/api/v1/webvitals');
      if (names.every(name => vitals[name].p75 == null)) return empty(t('webvitals.none'));
      return names.map(name => h('div', { class: 'figure' },
        h('button',
          { type: 'button', class: 'pick', 'aria-pressed': String(name === metric), onclick: () => go({ extra: { metric: name } }) },
          h('span', { class: 'name' }, t(`webvitals.${name}`)),
          h('strong', null, shown(name, vitals[name].p75)),
          h('span', { class: 'delta' }, badge(vitals[name].rating), ' ', t('webvitals.median', { value: shown(name, vitals[name].p50) })),
        ),
        info(`${t(`webvitals.${name}?`)} ${t('webvitals.p75')}`),
      ));
    },
    { lines: 2, signal },
  );
  const columns = [
    { name: t(`dimension.${dimensions[by]}`), cell: row => named(row), value: row => named(row) },
    ...names.map(name => ({
      name,
      number: true,
      explain: t(`webvitals.${name}?`),
      value: row => row[`${name}_p75`],
      cell: row => [shown(name, row[`${name}_p75`]), ' ', badge(row[`${name}_rating`])],
    })),
    { name: t('webvitals.samples'), number: true, cell: row => number(row.samples), value: row => row.samples },
  ];
  replace(root, figures,
    later(`${t(`webvitals.${metric}`)} · ${t('webvitals.over-time')}`, {
      signal, explain: t('webvitals.p75'), lines: 6, nothing: t('webvitals.none'),
    }, async () => {
      const answer = await report('/api/v1/webvitals/timeseries', { metric, interval: view.interval, ...view.compare });
      if (!answer.data.some(point => point.p75 != null)) return null;
      const points = timeline(answer, view.interval, point => point.p75);
      return lineChart({ name: t(`webvitals.${metric}`), points, format: value => shown(metric, value), partial: endsToday(view, answer.data) });
    }),
    card(`${t('webvitals.by')} ${t(`webvitals.${by}`)}`,
      { actions: choice(view, 'by', t('webvitals.by'), ['pages', 'devices', 'countries'].map(name => [name, t(`webvitals.${name}`)]), by) },
      growing(async limit => (await report(`/api/v1/webvitals/${by}`, { limit })).data,
        data => table(t('webvitals.pages'), columns, data, { pick: picker(view)(dimensions[by]) }),
        { signal, nothing: t('webvitals.none') },
      ),
    ),
  );
}
