// English.

export default {
  'revenue?': 'Orders minus refunds, in the currency shown. Orders in other currencies are counted separately.',
  average: 'Average order value',
  'average_order_value?': 'Revenue divided by orders.',
  buyers: 'Buyers',
  'buyers?': 'Visitors with at least one order.',
  refunded: 'Refunded',
  'refunded?': 'The amount paid back: events with a negative amount. Already deducted from revenue.',
  'orders?': 'Events with a revenue_amount of zero or more.',
  products: 'Products',
  quantity: 'Quantity',
  sources: 'Sources',
  currencies: 'Currencies',
  'currencies?': 'Orders minus refunds, in the currency of the order. Click a currency to show the whole page in it.',
  currency: 'Currency',
  shown: 'shown',
  usual: 'Show the most used currency',
  'no-products':
    'No order in this range lists products. Send them with the order as data: { items: [{ name: "Plan", price: 59.90, quantity: 1 }] }.',
  none: 'No orders in this range. Send one with pulse("event", { name: "order", revenue_amount: 59.90, revenue_currency: "EUR" }).',
};
