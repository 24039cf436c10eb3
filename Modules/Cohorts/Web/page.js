// Visitors by when they came first, and what they did since.

import { replace, t, number, later, choice, table, columnChart, behind, h } from './kit.js';

export const texts = {
  'c.cohorts': { en: 'Cohorts', de: 'Kohorten' },
  'c.cohorts?': {
    en: 'Visitors by the week or month of their first visit in this range, and what they did in all of it.',
    de: 'Besucher nach Woche oder Monat ihres ersten Besuchs im Zeitraum, und was sie in ihm insgesamt taten.',
  },
  'c.by': { en: 'By', de: 'Nach' },
  'c.week': { en: 'weeks', de: 'Wochen' },
  'c.month': { en: 'months', de: 'Monaten' },
  'c.metric': { en: 'What', de: 'Was' },
  'c.period': { en: 'First visit', de: 'Erster Besuch' },
  'c.total': { en: 'Total', de: 'Summe' },
  'c.average': { en: 'Per visitor', de: 'Je Besucher' },
  'c.none': { en: 'Nobody came in this range.', de: 'In diesem Zeitraum kam niemand.' },
};

export async function show(view) {
  const { root, report, state, signal } = view, by = state.extra.by ?? 'week', metric = state.extra.metric ?? 'pageviews';
  const actions = h('div', { class: 'row' },
    choice(view, 'metric',
      t('c.metric'),
      ['pageviews', 'sessions', 'events', ...view.can('revenue') ? ['revenue'] : []].map(name => [name, t(name)]),
      metric,
    ),
    choice(view, 'by', t('c.by'), ['week', 'month'].map(name => [name, t(`c.${name}`)]), by),
  );
  replace(root,
    later(t('c.cohorts'), { signal, explain: t('c.cohorts?'), nothing: t('c.none'), actions }, async () => {
      const { cohorts } = await report('/api/v1/cohorts', { group_by: by, metric });
      if (!cohorts.length) return null;
      const onpick = row => behind(view, row.period, '/api/v1/cohorts/drill', { group_by: by, period: row.period });
      return [
        columnChart({ name: t('c.average'), points: cohorts.map(row => ({ label: row.period, value: row.avg_per_visitor })) }),
        table(t('c.cohorts'),
          [
            { name: t('c.period'), cell: row => row.period },
            { name: t('visitors'), number: true, cell: row => number(row.visitors) },
            { name: t('c.total'), number: true, cell: row => number(row.total) },
            { name: t('c.average'), number: true, cell: row => number(row.avg_per_visitor) },
          ],
          cohorts,
          { onpick },
        ),
      ];
    }),
  );
}
