// German.

export default {
  'revenue?': 'Bestellungen abzüglich Erstattungen, in der angezeigten Währung. Bestellungen in anderen Währungen zählen getrennt.',
  average: 'Ø Bestellwert',
  'average_order_value?': 'Umsatz geteilt durch Bestellungen.',
  buyers: 'Käufer',
  'buyers?': 'Besucher mit mindestens einer Bestellung.',
  refunded: 'Erstattet',
  'refunded?': 'Der zurückgezahlte Betrag: Ereignisse mit negativem Betrag. Vom Umsatz bereits abgezogen.',
  'orders?': 'Ereignisse mit einem revenue_amount von mindestens null.',
  products: 'Produkte',
  quantity: 'Menge',
  sources: 'Quellen',
  currencies: 'Währungen',
  'currencies?':
    'Bestellungen abzüglich Erstattungen, in der Währung der Bestellung. Ein Klick auf eine Währung zeigt die ganze Seite darin.',
  currency: 'Währung',
  shown: 'angezeigt',
  usual: 'Häufigste Währung anzeigen',
  'no-products':
    'Keine Bestellung in diesem Zeitraum nennt Produkte. Senden Sie sie mit der Bestellung als data: { items: [{ name: "Plan", price: '
    + '59.90, quantity: 1 }] }.',
  none:
    'Keine Bestellungen in diesem Zeitraum. Senden Sie eine mit pulse("event", { name: "order", revenue_amount: 59.90, revenue_currency: '
    + '"EUR" }).',
};
