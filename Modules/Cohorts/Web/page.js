// Visitors by when they came first, and what they did since.

import {
  h, replace, t, number, amounts, day, later, choice, table, columnChart, lineChart, timeLabel, axisLabel, behind, empty, parameters, askAll,
} from './kit.js';

export const texts = {
  'c.cohorts': { en: 'Cohorts', de: 'Kohorten' },
  'c.cohorts?': {
    en:
      'Visitors by the week or month of their first activity in this range, even if they had visited before, and everything they did in the '
      + 'range. Retention starts from the first visit ever.',
    de:
      'Besucher nach Woche oder Monat ihrer ersten Aktivität im Zeitraum, auch wenn sie schon vorher da waren, und was sie in ihm insgesamt '
      + 'taten. Die Wiederkehr geht vom ersten Besuch überhaupt aus.',
  },
  'c.by': { en: 'By', de: 'Nach' },
  'c.week': { en: 'weeks', de: 'Wochen' },
  'c.month': { en: 'months', de: 'Monaten' },
  'c.metric': { en: 'What', de: 'Was' },
  'c.period': { en: 'First in this range', de: 'Zuerst im Zeitraum' },
  'c.total': { en: 'Total', de: 'Summe' },
  'c.average': { en: 'Per visitor', de: 'Je Besucher' },
  'c.cut': {
    en: '* Begins before the range, which starts on {day}: only visitors and activity from that day on are counted.',
    de: '* Begann vor dem {day}, dem Anfang des Zeitraums: Nur ihre Besucher seitdem und was sie taten sind gezählt.',
  },
  'c.none': { en: 'Nobody came in this range.', de: 'In diesem Zeitraum kam niemand.' },
  'c.side': { en: 'Segments side by side', de: 'Segmente nebeneinander' },
  'c.side?': {
    en: 'The activity of each chosen segment in this range, in total and per visitor of each day or week.',
    de: 'Was die Besucher jedes gewählten Segments im Zeitraum taten, und je Besucher, der an einem Tag oder in einer Woche da war.',
  },
  'c.segment': { en: 'Segment', de: 'Segment' },
  'c.choose': { en: 'Segments to compare, 2 to 10', de: 'Segmente zum Vergleichen, 2 bis 10' },
  'c.two': { en: 'Comparing needs at least two segments.', de: 'Zum Vergleichen braucht es mindestens zwei Segmente.' },
  'c.to-segments': { en: 'Make a segment', de: 'Segment anlegen' },
  'c.pick-two': { en: 'Choose two segments or more, ten at most.', de: 'Wählen Sie zwei bis zehn Segmente.' },
};

/** How totals are written: money where the answer names a currency. */
const written = currency => currency ? amounts(currency) : number;

/** The columns of what visitors did. */
const totals = show => [
  { name: t('visitors'), number: true, cell: row => number(row.visitors) },
  { name: t('c.total'), number: true, cell: row => show(row.total) },
  { name: t('c.average'), number: true, cell: row => show(row.avg_per_visitor) },
];

/** A cohort's name, of a month such as 2026-03 or of the week of a Monday. */
const named = (period, isShort) => period.length === 7
  ? day(`${period}-01`, { month: isShort ? 'short' : 'long', year: 'numeric' })
  : day(period, isShort ? undefined : { day: 'numeric', month: 'short', year: 'numeric' });

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
      const { cohorts, currency } = await report('/api/v1/cohorts', { group_by: by, metric });
      if (!cohorts.length) return null;
      const pick = row => () => behind(view, named(row.period), '/api/v1/cohorts/drill', { group_by: by, period: row.period });
      const { start_at: start } = parameters(state), isCut = ({ period }) => period.padEnd(10, '-01') < start;
      const label = row => `${named(row.period)}${isCut(row) ? ' *' : ''}`;
      const points = cohorts.map(row => ({ label: label(row), short: named(row.period, true), value: row.avg_per_visitor }));
      return [
        columnChart({ name: t('c.average'), format: written(currency), points }),
        table(t('c.cohorts'),
          [{ name: t('c.period'), cell: label }, ...totals(written(currency))],
          cohorts,
          { pick },
        ),
        cohorts.some(isCut) && h('p', { class: 'hint' }, t('c.cut', { day: named(start) })),
      ];
    }),
    view.can('segments') && sideBySide(view, metric, by),
  );
}

/** What several segments did, from a choice of them that is part of the address. */
function sideBySide(view, metric, by) {
  return later(t('c.side'), { signal: view.signal, explain: t('c.side?') }, async () => {
    const all = await askAll('/api/v1/segments', { signal: view.signal });
    if (all.length < 2) return empty(t('c.two'), view.link('/dashboard/segments', t('c.to-segments')));
    const asked = view.state.extra.segments?.split(',').filter(id => all.some(segment => segment.id === id));
    const chosen = asked ?? all.slice(0, 2).map(segment => segment.id);
    const pick = ({ target: { name, checked } }) =>
      view.go({ extra: { segments: (checked ? [...chosen, name] : chosen.filter(id => id !== name)).join(',') || '-' } });
    const picks = h('fieldset', { id: 'compared' },
      h('legend', null, t('c.choose')),
      h('div', { class: 'picks' },
        all.map(({ id, name }) => h('label', { class: 'check' },
          h('input', { type: 'checkbox', name: id, checked: chosen.includes(id), onchange: pick }),
          name,
        )),
      ),
    );
    if (chosen.length < 2 || chosen.length > 10) return [picks, h('p', { class: 'muted' }, t('c.pick-two'))];
    const interval = by === 'month' ? 'week' : 'day';
    const { segments, currency } = await view.report('/api/v1/cohorts/compare', { metric, interval, segment_ids: chosen.join(',') });
    return [
      picks,
      table(t('c.side'),
        [{ name: t('c.segment'), cell: row => row.name }, ...totals(written(currency))],
        segments,
      ),
      segments.map(({ name, series }) => [
        h('h3', null, name),
        lineChart({
          name: `${name}: ${t('c.average')}`,
          format: written(currency),
          points: series.map(({ date, avg_per_visitor: value }) => ({ label: timeLabel(date, 'day'), short: axisLabel(date, 'day'), value })),
        }),
      ]),
    ];
  });
}
