// Stickiness, lifecycle, activation, and the impact of a change.

import {
  h, replace, t, number, percent, card, load, later, figure, field, select, form, submit, table, lineChart, columnChart, timeLabel, axisLabel,
  endsToday, today, shift, behind, parameters, offeringSeveral, ask, Failure,
} from './kit.js';

/** @param {View} view */
export async function show(view) {
  const { root, report, signal } = view, figures = h('div', { class: 'figures' }), sticky = report('/api/v1/insights/stickiness');
  load(figures,
    async () => {
      const { dau, wau, mau, dau_mau } = await sticky;
      const make = (name, value) => figure({ name: t(`dashboards.${name}`), value, explain: t(`dashboards.${name}?`) });
      return [make('day', number(dau)), make('week', number(wau)), make('month', number(mau)), make('stickiness', percent(dau_mau * 100))];
    },
    { lines: 2, signal, again: view.refresh },
  );
  replace(root, figures,
    later(t('dashboards.active'), { signal, lines: 6, again: view.refresh }, async () => {
      const { periods } = await sticky;
      const points = periods.map(point => ({
        label: timeLabel(point.date, 'day'),
        short: axisLabel(point.date, 'day'),
        value: point.active_visitors,
      }));
      if (!points.length) return null;
      const partial = endsToday(view, periods);
      return lineChart({ name: t('dashboards.active'), points, say: count => t('count.visitors', { count }), partial });
    }),
    lifecycle(view),
    h('div', { class: 'grid' }, activation(view), impact(view)),
  );
}

function lifecycle(view) {
  return later(t('dashboards.lifecycle'), { signal: view.signal, explain: t('dashboards.lifecycle?') }, async () => {
    const answer = await view.report('/api/v1/insights/lifecycle');
    const rows = ['new', 'returning', 'resurrected', 'dormant'].map(group => ({ group, label: t(`dashboards.${group}`), value: answer[group] }));
    if (rows.every(row => !row.value)) return null;
    return [
      // Below the columns there is room for the word before the explanation.
      columnChart({ name: t('visitors'), points: rows.map(row => ({ ...row, label: row.label.split(':')[0] })) }),
      table(t('dashboards.lifecycle'),
        [
          { name: t('dashboards.group'), cell: row => row.label },
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
  return card(t('dashboards.activation'), { explain: t('dashboards.activation?') },
    form({ id: 'activation-form' },
      async () => {
        const body = { event_names: list(events), paths: list(paths), ...known(parameters(view.state)) };
        if (!body.event_names.length && !body.paths.length) throw new Failure(400, t('dashboards.neither'));
        const answer = await ask('/api/v1/insights/activation', { method: 'POST', body });
        result.textContent = t('dashboards.did', {
          count: number(answer.activated_visitors),
          all: number(answer.active_visitors),
          rate: percent(answer.activation_rate),
        });
      },
      field(t('dashboards.events'), events, t('dashboards.list')),
      field(t('dashboards.paths'), paths, t('dashboards.list')),
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
  return card(t('dashboards.impact'), { explain: t('dashboards.impact?') },
    form({ id: 'impact-form' },
      async () => {
        const body = { metric: metric.value, split_at: day.value, window_days: Number(days.value) };
        const { before, after, change_percent: change, p_value: p, significant } = await ask('/api/v1/insights/impact', { method: 'POST', body });
        replace(result,
          h('div', { class: 'row' },
            figure({ name: t('dashboards.before'), value: number(before) }),
            figure({ name: t('dashboards.after'), value: number(after) }),
            figure({ name: t('dashboards.change'), value: percent(change) }),
          ),
          h('p', null, p == null ? t('dashboards.unknown') : t(significant ? 'dashboards.sure' : 'dashboards.unsure', { p: number(p) })),
        );
      },
      h('div', { class: 'row' }, field(t('dashboards.metric'), metric), field(t('dashboards.split'), day), field(t('dashboards.window'), days)),
      submit(t('show')),
    ),
    result,
  );
}
