// Goals, and how many visitors reach them.

import {
  h, replace, t, number, percent, money, load, table, byProperty, formDialog, removal, button, choice, field, select, behind,
  offering, noticing, followKind, ask, askAll,
} from './kit.js';
import { propertyRows } from './conditions.js';

/** The revenue of a goal, in the currency of orders if there is one. */
const cash = ({ total_revenue: revenue, currency }) => currency ? money(revenue, currency) : number(revenue);

const key = { pageview: 'path', event: 'event_name', duration: 'threshold_seconds', pages_per_session: 'threshold_pages' };

/** @param {View} view */
export async function show(view) {
  const { root, state, signal, report } = view, place = h('div', { class: 'body' });
  const goals = askAll('/api/v1/goals', { signal });
  replace(root,
    h('section', { class: 'card' },
      h('header', null, h('h2', null, t('goals.list')), button(`+ ${t('goals.new')}`, () => composer(view), { class: 'primary', id: 'new-goal' })),
      place,
    ),
  );
  await load(place,
    async () => {
      const data = await goals;
      if (!data.length) return null;
      const stats = new Map();
      await Promise.all(data.map(async goal => stats.set(goal.id, await report(`/api/v1/goals/${goal.id}/stats`))));
      const column = (name, show = number) => {
        const value = row => stats.get(row.id)[name];
        return { number: true, value, cell: row => show(value(row)) };
      };
      return table(t('goals.list'),
        [
          { name: t('name'), cell: row => row.name, value: row => row.name },
          { name: t('goals.kind'), cell: row => `${t(`goals.${row.goal_type}`)}: ${row.config[key[row.goal_type]]}` },
          { name: t('goals.conversions'), explain: t('goals.conversions?'), ...column('conversions') },
          { name: t('goals.unique'), ...column('unique_visitors') },
          { name: t('goals.rate'), explain: t('goals.rate?'), ...column('conversion_rate', percent) },
          { name: t('revenue'), ...column('total_revenue'), cell: row => cash(stats.get(row.id)) },
          {
            name: '',
            cell: row => h('div', { class: 'row end' },
              button(t('edit'), () => composer(view, row)),
              removal(
                t('goals.delete?', { name: row.name }),
                async () => {
                  await ask(`/api/v1/goals/${row.id}`, { method: 'DELETE' });
                  view.refresh();
                },
                { of: row.name },
              ),
            ),
          },
        ],
        data,
        { pick: row => () => behind(view, row.name, `/api/v1/goals/${row.id}/drill`) },
      );
    },
    { signal, nothing: t('goals.none'), again: view.refresh },
  );
  const data = await goals.catch(() => []), chosen = data.find(goal => goal.id === state.extra.goal) ?? data[0];
  if (!chosen || signal.aborted) return;
  const names = data.map(({ id, name }) => [id, name]);
  if (data.length > 1) root.append(h('div', { class: 'row' }, t('goals.goal'), choice(view, 'goal', t('goals.goal'), names, chosen.id)));
  root.append(whoReaches(view, chosen));
}

/** Conversions of a goal by properties of the visit, or by page. */
const whoReaches = (view, goal) => byProperty(view, `${goal.name}: ${t('goals.by')}`, ['source', 'entry_page', 'path', 'country', 'device'], {
  columns: [
    { name: t('goals.unique'), value: row => row.unique_visitors },
    { name: t('goals.of'), value: row => row.visitors },
    { name: t('goals.rate'), value: row => row.conversion_rate, format: percent, explain: t('goals.by?') },
  ],
  rows: async (property, limit) => (await view.report(`/api/v1/goals/${goal.id}/breakdown`, { property, limit })).data,
});

function composer(view, saved) {
  const name = h('input', { type: 'text', required: true, maxlength: 200, value: saved?.name ?? '' });
  const kind = select({ disabled: !!saved }, Object.keys(key).map(name => [name, t(`goals.${name}`)]), saved?.goal_type ?? 'pageview');
  const dimension = () => ({ pageview: 'path', event: 'event' })[kind.value], value = offering(view, dimension, h('input', { required: true }));
  const note = noticing(view, dimension, value);
  const worth = h('input', { type: 'number', id: 'goal-worth', min: 0, max: 10000000, step: 'any', value: saved?.config.value ?? '' });
  const filtered = { where: structuredClone(saved?.config.where) }, asked = h('div'), valueField = field(t('goals.path'), value);
  const draw = () => {
    const name = key[kind.value];
    /** @type {HTMLElement} */ (valueField.querySelector('label')).textContent = t(`goals.${name}`);
    value.type = name.startsWith('threshold') ? 'number' : 'text';
    replace(asked, kind.value === 'event' && propertyRows(filtered));
    value.offer();
    note.look();
  };
  kind.addEventListener('change', draw);
  followKind(value, kind, { pages: 'pageview', events: 'event' });
  draw();
  value.value = saved?.config[key[saved.goal_type]] ?? '';
  note.look();
  formDialog(
    saved?.name ?? t('goals.new'),
    { id: 'goal-form' },
    async () => {
      const config = {
        [key[kind.value]]: value.type === 'number' ? Number(value.value) : value.value,
        ...(kind.value === 'event' && filtered),
        ...(worth.value && { value: Number(worth.value) }),
      };
      const body = { name: name.value, config, ...(!saved && { goal_type: kind.value }) };
      await ask(saved ? `/api/v1/goals/${saved.id}` : '/api/v1/goals', { method: saved ? 'PUT' : 'POST', body });
      view.refresh();
    },
    field(t('name'), name),
    field(t('goals.kind'), kind),
    valueField,
    note,
    asked,
    field(t('goals.worth'), worth, t('goals.worth?')),
  );
}
