// What was earned.

import { h, replace, t, number, money, day, weekday, figure, delta, later, load, breakdown, lineChart, today } from './kit.js';

export const texts = {
  'v.revenue?': {
    en: 'Sum of orders less refunds, in the currency shown. Orders in other currencies are counted apart.',
    de: 'Summe der Bestellungen ohne Erstattungen, in der gezeigten Währung. Andere Währungen zählen für sich.',
  },
  'v.average': { en: 'Average order', de: 'Mittlere Bestellung' },
  'v.average?': { en: 'Revenue divided by orders.', de: 'Umsatz geteilt durch Bestellungen.' },
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
  const { root, report, state, signal } = view, figures = h('div', { class: 'figures' });
  let currency;
  const totals = report('/api/v1/revenue', view.compare);
  load(figures,
    async () => {
      const { previous = {}, ...now } = await totals;
      currency = now.currency;
      const make = (key, name, format, lowIsGood) => figure({
        name,
        value: format(now[key]),
        explain: t(`v.${{ average_order_value: 'average' }[key] ?? key}?`),
        change: delta(now[key], previous[key], lowIsGood),
      });
      const cash = value => money(value, currency);
      return [
        make('revenue', t('revenue'), cash),
        make('orders', t('orders'), number),
        make('average_order_value', t('v.average'), cash),
        make('buyers', t('v.buyers'), number),
        make('refunded', t('v.refunded'), cash, true),
      ];
    },
    { lines: 2, signal },
  );
  const amount = { name: t('revenue'), value: row => row.revenue, format: value => money(value, currency) };
  const orders = { name: t('orders'), value: row => row.orders };
  const list = path => async limit => { const answer = await report(path, { limit }); currency = answer.currency; return answer.data; };
  replace(root, figures,
    later(t('revenue'), { signal, lines: 7, nothing: t('v.none') }, async () => {
      const { data, previous, currency } = await report('/api/v1/revenue/timeseries', { interval: view.interval, ...view.compare });
      const hourly = view.interval === 'hour';
      return data.length
        ? lineChart({
          name: t('revenue'),
          format: value => money(value, currency),
          partial: !hourly && data.at(-1).date.slice(0, 10) === today(state.zone),
          points: data.map((point, at) => ({
            label: hourly ? point.date.replace('T', ' ').slice(0, 16) : weekday(point.date),
            short: hourly ? point.date.slice(11, 16) : day(point.date),
            value: point.revenue,
            before: previous?.data[at]?.revenue,
          })),
        })
        : null;
    }),
    h('div', { class: 'grid' },
      breakdown(t('v.products'),
        [
          {
            id: 'products',
            title: t('v.products'),
            nothing: t('v.none'),
            columns: [amount, orders, { name: t('v.quantity'), value: row => row.quantity }],
            rows: list('/api/v1/revenue/products'),
            label: row => row.product,
          },
        ],
        { signal },
      ),
      breakdown(t('v.sources'),
        [
          {
            id: 'sources',
            title: t('v.sources'),
            nothing: t('v.none'),
            columns: [amount, orders],
            rows: list('/api/v1/revenue/sources'),
            label: row => row.source,
          },
          {
            id: 'currencies',
            title: t('v.currencies'),
            nothing: t('v.none'),
            columns: [orders, { name: t('revenue'), value: row => row.revenue }],
            rows: async () => (await totals).currencies,
            label: row => row.currency,
          },
        ],
        { signal },
      ),
    ),
  );
}
