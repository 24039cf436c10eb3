// Whether visitors stay: how often they come, who is new, lost or back, who did what matters, and what a change changed.

import {
  h, replace, t, number, percent, card, load, later, figure, field, select, form, submit, table, lineChart, columnChart, timeLabel, axisLabel,
  endsToday, today, shift, behind, parameters, offeringSeveral, ask, Failure,
} from './kit.js';

export const texts = {
  'n.day': { en: 'Active a day', de: 'Aktiv am Tag' },
  'n.day?': { en: 'Visitors of a day, on average over the range.', de: 'Besucher eines Tages, im Mittel über den Zeitraum.' },
  'n.week': { en: 'Active a week', de: 'Aktiv in der Woche' },
  'n.week?': {
    en: 'Visitors of the 7 days that end with the last day of the range.',
    de: 'Besucher der 7 Tage, deren letzter der letzte Tag des Zeitraums ist.',
  },
  'n.month': { en: 'Active a month', de: 'Aktiv im Monat' },
  'n.month?': {
    en: 'Visitors of the 30 days that end with the last day of the range.',
    de: 'Besucher der 30 Tage, deren letzter der letzte Tag des Zeitraums ist.',
  },
  'n.stickiness': { en: 'Stickiness', de: 'Bindung' },
  'n.stickiness?': { en: 'Active a day, of those active a month.', de: 'Aktiv am Tag, von den Aktiven des Monats.' },
  'n.active': { en: 'Active visitors', de: 'Aktive Besucher' },
  'n.lifecycle': { en: 'New, back and lost', de: 'Neu, zurück und verloren' },
  'n.lifecycle?': {
    en: 'The visitors of this range compared with the equally long range before it. Click a row to see them.',
    de: 'Die Besucher dieses Zeitraums, neben denen des gleich langen davor. Ein Klick zeigt, wer.',
  },
  'n.group': { en: 'Group', de: 'Gruppe' },
  'n.new': { en: 'never seen before', de: 'nie zuvor gesehen' },
  'n.returning': { en: 'also in the range before', de: 'auch im Zeitraum davor' },
  'n.resurrected': { en: 'back after a pause', de: 'nach einer Pause zurück' },
  'n.dormant': { en: 'only in the range before', de: 'nur im Zeitraum davor' },
  'n.activation': { en: 'Who did all of it', de: 'Wer all das tat' },
  'n.activation?': {
    en: 'Visitors of this range who sent all these events and saw all these pages.',
    de: 'Besucher dieses Zeitraums, die alle diese Ereignisse sendeten und alle diese Seiten sahen.',
  },
  'n.events': { en: 'Events', de: 'Ereignisse' },
  'n.paths': { en: 'Pages', de: 'Seiten' },
  'n.list': { en: 'Separated by commas; in a path, * matches any text.', de: 'Durch Kommas getrennt; im Pfad steht * für beliebigen Text.' },
  'n.neither': { en: 'Name at least one event or page.', de: 'Nennen Sie mindestens ein Ereignis oder eine Seite.' },
  'n.did': { en: '{count} of {all} visitors, {rate}', de: '{count} von {all} Besuchern, {rate}' },
  'n.impact': { en: 'Before and after', de: 'Vorher und nachher' },
  'n.impact?': {
    en: 'A number in the days before and after a change, and whether chance alone could explain the difference.',
    de: 'Eine Zahl in den Tagen vor und nach einer Änderung, und ob Zufall allein den Unterschied erklären könnte.',
  },
  'n.metric': { en: 'Number', de: 'Zahl' },
  'n.split': { en: 'Day of the change', de: 'Tag der Änderung' },
  'n.window': { en: 'Days on each side', de: 'Tage auf jeder Seite' },
  'n.before': { en: 'Before', de: 'Vorher' },
  'n.after': { en: 'After', de: 'Nachher' },
  'n.change': { en: 'Change', de: 'Änderung' },
  'n.sure': { en: 'Chance explains this badly (p = {p}).', de: 'Zufall erklärt das schlecht (p = {p}).' },
  'n.unsure': { en: 'This can be chance (p = {p}).', de: 'Das kann Zufall sein (p = {p}).' },
  'n.unknown': { en: 'The days can’t tell whether this is chance.', de: 'Ob das Zufall ist, sagen die Tage nicht.' },
};

export async function show(view) {
  const { root, report, signal } = view, figures = h('div', { class: 'figures' }), sticky = report('/api/v1/insights/stickiness');
  load(figures,
    async () => {
      const { dau, wau, mau, dau_mau } = await sticky, make = (name, value) => figure({ name: t(`n.${name}`), value, explain: t(`n.${name}?`) });
      return [make('day', number(dau)), make('week', number(wau)), make('month', number(mau)), make('stickiness', percent(dau_mau * 100))];
    },
    { lines: 2, signal, again: view.refresh },
  );
  replace(root, figures,
    later(t('n.active'), { signal, lines: 6, again: view.refresh }, async () => {
      const { periods } = await sticky;
      const points = periods.map(point => ({
        label: timeLabel(point.date, 'day'),
        short: axisLabel(point.date, 'day'),
        value: point.active_visitors,
      }));
      if (!points.length) return null;
      const partial = endsToday(view, periods);
      return lineChart({ name: t('n.active'), points, say: count => t('count.visitors', { count }), partial });
    }),
    lifecycle(view),
    h('div', { class: 'grid' }, activation(view), impact(view)),
  );
}

function lifecycle(view) {
  return later(t('n.lifecycle'), { signal: view.signal, explain: t('n.lifecycle?') }, async () => {
    const answer = await view.report('/api/v1/insights/lifecycle');
    const rows = ['new', 'returning', 'resurrected', 'dormant'].map(group => ({ group, label: t(`n.${group}`), value: answer[group] }));
    if (rows.every(row => !row.value)) return null;
    return [
      columnChart({ name: t('visitors'), points: rows }),
      table(t('n.lifecycle'),
        [
          { name: t('n.group'), cell: row => row.label },
          { name: t('visitors'), number: true, cell: row => number(row.value) },
        ],
        rows,
        { pick: row => () => behind(view, row.label, '/api/v1/insights/lifecycle/drill', { group: row.group }) },
      ),
    ];
  });
}

const list = input => input.value.split(',').map(part => part.trim()).filter(Boolean);

function activation(view) {
  const events = h('input', { type: 'text', placeholder: 'signup' });
  const paths = h('input', { type: 'text', placeholder: '/docs*' });
  const result = h('p', { role: 'status' });
  return card(t('n.activation'), { explain: t('n.activation?') },
    form({ id: 'activation-form' },
      async () => {
        const body = { event_names: list(events), paths: list(paths), ...known(parameters(view.state)) };
        if (!body.event_names.length && !body.paths.length) throw new Failure(400, t('n.neither'));
        const answer = await ask('/api/v1/insights/activation', { method: 'POST', body });
        result.textContent = t('n.did', {
          count: number(answer.activated_visitors),
          all: number(answer.active_visitors),
          rate: percent(answer.activation_rate),
        });
      },
      field(t('n.events'), events, t('n.list')),
      field(t('n.paths'), paths, t('n.list')),
      offeringSeveral(view, 'event', events),
      offeringSeveral(view, 'path', paths),
      submit(t('show')),
    ),
    result,
  );
}

/** Parameters that are set. */
const known = parameters => Object.fromEntries(Object.entries(parameters).filter(([, value]) => value));

function impact(view) {
  const metric = select({}, ['visitors', 'pageviews', 'sessions', 'events'].map(name => [name, t(name)])), now = today(view.state.zone);
  const day = h('input', { type: 'date', required: true, max: now, value: shift(now, -7) });
  const days = h('input', { type: 'number', required: true, min: 1, max: 365, value: 7 });
  const result = h('div', { role: 'status' });
  return card(t('n.impact'), { explain: t('n.impact?') },
    form({ id: 'impact-form' },
      async () => {
        const body = { metric: metric.value, split_at: day.value, window_days: Number(days.value) };
        const { before, after, change_percent: change, p_value: p, significant } = await ask('/api/v1/insights/impact', { method: 'POST', body });
        replace(result,
          h('div', { class: 'row' },
            figure({ name: t('n.before'), value: number(before) }),
            figure({ name: t('n.after'), value: number(after) }),
            figure({ name: t('n.change'), value: percent(change) }),
          ),
          h('p', null, p == null ? t('n.unknown') : t(significant ? 'n.sure' : 'n.unsure', { p: number(p) })),
        );
      },
      h('div', { class: 'row' }, field(t('n.metric'), metric), field(t('n.split'), day), field(t('n.window'), days)),
      submit(t('show')),
    ),
    result,
  );
}
