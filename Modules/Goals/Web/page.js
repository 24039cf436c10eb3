// What visitors should do, and how many did.

import {
  h, replace, t, number, percent, money, load, table, byProperty, formDialog, removal, button, choice, field, select, behind,
  offering, noticing, followKind, ask, askAll,
} from './kit.js';
import { propertyRows } from './conditions.js';

export const texts = {
  'z.list': { en: 'Goals', de: 'Ziele' },
  'z.new': { en: 'New goal', de: 'Neues Ziel' },
  'z.none': {
    en: 'No goals yet. A goal is a page that is reached, an event, or a visit that is long enough.',
    de: 'Noch keine Ziele. Ein Ziel ist eine erreichte Seite, ein Ereignis oder ein Besuch, der lang genug ist.',
  },
  'z.kind': { en: 'Reached by', de: 'Erreicht durch' },
  'z.pageview': { en: 'opening a page', de: 'Öffnen einer Seite' },
  'z.event': { en: 'an event', de: 'ein Ereignis' },
  'z.duration': { en: 'time on the site', de: 'Zeit auf der Website' },
  'z.pages_per_session': { en: 'pages in a visit', de: 'Seiten in einem Besuch' },
  'z.path': { en: 'Path', de: 'Pfad' },
  'z.event_name': { en: 'Name of the event', de: 'Name des Ereignisses' },
  'z.threshold_seconds': { en: 'Seconds', de: 'Sekunden' },
  'z.threshold_pages': { en: 'Pages', de: 'Seiten' },
  'z.worth': { en: 'Worth', de: 'Wert' },
  'z.worth?': {
    en: 'What it brings each time, in addition to orders and in their currency. Empty: nothing.',
    de: 'Was es jedes Mal bringt, neben Bestellungen, in deren Währung. Leer: nichts.',
  },
  'z.goal': { en: 'Goal', de: 'Ziel' },
  'z.by': { en: 'Reached by', de: 'Wer es erreicht' },
  'z.by?': {
    en: 'Visitors who reached it, of all who have the value. Click a row to filter by it.',
    de: 'Besucher, die es erreichten, unter allen mit dem Wert. Ein Klick auf eine Zeile zeigt nur, was zu ihr gehört.',
  },
  'z.of': { en: 'Of', de: 'Von' },
  'z.conversions': { en: 'Conversions', de: 'Konversionen' },
  'z.conversions?': { en: 'How often it was reached.', de: 'Wie oft es erreicht wurde.' },
  'z.unique': { en: 'Visitors', de: 'Besucher' },
  'z.rate': { en: 'Rate', de: 'Rate' },
  'z.rate?': { en: 'Visitors who reached it, of all visitors of the range.', de: 'Besucher, die es erreichten, unter allen des Zeitraums.' },
  'z.delete?': { en: 'Deletes the goal “{name}”. Collected data is kept.', de: 'Das Ziel „{name}“ wird gelöscht, Daten nicht.' },
};

/** What a goal brought, in the currency of orders, where there is one. */
const cash = ({ total_revenue: revenue, currency }) => currency ? money(revenue, currency) : number(revenue);

const key = { pageview: 'path', event: 'event_name', duration: 'threshold_seconds', pages_per_session: 'threshold_pages' };

export async function show(view) {
  const { root, state, signal, report } = view, place = h('div', { class: 'body' });
  const goals = askAll('/api/v1/goals', { signal });
  replace(root,
    h('section', { class: 'card' },
      h('header', null, h('h2', null, t('z.list')), button(`+ ${t('z.new')}`, () => composer(view), { class: 'primary', id: 'new-goal' })),
      place,
    ),
  );
  await load(place,
    async () => {
      const data = await goals;
      if (!data.length) return null;
      const stats = new Map(await Promise.all(data.map(async goal => [goal.id, await report(`/api/v1/goals/${goal.id}/stats`)])));
      const column = (name, show = number) => {
        const value = row => stats.get(row.id)[name];
        return { number: true, value, cell: row => show(value(row)) };
      };
      return table(t('z.list'),
        [
          { name: t('name'), cell: row => row.name, value: row => row.name },
          { name: t('z.kind'), cell: row => `${t(`z.${row.goal_type}`)}: ${row.config[key[row.goal_type]]}` },
          { name: t('z.conversions'), explain: t('z.conversions?'), ...column('conversions') },
          { name: t('z.unique'), ...column('unique_visitors') },
          { name: t('z.rate'), explain: t('z.rate?'), ...column('conversion_rate', percent) },
          { name: t('revenue'), ...column('total_revenue'), cell: row => cash(stats.get(row.id)) },
          {
            name: '',
            cell: row => h('div', { class: 'row end' },
              button(t('edit'), () => composer(view, row)),
              removal(
                t('z.delete?', { name: row.name }),
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
    { signal, nothing: t('z.none'), again: view.refresh },
  );
  const data = await goals.catch(() => []), chosen = data.find(goal => goal.id === state.extra.goal) ?? data[0];
  if (!chosen || signal.aborted) return;
  const names = data.map(({ id, name }) => [id, name]);
  if (data.length > 1) root.append(h('div', { class: 'row' }, t('z.goal'), choice(view, 'goal', t('z.goal'), names, chosen.id)));
  root.append(whoReaches(view, chosen));
}

/** Who reaches a goal, by what is known of the visit, or by page. */
const whoReaches = (view, goal) => byProperty(view, `${goal.name}: ${t('z.by')}`, ['source', 'entry_page', 'path', 'country', 'device'], {
  columns: [
    { name: t('z.unique'), value: row => row.unique_visitors },
    { name: t('z.of'), value: row => row.visitors },
    { name: t('z.rate'), value: row => row.conversion_rate, format: percent, explain: t('z.by?') },
  ],
  rows: async (property, limit) => (await view.report(`/api/v1/goals/${goal.id}/breakdown`, { property, limit })).data,
});

function composer(view, saved) {
  const name = h('input', { type: 'text', required: true, maxlength: 200, value: saved?.name ?? '' });
  const kind = select({ disabled: !!saved }, Object.keys(key).map(name => [name, t(`z.${name}`)]), saved?.goal_type ?? 'pageview');
  const dimension = () => ({ pageview: 'path', event: 'event' })[kind.value], value = offering(view, dimension, h('input', { required: true }));
  const note = noticing(view, dimension, value);
  const worth = h('input', { type: 'number', id: 'goal-worth', min: 0, max: 10000000, step: 'any', value: saved?.config.value ?? '' });
  const filtered = { where: structuredClone(saved?.config.where) }, asked = h('div'), valueField = field(t('z.path'), value);
  const draw = () => {
    const name = key[kind.value];
    valueField.querySelector('label').textContent = t(`z.${name}`);
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
    saved?.name ?? t('z.new'),
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
    field(t('z.kind'), kind),
    valueField,
    note,
    asked,
    field(t('z.worth'), worth, t('z.worth?')),
  );
}
