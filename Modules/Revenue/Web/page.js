// What was earned.

import {
  h, replace, t, number, money, amounts, timeline, endsToday, figure, delta, later, load, breakdown, table, button, lineChart, picker, csv, download,
} from './kit.js';

export const texts = {
  'v.revenue?': {
    en: 'Sum of orders less refunds, in the currency shown. Orders in other currencies are counted apart.',
    de: 'Summe der Bestellungen ohne Erstattungen, in der gezeigten Währung. Andere Währungen zählen für sich.',
  },
  'v.average': { en: 'Average order', de: 'Mittlere Bestellung' },
  'v.average_order_value?': { en: 'Revenue divided by orders.', de: 'Umsatz geteilt durch Bestellungen.' },
  'v.buyers': { en: 'Buyers', de: 'Käufer' },
  'v.buyers?': { en: 'Visitors with at least one order.', de: 'Besucher mit mindestens einer Bestellung.' },
  'v.refunded': { en: 'Refunded', de: 'Erstattet' },
  'v.refunded?': { en: 'What was paid back; already taken off the revenue.', de: 'Was zurückgezahlt wurde; vom Umsatz schon abgezogen.' },
  'v.orders?': { en: 'Events with a positive revenue_amount.', de: 'Ereignisse mit positivem revenue_amount.' },
  'v.products': { en: 'Products', de: 'Produkte' },
  'v.quantity': { en: 'Quantity', de: 'Menge' },
  'v.sources': { en: 'Sources', de: 'Quellen' },
  'v.currencies': { en: 'Currencies', de: 'Währungen' },
  'v.currencies?': {
    en: 'Orders less refunds in the currency that they were made in. A click on one shows the whole page in it.',
    de: 'Bestellungen ohne Erstattungen in der Währung, in der sie bezahlt wurden. Ein Klick auf eine zeigt die ganze Seite darin.',
  },
  'v.currency': { en: 'Currency', de: 'Währung' },
  'v.shown': { en: 'shown', de: 'gezeigt' },
  'v.usual': { en: 'Show the most used one again', de: 'Wieder die häufigste zeigen' },
  'v.no-products': {
    en: 'No order in this range named products. They come with it as data: { items: [{ name: "Plan", price: 59.90, quantity: 1 }] }.',
    de: 'Keine Bestellung in diesem Zeitraum nannte Produkte. Sie kommen mit ihr als data: { items: [{ name: "Plan", price: 59.90, quantity: 1 }] }.',
  },
  'v.none': {
    en: 'No orders in this range. Send pulse("event", { name: "order", revenue_amount: 59.90, revenue_currency: "EUR" }).',
    de: 'Keine Bestellungen in diesem Zeitraum. pulse("event", { name: "order", revenue_amount: 59.90, revenue_currency: "EUR" }) sendet eine.',
  },
};

export const compares = true;

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
        explain: t(`v.${key}?`),
        change: delta(now[key], previous[key], lowIsGood),
      });
      return [
        make('revenue', t('revenue'), cash),
        make('orders', t('orders'), number),
        make('average_order_value', t('v.average'), cash),
        make('buyers', t('v.buyers'), number),
        make('refunded', t('v.refunded'), cash, true),
      ];
    },
    { lines: 2, signal, again: view.refresh },
  );
  const amount = { name: t('revenue'), value: row => row.revenue, format: cash }, orders = { name: t('orders'), value: row => row.orders };
  const quantity = { name: t('v.quantity'), value: row => row.quantity };
  const list = path => async limit => { const answer = await report(path, { limit }); currency = answer.currency; return answer.data; };
  const tab = (id, title, columns, rows, label, more) => ({ id, title, nothing: t('v.none'), columns, rows, label, ...more });
  const sold = list('/api/v1/revenue/products');
  const products = tab('products', t('v.products'), [amount, orders, quantity],
    async limit => {
      // Orders may be there that name none.
      if ((await totals).orders) products.nothing = t('v.no-products');
      return sold(limit);
    },
    row => row.product,
  );
  replace(root, figures,
    later(t('revenue'), { signal, lines: 7, nothing: t('v.none') }, async () => {
      const answer = await report('/api/v1/revenue/timeseries', { interval: view.interval, ...view.compare });
      if (!answer.data.length) return null;
      const points = timeline(answer, view.interval, point => point.revenue);
      return lineChart({ name: t('revenue'), points, format: amounts(answer.currency), partial: endsToday(view, answer.data) });
    }),
    h('div', { class: 'grid' },
      breakdown(t('v.products'), [products], { signal, again: view.refresh }),
      breakdown(t('v.sources'),
        [
          tab('sources', t('v.sources'), [amount, orders], list('/api/v1/revenue/sources'), row => row.source, {
            pick: picker(view)('source'),
          }),
        ],
        { signal },
      ),
    ),
    later(t('v.currencies'), { signal, explain: t('v.currencies?'), nothing: t('v.none'), again: view.refresh }, async () =>
      currencies(view, await totals)),
  );
}

/** What was sent in each currency; a click asks everything in that one. */
function currencies({ state, go }, { currency: shown, currencies: sent }) {
  const choose = currency => () => go({ extra: { currency } }), chosen = state.extra.currency;
  if (!sent.length && !chosen) return null;
  // The one that was chosen stays in sight where a range has nothing in it.
  const rows = sent.some(row => row.currency === shown) ? sent : [...sent, { currency: shown, orders: 0, revenue: 0 }];
  const file = () => download('currencies.csv',
    csv([t('v.currency'), t('orders'), t('revenue')], rows.map(row => [row.currency, row.orders, row.revenue])),
  );
  return [
    table(t('v.currencies'),
      [
        { name: t('v.currency'), cell: ({ currency }) => [currency, currency === shown && [' ', h('span', { class: 'badge' }, t('v.shown'))]] },
        { name: t('orders'), number: true, cell: row => number(row.orders) },
        { name: t('revenue'), number: true, cell: row => money(row.revenue, row.currency) },
      ],
      rows,
      { pick: row => row.currency === shown ? null : choose(row.currency) },
    ),
    h('div', { class: 'row end' },
      chosen && button(t('v.usual'), choose(''), { class: 'link', id: 'usual-currency' }),
      button(t('csv'), file, { class: 'link' }),
    ),
  ];
}
