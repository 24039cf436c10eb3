// Revenue, orders and products.

import {
  h, replace, t, number, money, amounts, timeline, endsToday, figure, delta, later, load, breakdown, table, button, lineChart, picker, csv, download,
} from './kit.js';

export const compares = true;

/** @param {View} view */
export async function show(view) {
  const { root, state, signal } = view, figures = h('div', { class: 'figures' });
  const report = (path, extra) => view.report(path, { currency: state.extra.currency, ...extra });
  const totals = report('/api/v1/revenue', view.compare);
  let currency;
  const cash = value => money(value, currency);
  load(figures,
    async () => {
      const { previous = {}, ...now } = await totals;
      currency = now.currency;
      const make = (key, name, format, lowIsGood) => figure({
        name,
        value: format(now[key]),
        explain: t(`revenue.${key}?`),
        change: delta(now[key], previous[key], lowIsGood),
      });
      return [
        make('revenue', t('revenue'), cash),
        make('orders', t('orders'), number),
        make('average_order_value', t('revenue.average'), cash),
        make('buyers', t('revenue.buyers'), number),
        make('refunded', t('revenue.refunded'), cash, true),
      ];
    },
    { lines: 2, signal, again: view.refresh },
  );
  const amount = { name: t('revenue'), value: row => row.revenue, format: cash }, orders = { name: t('orders'), value: row => row.orders };
  const quantity = { name: t('revenue.quantity'), value: row => row.quantity };
  const list = path => async limit => { const answer = await report(path, { limit }); currency = answer.currency; return answer.data; };
  const tab = (id, title, columns, rows, label, more) => ({ id, title, nothing: t('revenue.none'), columns, rows, label, ...more });
  const sold = list('/api/v1/revenue/products');
  const products = tab('products', t('revenue.products'), [amount, orders, quantity],
    async limit => {
      // There may be orders without products.
      if ((await totals).orders) products.nothing = t('revenue.no-products');
      return sold(limit);
    },
    row => row.product,
  );
  replace(root, figures,
    later(t('revenue'), { signal, lines: 7, nothing: t('revenue.none') }, async () => {
      const answer = await report('/api/v1/revenue/timeseries', { interval: view.interval, ...view.compare });
      if (!answer.data.length) return null;
      const points = timeline(answer, view.interval, point => point.revenue);
      return lineChart({ name: t('revenue'), points, format: amounts(answer.currency), partial: endsToday(view, answer.data) });
    }),
    h('div', { class: 'grid' },
      breakdown(t('revenue.products'), [products], { signal, again: view.refresh }),
      breakdown(t('revenue.sources'),
        [
          tab('sources', t('revenue.sources'), [amount, orders], list('/api/v1/revenue/sources'), row => row.source, {
            pick: picker(view)('source'),
          }),
        ],
        { signal },
      ),
    ),
    later(t('revenue.currencies'), { signal, explain: t('revenue.currencies?'), nothing: t('revenue.none'), again: view.refresh }, async () =>
      currencies(view, await totals)),
  );
}

/** Revenue by currency; a click shows the whole page in that currency. */
function currencies({ state, go }, { currency: shown, currencies: sent }) {
  const choose = currency => () => go({ extra: { currency } }), chosen = state.extra.currency;
  if (!sent.length && !chosen) return null;
  // The selected currency stays in the list even if it has no orders in the range.
  const rows = sent.some(row => row.currency === shown) ? sent : [...sent, { currency: shown, orders: 0, revenue: 0 }];
  const file = () => download('currencies.csv',
    csv([t('revenue.currency'), t('orders'), t('revenue')], rows.map(row => [row.currency, row.orders, row.revenue])),
  );
  return [
    table(t('revenue.currencies'),
      [
        {
          name: t('revenue.currency'),
          cell: ({ currency }) => [currency, currency === shown && [' ', h('span', { class: 'badge' }, t('revenue.shown'))]],
        },
        { name: t('orders'), number: true, cell: row => number(row.orders) },
        { name: t('revenue'), number: true, cell: row => money(row.revenue, row.currency) },
      ],
      rows,
      { pick: row => row.currency === shown ? null : choose(row.currency) },
    ),
    h('div', { class: 'row end' },
      chosen && button(t('revenue.usual'), choose(''), { class: 'link', id: 'usual-currency' }),
      button(t('csv'), file, { class: 'link' }),
    ),
  ];
}
