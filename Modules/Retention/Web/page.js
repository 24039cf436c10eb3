// How many visitors come back.

import {
  h, replace, t, number, percent, later, form, choice, heat, lineChart, day, behind, parameters, offering, noticing, scroller, empty,
} from './kit.js';

const intervals = { daily: 14, weekly: 12, monthly: 12 };

/** @param {View} view */
export async function show(view) {
  const { root, report, state, go, signal } = view;
  const period = state.extra.period ?? 'weekly', mode = state.extra.mode ?? 'first_time', variant = state.extra.variant ?? 'on';
  const question = { period, mode, variant, event: state.extra.event, return_event: state.extra.return, intervals: intervals[period] };
  const after = count => t(`retention.${period}.after`, { count });
  const options = names => names.map(name => [name, t(`retention.${name}`)]);
  const name = (key, label) => h('input', { type: 'text', value: state.extra[key] ?? '', 'aria-label': label, placeholder: label, size: label.length });
  const named = input => offering(view, () => 'event', input);
  const event = named(name('event', t('retention.event'))), again = named(name('return', t('retention.return')));
  const actions = form({ class: 'row', id: 'retention-form' },
    () => go({ extra: { event: event.value, return: again.value } }),
    choice(view, 'period', t('retention.period'), options(['daily', 'weekly', 'monthly']), period),
    choice(view, 'mode', t('retention.mode'), options(['first_time', 'recurring']), mode),
    choice(view, 'variant', t('retention.variant'), options(['on', 'unbounded', 'rolling']), variant),
    event,
    again,
    h('button', { type: 'submit' }, t('apply')),
    noticing(view, () => 'event', event),
    noticing(view, () => 'event', again),
  );
  const answer = report('/api/v1/retention/grid', question);
  const options2 = { signal, nothing: t('retention.none'), again: view.refresh };
  replace(root,
    later(t('retention.grid'), { ...options2, explain: t('retention.grid?'), actions }, async () => grid(view, await answer, question, after)),
    later(t('retention.average'), { ...options2, explain: t('retention.average?'), lines: 6 }, async () => {
      const known = (await answer).average.filter(cell => cell.rate != null);
      if (!known.length) return (await answer).cohorts.length ? empty(t('retention.open')) : null;
      const points = [{ interval: 0, rate: 100 }, ...known].map(cell => ({ label: after(cell.interval), value: cell.rate }));
      return lineChart({ name: t('retention.average'), points, format: percent });
    }),
  );
}

/** One row per cohort; columns whose period is not over for any cohort are left out. */
function grid(view, { cohorts, average }, question, after) {
  if (!cohorts.length) return null;
  const columns = average.filter(cell => cell.rate != null).length, { start_at: start } = parameters(view.state);
  const written = date => day(date, { day: 'numeric', month: 'short', year: 'numeric' });
  const isCut = ({ cohort }) => cohort < start;
  const name = ({ cohort }) => question.period === 'monthly' ? day(cohort, { month: 'long', year: 'numeric' }) : written(cohort);
  const cell = cohort => at => {
    const { interval, visitors, rate } = cohort.intervals[at], named = name(cohort);
    const label = t('retention.cell', { cohort: named, after: after(interval), count: number(visitors), all: number(cohort.initial_visitors) });
    const who = () => behind(view, `${named}, ${after(interval)}`, '/api/v1/retention/drill', { ...question, cohort: cohort.cohort, interval });
    return heat(rate, visitors ? who : undefined, label);
  };
  const places = Array.from({ length: columns }, (_, at) => at);
  const rows = scroller(t('retention.grid'),
    h('table', { class: 'plain cohorts' },
      h('caption', { class: 'hidden' }, t('retention.grid')),
      h('thead', null,
        h('tr', null,
          h('th', { scope: 'col' }, t('retention.cohort')),
          h('th', { scope: 'col', class: 'number' }, t('visitors')),
          places.map(at => h('th', { scope: 'col', class: 'number' }, after(at + 1))),
        ),
      ),
      h('tbody', null,
        h('tr', null, h('th', { scope: 'row' }, t('retention.average')), h('td'), places.map(at => heat(average[at].rate))),
        cohorts.map(cohort => h('tr', null,
          h('th', { scope: 'row' }, name(cohort), isCut(cohort) && ' *'),
          h('td', { class: 'number' }, number(cohort.initial_visitors)),
          places.map(cell(cohort)),
        )),
      ),
    ),
  );
  return [rows, cohorts.some(isCut) && h('p', { class: 'hint' }, t('retention.cut', { day: written(start) }))];
}
