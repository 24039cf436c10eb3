// Visitors by the week or month of their first activity, and segments side by side.

import {
  h, replace, t, number, amounts, day, later, choice, table, columnChart, lineChart, timeLabel, axisLabel, behind, empty, parameters, askAll,
} from './kit.js';

/** The format of totals: amounts if the response has a currency. */
const written = currency => currency ? amounts(currency) : number;

/** The columns with visitors and their activity. */
const totals = show => [
  { name: t('visitors'), number: true, cell: row => number(row.visitors) },
  { name: t('cohorts.total'), number: true, cell: row => show(row.total) },
  { name: t('cohorts.average'), number: true, cell: row => show(row.avg_per_visitor) },
];

/** A cohort's name, from a month such as 2026-03 or the Monday of a week. */
const named = (period, isShort) => period.length === 7
  ? day(`${period}-01`, { month: isShort ? 'short' : 'long', year: 'numeric' })
  : day(period, isShort ? undefined : { day: 'numeric', month: 'short', year: 'numeric' });

/** @param {View} view */
export async function show(view) {
  const { root, report, state, signal } = view, by = state.extra.by ?? 'week', metric = state.extra.metric ?? 'pageviews';
  const actions = h('div', { class: 'row' },
    choice(view, 'metric',
      t('cohorts.metric'),
      ['pageviews', 'sessions', 'events', ...view.can('revenue') ? ['revenue'] : []].map(name => [name, t(name)]),
      metric,
    ),
    choice(view, 'by', t('cohorts.by'), ['week', 'month'].map(name => [name, t(`cohorts.${name}`)]), by),
  );
  replace(root,
    later(t('cohorts.cohorts'), { signal, explain: t('cohorts.cohorts?'), nothing: t('cohorts.none'), actions }, async () => {
      const { cohorts, currency } = await report('/api/v1/cohorts', { group_by: by, metric });
      if (!cohorts.length) return null;
      const pick = row => () => behind(view, named(row.period), '/api/v1/cohorts/drill', { group_by: by, period: row.period });
      const { start_at: start } = parameters(state), isCut = ({ period }) => period.padEnd(10, '-01') < start;
      const label = row => `${named(row.period)}${isCut(row) ? ' *' : ''}`;
      const points = cohorts.map(row => ({ label: label(row), short: named(row.period, true), value: row.avg_per_visitor }));
      return [
        columnChart({ name: t('cohorts.average'), format: written(currency), points }),
        table(t('cohorts.cohorts'),
          [{ name: t('cohorts.period'), cell: label }, ...totals(written(currency))],
          cohorts,
          { pick },
        ),
        cohorts.some(isCut) && h('p', { class: 'hint' }, t('cohorts.cut', { day: named(start) })),
      ];
    }),
    view.can('segments') && sideBySide(view, metric, by),
  );
}

/** The activity of several segments; the selection is stored in the URL. */
function sideBySide(view, metric, by) {
  return later(t('cohorts.side'), { signal: view.signal, explain: t('cohorts.side?') }, async () => {
    const all = await askAll('/api/v1/segments', { signal: view.signal });
    if (all.length < 2) return empty(t('cohorts.two'), view.link('/dashboard/segments', t('cohorts.to-segments')));
    const asked = view.state.extra.segments?.split(',').filter(id => all.some(segment => segment.id === id));
    const chosen = asked ?? all.slice(0, 2).map(segment => segment.id);
    const pick = ({ target: { name, checked } }) =>
      view.go({ extra: { segments: (checked ? [...chosen, name] : chosen.filter(id => id !== name)).join(',') || '-' } });
    const picks = h('fieldset', { id: 'compared' },
      h('legend', null, t('cohorts.choose')),
      h('div', { class: 'picks' },
        all.map(({ id, name }) => h('label', { class: 'check' },
          h('input', { type: 'checkbox', name: id, checked: chosen.includes(id), onchange: pick }),
          name,
        )),
      ),
    );
    if (chosen.length < 2 || chosen.length > 10) return [picks, h('p', { class: 'muted' }, t('cohorts.pick-two'))];
    const interval = by === 'month' ? 'week' : 'day';
    const { segments, currency } = await view.report('/api/v1/cohorts/compare', { metric, interval, segment_ids: chosen.join(',') });
    return [
      picks,
      table(t('cohorts.side'),
        [{ name: t('cohorts.segment'), cell: row => row.name }, ...totals(written(currency))],
        segments,
      ),
      segments.map(({ name, series }) => [
        h('h3', null, name),
        lineChart({
          name: `${name}: ${t('cohorts.average')}`,
          format: written(currency),
          points: series.map(({ date, avg_per_visitor: value }) => ({ label: timeLabel(date, 'day'), short: axisLabel(date, 'day'), value })),
        }),
      ]),
    ];
  });
}
