// How fast pages feel: the five vitals at the 75th percentile.

import {
  h, replace, t, number, milliseconds, country, timeline, endsToday, later, load, card, growing, table, lineChart, choice, info, empty, picker,
} from './kit.js';

export const texts = {
  'w.p75': {
    en: 'Three of four visits are at least this good (75th percentile).',
    de: 'Drei von vier Besuchen sind mindestens so gut (75. Perzentil).',
  },
  'w.LCP': { en: 'Largest contentful paint', de: 'Größter Inhalt sichtbar' },
  'w.LCP?': {
    en: 'Until the largest thing on the page is seen. Good: up to 2.5 s.',
    de: 'Bis das Größte auf der Seite zu sehen ist. Gut: bis 2,5 s.',
  },
  'w.FCP': { en: 'First contentful paint', de: 'Erster Inhalt sichtbar' },
  'w.FCP?': { en: 'Until anything is seen. Good: up to 1.8 s.', de: 'Bis überhaupt etwas zu sehen ist. Gut: bis 1,8 s.' },
  'w.CLS': { en: 'Layout shift', de: 'Verschiebung' },
  'w.CLS?': { en: 'How much things jump around, without a unit. Good: up to 0.1.', de: 'Wie sehr Dinge umherspringen, ohne Einheit. Gut: bis 0,1.' },
  'w.INP': { en: 'Interaction to next paint', de: 'Antwort auf Eingaben' },
  'w.INP?': {
    en: 'From a click or key to the page’s answer. Good: up to 200 ms.',
    de: 'Vom Klick oder Tastendruck bis zur Antwort der Seite. Gut: bis 200 ms.',
  },
  'w.TTFB': { en: 'Time to first byte', de: 'Erstes Byte' },
  'w.TTFB?': { en: 'Until the server answers. Good: up to 800 ms.', de: 'Bis der Server antwortet. Gut: bis 800 ms.' },
  'w.good': { en: 'good', de: 'gut' },
  'w.needs-improvement': { en: 'fair', de: 'mittel' },
  'w.poor': { en: 'poor', de: 'schlecht' },
  'w.median': { en: 'median {value}', de: 'Median {value}' },
  'w.metric': { en: 'Vital', de: 'Messwert' },
  'w.by': { en: 'By', de: 'Nach' },
  'w.pages': { en: 'pages', de: 'Seiten' },
  'w.devices': { en: 'devices', de: 'Geräten' },
  'w.countries': { en: 'countries', de: 'Ländern' },
  'w.samples': { en: 'Samples', de: 'Messungen' },
  'w.none': {
    en: 'Nothing was measured in this range. Add data-vitals="true" to the script’s tag.',
    de: 'In diesem Zeitraum wurde nichts gemessen. Ergänzen Sie data-vitals="true" am Skript.',
  },
  'w.over-time': { en: 'Over time', de: 'Verlauf' },
};

export const compares = true;

const names = ['LCP', 'INP', 'CLS', 'FCP', 'TTFB'], kinds = { good: 'good', 'needs-improvement': 'fair', poor: 'bad' };
const shown = (name, value) => value == null ? '–' : name === 'CLS' ? number(value) : milliseconds(value);
const named = row => row.path ?? row.device ?? country(row.country);
const dimensions = { pages: 'path', devices: 'device', countries: 'country' };
const badge = rating => rating ? h('span', { class: `badge ${kinds[rating]}` }, t(`w.${rating}`)) : '';

export async function show(view) {
  const { root, report, state, go, signal } = view;
  const metric = state.extra.metric ?? 'LCP';
  const by = state.extra.by ?? 'pages';
  const figures = h('div', { class: 'figures' });
  load(figures,
    async () => {
      const { vitals } = await report('/api/v1/webvitals');
      if (names.every(name => vitals[name].p75 == null)) return empty(t('w.none'));
      return names.map(name => h('div', { class: 'figure' },
        h('button',
          { type: 'button', class: 'pick', 'aria-pressed': String(name === metric), onclick: () => go({ extra: { metric: name } }) },
          h('span', { class: 'name' }, t(`w.${name}`)),
          h('strong', null, shown(name, vitals[name].p75)),
          h('span', { class: 'delta' }, badge(vitals[name].rating), ' ', t('w.median', { value: shown(name, vitals[name].p50) })),
        ),
        info(`${t(`w.${name}?`)} ${t('w.p75')}`),
      ));
    },
    { lines: 2, signal },
  );
  const columns = [
    { name: t('what'), cell: row => named(row), value: row => named(row) },
    ...names.map(name => ({
      name,
      number: true,
      explain: t(`w.${name}?`),
      value: row => row[`${name}_p75`],
      cell: row => [shown(name, row[`${name}_p75`]), ' ', badge(row[`${name}_rating`])],
    })),
    { name: t('w.samples'), number: true, cell: row => number(row.samples), value: row => row.samples },
  ];
  replace(root, figures,
    later(`${t(`w.${metric}`)} · ${t('w.over-time')}`, { signal, explain: t('w.p75'), lines: 6, nothing: t('w.none') }, async () => {
      const answer = await report('/api/v1/webvitals/timeseries', { metric, interval: view.interval, ...view.compare });
      if (!answer.data.some(point => point.p75 != null)) return null;
      const points = timeline(answer, view.interval, point => point.p75);
      return lineChart({ name: t(`w.${metric}`), points, format: value => shown(metric, value), partial: endsToday(view, answer.data) });
    }),
    card(`${t('w.by')} ${t(`w.${by}`)}`,
      { actions: choice(view, 'by', t('w.by'), ['pages', 'devices', 'countries'].map(name => [name, t(`w.${name}`)]), by) },
      growing(async limit => (await report(`/api/v1/webvitals/${by}`, { limit })).data,
        data => table(t('w.pages'), columns, data, { pick: picker(view)(dimensions[by]) }),
        { signal, nothing: t('w.none') },
      ),
    ),
  );
}
