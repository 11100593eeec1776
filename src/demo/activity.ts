/**
 * Messages per second into each queue on an ordinary day, as the shop's broker would report them. Everything is
 * stopped while the demo runs: nobody consumes and nothing arrives.
 */
export const PUBLISH_RATES: Readonly<Record<string, number>> = {
  'orders.invoicing': 6,
  'orders.search-index': 18,
  'orders.audit': 18,
  'payments.capture': 5,
  'payments.capture.retry-2s': 0.2,
  'payments.dead': 0,
  'emails.outgoing': 12,
  newsletter: 40,
  'stock.ledger': 9,
  'cart.events.0': 30,
  'cart.events.1': 30,
  'catalogue.cache': 2,
  'catalogue.search': 2,
  'prices.history': 55,
  'bestellungen.größe-XL': 1.5,
  'shipments.dispatch': 7,
  'shipments.labels': 4,
  'tracking.events': 85,
  'tracking.alerts': 0.4,
  'carriers.express': 1,
  'returns.inbox': 0.6,
  'returns.archive-2019': 0,
  'pickup.reminders': 0.8,
  '倉庫.入荷': 0.1,
}
