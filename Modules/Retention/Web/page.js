// Who comes back.

import { h, replace, t, number, percent, later, form, choice, heat, lineChart, day, behind, parameters, offering, noticing, scroller } from './kit.js';

export const texts = {
  't.grid': { en: 'Who comes back', de: 'Wer wiederkommt' },
  't.grid?': {
    en:
      'A row is the visitors who began in that period; a column is how much later. A cell is the share of them that was active again; – is '
      + 'not over yet. A click shows who.',
    de:
      'Eine Zeile sind die Besucher, die in diesem Zeitraum begannen; eine Spalte, wie viel später. Eine Zelle ist ihr Anteil, der wieder da '
      + 'war; – ist noch nicht vorbei. Ein Klick zeigt, wer.',
  },
  't.period': { en: 'Periods', de: 'Zeiträume' },
  't.daily': { en: 'by day', de: 'nach Tagen' },
  't.weekly': { en: 'by week', de: 'nach Wochen' },
  't.monthly': { en: 'by month', de: 'nach Monaten' },
  't.mode': { en: 'Who counts', de: 'Wer zählt' },
  't.first_time': { en: 'first visit ever', de: 'erster Besuch überhaupt' },
  't.recurring': { en: 'everyone in each period', de: 'alle in jedem Zeitraum' },
  't.variant': { en: 'What counts as coming back', de: 'Was als Wiederkommen zählt' },
  't.on': { en: 'in that period', de: 'in diesem Zeitraum' },
  't.unbounded': { en: 'in that period or later', de: 'in diesem Zeitraum oder später' },
  't.rolling': { en: 'so long after one’s own beginning', de: 'so lange nach dem eigenen Beginn' },
  't.event': { en: 'Begins with event', de: 'Beginnt mit Ereignis' },
  't.return': { en: 'Returns with event', de: 'Kehrt wieder mit Ereignis' },
  't.any': { en: 'any activity', de: 'jede Aktivität' },
  't.cohort': { en: 'Began', de: 'Begann' },
  't.daily.after': { en: 'Day {count}', de: 'Tag {count}' },
  't.weekly.after': { en: 'Week {count}', de: 'Woche {count}' },
  't.monthly.after': { en: 'Month {count}', de: 'Monat {count}' },
  't.cut': {
    en: '* This period began before {day}, where the range begins: only those who began from then on are counted.',
    de: '* Fing vor dem {day} an, mit dem der Zeitraum beginnt: Nur wer seitdem begann, ist gezählt.',
  },
  't.none': { en: 'Nobody began in this range.', de: 'In diesem Zeitraum begann niemand.' },
  't.average': { en: 'Average', de: 'Mittel' },
  't.average?': {
    en: 'Of all cohorts for which the period is over, by the number of their visitors.',
    de: 'Über alle Kohorten, für die der Zeitraum vorbei ist, nach der Zahl ihrer Besucher.',
  },
  't.cell': { en: '{cohort}, {after}: {count} of {all} visitors', de: '{cohort}, {after}: {count} von {all} Besuchern' },
};

const intervals = { daily: 14, weekly: 12, monthly: 12 };

export async function show(view) {
  const { root, report, state, go, signal } = view;
  const period = state.extra.period ?? 'weekly', mode = state.extra.mode ?? 'first_time', variant = state.extra.variant ?? 'on';
  const question = { period, mode, variant, event: state.extra.event, return_event: state.extra.return, intervals: intervals[period] };
  const after = count => t(`t.${period}.after`, { count });
  const options = names => names.map(name => [name, t(`t.${name}`)]);
  const name = (key, label) => h('input', { type: 'text', value: state.extra[key] ?? '', 'aria-label': label, placeholder: label, size: label.length });
  const named = input => offering(view, () => 'event', input);
  const event = named(name('event', t('t.event'))), again = named(name('return', t('t.return')));
  const actions = form({ class: 'row', id: 'retention-form' },
    () => go({ extra: { event: event.value, return: again.value } }),
    choice(view, 'period', t('t.period'), options(['daily', 'weekly', 'monthly']), period),
    choice(view, 'mode', t('t.mode'), options(['first_time', 'recurring']), mode),
    choice(view, 'variant', t('t.variant'), options(['on', 'unbounded', 'rolling']), variant),
    event,
    again,
    h('button', { type: 'submit' }, t('apply')),
    noticing(view, () => 'event', event),
    noticing(view, () => 'event', again),
  );
  const answer = report('/api/v1/retention/grid', question);
  const options2 = { signal, nothing: t('t.none'), again: view.refresh };
  replace(root,
    later(t('t.grid'), { ...options2, explain: t('t.grid?'), actions }, async () => grid(view, await answer, question, after)),
    later(t('t.average'), { ...options2, explain: t('t.average?'), lines: 6 }, async () => {
      const known = (await answer).average.filter(cell => cell.rate != null);
      if (!known.length) return null;
      const points = [{ interval: 0, rate: 100 }, ...known].map(cell => ({ label: after(cell.interval), value: cell.rate }));
      return lineChart({ name: t('t.average'), points, format: percent });
    }),
  );
}

/** The cohorts below each other; columns that are over for nobody are left out. */
function grid(view, { cohorts, average }, question, after) {
  if (!cohorts.length) return null;
  const columns = average.filter(cell => cell.rate != null).length, { start_at: start } = parameters(view.state);
  const written = date => day(date, { day: 'numeric', month: 'short', year: 'numeric' });
  const isCut = ({ cohort }) => cohort < start;
  const name = ({ cohort }) => question.period === 'monthly' ? day(cohort, { month: 'long', year: 'numeric' }) : written(cohort);
  const cell = cohort => at => {
    const { interval, visitors, rate } = cohort.intervals[at], named = name(cohort);
    const label = t('t.cell', { cohort: named, after: after(interval), count: number(visitors), all: number(cohort.initial_visitors) });
    const who = () => behind(view, `${named}, ${after(interval)}`, '/api/v1/retention/drill', { ...question, cohort: cohort.cohort, interval });
    return heat(rate, visitors ? who : undefined, label);
  };
  const places = Array.from({ length: columns }, (_, at) => at);
  const rows = scroller(t('t.grid'),
    h('table', { class: 'plain cohorts' },
      h('caption', { class: 'hidden' }, t('t.grid')),
      h('thead', null,
        h('tr', null,
          h('th', { scope: 'col' }, t('t.cohort')),
          h('th', { scope: 'col', class: 'number' }, t('visitors')),
          places.map(at => h('th', { scope: 'col', class: 'number' }, after(at + 1))),
        ),
      ),
      h('tbody', null,
        h('tr', null, h('th', { scope: 'row' }, t('t.average')), h('td'), places.map(at => heat(average[at].rate))),
        cohorts.map(cohort => h('tr', null,
          h('th', { scope: 'row' }, name(cohort), isCut(cohort) && ' *'),
          h('td', { class: 'number' }, number(cohort.initial_visitors)),
          places.map(cell(cohort)),
        )),
      ),
    ),
  );
  return [rows, cohorts.some(isCut) && h('p', { class: 'hint' }, t('t.cut', { day: written(start) }))];
}
