// What was earned.

import { h, replace, t, number, money, timeline, endsToday, figure, delta, later, load, breakdown, lineChart, picker } from './kit.js';

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
  'v.none': {
    en: 'No orders in this range. Send pulse("event", { name: "order", revenue_amount: 59.90, revenue_currency: "EUR" }).',
    de: 'Keine Bestellungen in diesem Zeitraum. pulse("event", { name: "order", revenue_amount: 59.90, revenue_currency: "EUR" }) sendet eine.',
  },
};

export async function show(view) {
  const { root, report, signal } = view, figures = h('div', { class: 'figures' });
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
  replace(root, figures,
    later(t('revenue'), { signal, lines: 7, nothing: t('v.none') }, async () => {
      const answer = await report('/api/v1/revenue/timeseries', { interval: view.interval, ...view.compare });
      if (!answer.data.length) return null;
      const points = timeline(answer, view.interval, point => point.revenue);
      return lineChart({ name: t('revenue'), points, format: value => money(value, answer.currency), partial: endsToday(view, answer.data) });
    }),
    h('div', { class: 'grid' },
      breakdown(t('v.products'),
        [tab('products', t('v.products'), [amount, orders, quantity], list('/api/v1/revenue/products'), row => row.product)],
        { signal },
      ),
      breakdown(t('v.sources'),
        [
          tab('sources', t('v.sources'), [amount, orders], list('/api/v1/revenue/sources'), row => row.source, {
            pick: picker(view)('source'),
          }),
          tab('currencies', t('v.currencies'),
            [orders, { name: t('revenue'), value: row => row.revenue }],
            async () => (await totals).currencies,
            row => row.currency,
          ),
        ],
        { signal, again: view.refresh },
      ),
    ),
  );
}
