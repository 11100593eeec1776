import type {Headers, Properties, Typed} from '../model/envelope.ts'
import {
  binaryLabel,
  cartEvent,
  catalogueEntry,
  everyHeader,
  order,
  parcel,
  payment,
  xDeath,
} from './payloads.ts'
import type {Random} from './random.ts'

/** What one message is made of. */
export interface Content {
  readonly properties: Properties
  readonly headers: Headers
  readonly body: Uint8Array
}

/** The backlog of one queue. */
export interface Recipe {
  readonly vhost: string
  readonly queue: string
  readonly messages: number
  readonly exchange: string
  key(index: number, random: Random): string
  make(index: number, random: Random): Content
}

const text = (body: string): Uint8Array => new TextEncoder().encode(body)
const json = (value: unknown): Uint8Array => text(JSON.stringify(value))
const always = (key: string) => (): string => key
const persistent = {contentType: 'application/json', deliveryMode: 2} as const
/** 2026-11-02 07:00:00 UTC, one message a second. */
const second = (index: number): bigint => 1_793_602_800n + BigInt(index)
const longString = (v: string): Typed => ({t: 'S', v})

const COUNTRIES = ['de', 'fr', 'nl', 'pl'] as const
const orderKey = (_: number, random: Random): string =>
  `order.${random.pick(COUNTRIES)}.${random.pick(['created', 'paid', 'cancelled'])}`

function orderMessage(index: number, random: Random): Content {
  return {
    properties: {
      ...persistent,
      messageId: `o-${index}`,
      timestamp: second(index),
      appId: 'shop-api',
      type: 'order',
    },
    headers: [
      ['tenant', longString(random.pick(COUNTRIES))],
      ['attempt', {t: 'I', v: 1}],
    ],
    body: json(order(index, random)),
  }
}

const shop = (recipe: Omit<Recipe, 'vhost'>): Recipe => ({vhost: 'shop', ...recipe})
const logistics = (recipe: Omit<Recipe, 'vhost'>): Recipe => ({vhost: 'logistics', ...recipe})

/** One line per queue that holds messages. Kept small enough for a demo of seconds. */
export const RECIPES: readonly Recipe[] = [
  shop({queue: 'orders.invoicing', messages: 320, exchange: 'orders', key: orderKey, make: orderMessage}),
  shop({queue: 'orders.search-index', messages: 420, exchange: 'orders', key: orderKey, make: orderMessage}),
  shop({
    queue: 'orders.audit',
    messages: 360,
    exchange: 'orders',
    key: orderKey,
    make: (index, random) => ({...orderMessage(index, random), headers: everyHeader(index, random)}),
  }),
  shop({
    queue: 'payments.capture',
    messages: 180,
    exchange: 'payments',
    key: always('capture'),
    make: (index, random) => ({
      properties: {
        ...persistent,
        messageId: `p-${index}`,
        correlationId: `o-${index}`,
        replyTo: 'payments.replies',
      },
      headers: [['amount', {t: 'D', v: {scale: 2, digits: 100 + random.below(90_000)}}]],
      body: json(payment(index, random)),
    }),
  }),
  shop({
    queue: 'payments.capture.retry-2s',
    messages: 24,
    exchange: '',
    key: always('payments.capture.retry-2s'),
    make: (index, random) => ({
      properties: persistent,
      headers: xDeath('payments.capture', 'rejected', 1 + random.below(4)),
      body: json(payment(index, random)),
    }),
  }),
  shop({
    queue: 'payments.dead',
    messages: 17,
    exchange: 'payments.failed',
    key: always('capture'),
    make: (index, random) => ({
      properties: persistent,
      headers: xDeath('payments.capture', 'delivery_limit', 1),
      body: json(payment(index, random)),
    }),
  }),
  shop({
    queue: 'emails.outgoing',
    messages: 260,
    exchange: '',
    key: always('emails.outgoing'),
    make: (index, random) => ({
      properties: {...persistent, contentType: 'text/plain', priority: random.below(10)},
      headers: [['template', longString(random.pick(['welcome', 'receipt', 'reset']))]],
      body: text(`To: customer-${index}@shop.example\nGuten Tag, naïve façade, Ελλάδα, ¥ and €.`),
    }),
  }),
  shop({
    queue: 'newsletter',
    messages: 120,
    exchange: '',
    key: always('newsletter'),
    make: (index) => ({
      properties: {contentType: 'text/plain', deliveryMode: 1},
      headers: [],
      body: text(`issue 47, subscriber ${index}`),
    }),
  }),
  shop({
    queue: 'stock.ledger',
    messages: 240,
    exchange: '',
    key: always('stock.ledger'),
    make: (index, random) => ({
      properties: {...persistent, messageId: `s-${index}`},
      headers: [['seq', {t: 'l', v: 9_007_199_254_740_993n + BigInt(index)}]],
      body: json({seq: index, sku: `sku-${random.below(40)}`, delta: random.below(21) - 10}),
    }),
  }),
  ...[0, 1].map((shard) =>
    shop({
      queue: `cart.events.${shard}`,
      messages: 150,
      exchange: 'cart',
      key: (index) => `cart-${(index * 2 + shard) % 30}`,
      make: (index, random) => ({
        properties: persistent,
        headers: [['cart-id', longString(`cart-${(index * 2 + shard) % 30}`)]],
        body: json(cartEvent(index, random)),
      }),
    }),
  ),
  ...['catalogue.cache', 'catalogue.search'].map((queue) =>
    shop({
      queue,
      messages: 90,
      exchange: 'catalogue',
      key: always(''),
      make: (index, random) => ({
        properties: {...persistent, contentEncoding: 'utf-8'},
        headers: [],
        body: json(catalogueEntry(index, random)),
      }),
    }),
  ),
  shop({queue: 'prices.history', messages: 300, exchange: 'prices', key: always(''), make: orderMessage}),
  shop({
    queue: 'bestellungen.größe-XL',
    messages: 110,
    exchange: 'orders',
    key: always('order.de.created'),
    make: (index, random) => ({
      ...orderMessage(index, random),
      headers: [['größe', longString('übergroß')]],
    }),
  }),
  logistics({
    queue: 'shipments.dispatch',
    messages: 280,
    exchange: 'shipments',
    key: always('dispatch'),
    make: (index, random) => ({
      properties: {...persistent, userId: 'warehouse', timestamp: second(index)},
      headers: [['express', {t: 't', v: random.below(3) === 0}]],
      body: json(parcel(index, random)),
    }),
  }),
  logistics({
    queue: 'shipments.labels',
    messages: 48,
    exchange: 'shipments',
    key: always('label'),
    make: (index, random) => ({
      properties: {contentType: 'application/pdf', deliveryMode: 2},
      headers: [['pages', {t: 'B', v: 1 + random.below(3)}]],
      body: binaryLabel(index, random),
    }),
  }),
  logistics({
    queue: 'tracking.events',
    messages: 380,
    exchange: 'tracking',
    key: (_, random) => `parcel.${random.pick(COUNTRIES)}.${random.pick(['scanned', 'sorted', 'delivered'])}`,
    make: (index, random) => ({
      properties: {deliveryMode: 2},
      headers: [],
      body: json(parcel(index, random)),
    }),
  }),
  logistics({
    queue: 'tracking.alerts',
    messages: 60,
    exchange: 'tracking',
    key: (_, random) => `parcel.${random.pick(COUNTRIES)}.${random.pick(['lost', 'damaged'])}`,
    make: (index, random) => ({properties: persistent, headers: [], body: json(parcel(index, random))}),
  }),
  logistics({
    queue: 'carriers.express',
    messages: 75,
    exchange: 'carriers',
    key: always(''),
    make: (index, random) => ({
      properties: persistent,
      headers: [
        ['service', longString('express')],
        ['insured', {t: 't', v: true}],
      ],
      body: json(parcel(index, random)),
    }),
  }),
  logistics({
    queue: 'returns.inbox',
    messages: 40,
    exchange: 'shipments',
    key: always('return'),
    // The whole message is in its headers.
    make: (index) => ({
      properties: {deliveryMode: 2},
      headers: [['parcel', longString(`p-${index}`)]],
      body: new Uint8Array(),
    }),
  }),
  logistics({
    queue: 'returns.archive-2019',
    messages: 35,
    exchange: '',
    key: always('returns.archive-2019'),
    make: (index, random) => ({properties: persistent, headers: [], body: json(parcel(index, random))}),
  }),
  logistics({
    queue: 'pickup.reminders',
    messages: 65,
    exchange: 'reminders',
    key: always('pickup'),
    make: (index, random) => ({
      properties: persistent,
      headers: [['x-delay', {t: 'I', v: -3_600_000}]],
      body: json(parcel(index, random)),
    }),
  }),
  logistics({
    queue: '倉庫.入荷',
    messages: 55,
    exchange: 'shipments.unrouted',
    key: always('入荷'),
    make: (index, random) => ({
      properties: persistent,
      headers: [['倉庫', longString('東京')]],
      body: json({...parcel(index, random), 品目: '箱'}),
    }),
  }),
]
