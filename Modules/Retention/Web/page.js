// Who comes back.

import { h, replace, t, number, later, select, heat, day } from './kit.js';

export const texts = {
  en: { 't.grid': 'Who comes back', 't.grid?': 'A row is the visitors who came first in that period; a column is how much later. A cell is the share that was active again; – is not over yet.', 't.period': 'By', 't.daily': 'days', 't.weekly': 'weeks', 't.monthly': 'months', 't.cohort': 'First visit', 't.after': 'After {count}', 't.day': 'Day {count}', 't.none': 'No new visitors in this range.', 't.average': 'Average', 't.unit': 'D is days after the first visit' },
  de: { 't.grid': 'Wer wiederkommt', 't.grid?': 'Eine Zeile sind die Besucher, die in diesem Zeitraum zuerst kamen; eine Spalte, wie viel später. Eine Zelle ist der Anteil, der wieder da war; – ist noch nicht vorbei.', 't.period': 'Nach', 't.daily': 'Tagen', 't.weekly': 'Wochen', 't.monthly': 'Monaten', 't.cohort': 'Erster Besuch', 't.after': 'Nach {count}', 't.day': 'Tag {count}', 't.none': 'Keine neuen Besucher in diesem Zeitraum.', 't.average': 'Mittel', 't.unit': 'D sind Tage nach dem ersten Besuch' },
};

export async function show({ root, report, state, go, signal }) {
  const period = state.extra.period ?? 'weekly', days = [1, 7, 14, 30, 60, 90];
  replace(root, later(t('t.grid'), { signal, explain: t('t.grid?'), nothing: t('t.none'), actions: select({ 'aria-label': t('t.period'), onchange: event => go({ extra: { period: event.target.value } }) }, ['daily', 'weekly', 'monthly'].map(name => [name, t(`t.${name}`)]), period) }, async () => {
    const { cohorts } = await report('/api/v1/retention', { period });
    return cohorts.length ? h('div', { class: 'scroll' }, h('table', { class: 'plain' }, h('caption', { class: 'hidden' }, t('t.grid')),
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('t.cohort')), h('th', { scope: 'col', class: 'number' }, t('visitors')), days.map(count => h('th', { scope: 'col', class: 'number' }, t('t.day', { count }))))),
      h('tbody', null, cohorts.map(row => h('tr', null, h('th', { scope: 'row' }, day(row.cohort, { day: 'numeric', month: 'short', year: 'numeric' })), h('td', { class: 'number' }, number(row.initial_visitors)), days.map(count => heat(row[`D${count}`]))))))) : null;
  }));
}
