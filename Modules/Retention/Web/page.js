// Who comes back.

import { h, replace, t, number, later, select, heat, day } from './kit.js';

export const texts = {
  't.grid': { en: 'Who comes back', de: 'Wer wiederkommt' },
  't.grid?': {
    en:
      'A row is the visitors who came first in that period; a column is how much later. A cell is the share that was active again; – is not '
      + 'over yet.',
    de:
      'Eine Zeile sind die Besucher, die in diesem Zeitraum zuerst kamen; eine Spalte, wie viel später. Eine Zelle ist der Anteil, der wieder '
      + 'da war; – ist noch nicht vorbei.',
  },
  't.period': { en: 'By', de: 'Nach' },
  't.daily': { en: 'days', de: 'Tagen' },
  't.weekly': { en: 'weeks', de: 'Wochen' },
  't.monthly': { en: 'months', de: 'Monaten' },
  't.cohort': { en: 'First visit', de: 'Erster Besuch' },
  't.after': { en: 'After {count}', de: 'Nach {count}' },
  't.day': { en: 'Day {count}', de: 'Tag {count}' },
  't.none': { en: 'No new visitors in this range.', de: 'Keine neuen Besucher in diesem Zeitraum.' },
  't.average': { en: 'Average', de: 'Mittel' },
  't.unit': { en: 'D is days after the first visit', de: 'D sind Tage nach dem ersten Besuch' },
};

export async function show({ root, report, state, go, signal }) {
  const period = state.extra.period ?? 'weekly', days = [1, 7, 14, 30, 60, 90];
  replace(root,
    later(t('t.grid'),
      {
        signal,
        explain: t('t.grid?'),
        nothing: t('t.none'),
        actions: select(
          { 'aria-label': t('t.period'), onchange: event => go({ extra: { period: event.target.value } }) },
          ['daily', 'weekly', 'monthly'].map(name => [name, t(`t.${name}`)]),
          period,
        ),
      },
      async () => {
        const { cohorts } = await report('/api/v1/retention', { period });
        return cohorts.length
          ? h('div', { class: 'scroll' },
            h('table', { class: 'plain' },
              h('caption', { class: 'hidden' }, t('t.grid')),
              h('thead', null,
                h('tr', null,
                  h('th', { scope: 'col' }, t('t.cohort')),
                  h('th', { scope: 'col', class: 'number' }, t('visitors')),
                  days.map(count => h('th', { scope: 'col', class: 'number' }, t('t.day', { count }))),
                ),
              ),
              h('tbody', null,
                cohorts.map(row => h('tr', null,
                  h('th', { scope: 'row' }, day(row.cohort, { day: 'numeric', month: 'short', year: 'numeric' })),
                  h('td', { class: 'number' }, number(row.initial_visitors)),
                  days.map(count => heat(row[`D${count}`])),
                )),
              ),
            ),
          )
          : null;
      },
    ),
  );
}
