import {everyHeader} from '../../src/demo/payloads.ts'
import {seeded} from '../../src/demo/random.ts'
import type {Envelope, Headers, Properties} from '../../src/model/envelope.ts'
import {destinationId} from '../../src/model/id.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'

/** A queue of the board's estate: how it is declared and which share of the messages it gets. */
export interface BoardQueue {
  readonly vhost: string
  readonly name: string
  readonly share: number
  readonly arguments: Record<string, unknown>
  /** A producer keeps publishing here while the messages move. */
  readonly live?: true
}

const HOUR = 3_600_000

/** Classic, quorum, priority, TTL and a name that SQS refuses, in two vhosts. */
export const QUEUES: readonly BoardQueue[] = [
  {vhost: 'shop', name: 'orders', share: 0.3, arguments: {'x-queue-type': 'classic'}, live: true},
  {vhost: 'shop', name: 'payments', share: 0.3, arguments: {'x-queue-type': 'quorum'}},
  {vhost: 'shop', name: 'urgent', share: 0.15, arguments: {'x-max-priority': 5, 'x-queue-type': 'classic'}},
  {vhost: 'lager', name: 'sessions', share: 0.15, arguments: {'x-message-ttl': 6 * HOUR}},
  {vhost: 'lager', name: 'zahlung.eingang-ä', share: 0.1, arguments: {'x-queue-type': 'quorum'}},
]

export const queueId = ({vhost, name}: BoardQueue): string => destinationId('queue', vhost, name)

/** Every tenth message is a byte-for-byte twin of the one before it. */
const TWIN = 10

/** The message at a place: always the same, so that a second process can make it again. */
export function boardMessage(queue: BoardQueue, index: number): Envelope {
  const original = index % TWIN === TWIN - 1 ? index - 1 : index
  const random = seeded(`${queue.vhost}/${queue.name}#${original}`)
  const body = bodyAt(original, random)
  const headers: Headers = [
    ['n', {t: 'I', v: original}],
    ...(original % 3 === 0 ? everyHeader(original, random) : []),
  ]
  const properties: Properties = {
    deliveryMode: 2,
    ...(original % 2 === 0 ? {contentType: 'application/json', messageId: `${queue.name}-${original}`} : {}),
    ...(original % 5 === 0
      ? {correlationId: `c-${original}`, timestamp: 1_793_602_800n, type: 'order', appId: 'shop'}
      : {}),
    ...('x-max-priority' in queue.arguments ? {priority: original % 6} : {}),
  }
  const source = {id: queueId(queue), exchange: '', routingKey: queue.name}
  return {v: 1, source, properties, headers, body, delivery: {redelivered: false}}
}

function bodyAt(index: number, random: ReturnType<typeof seeded>): Uint8Array {
  if (index % 500 === 3) return new Uint8Array(0)
  if (index % 50 === 7) return random.bytes(200 + random.below(2000))
  if (index % 2500 === 11) return Buffer.from('ß'.repeat(150 * 1024))
  return Buffer.from(JSON.stringify({order: index, note: 'Grüße', pad: 'x'.repeat(random.below(700))}))
}

export async function declare(broker: Rabbitmq): Promise<void> {
  for (const vhost of new Set(QUEUES.map((queue) => queue.vhost))) {
    await broker.api('PUT', `/api/vhosts/${encodeURIComponent(vhost)}`, {})
    await broker.api('PUT', `/api/permissions/${encodeURIComponent(vhost)}/${broker.user}`, {
      configure: '.*',
      write: '.*',
      read: '.*',
    })
  }
  for (const queue of QUEUES)
    await broker.api(
      'PUT',
      `/api/queues/${encodeURIComponent(queue.vhost)}/${encodeURIComponent(queue.name)}`,
      {
        durable: true,
        arguments: queue.arguments,
      },
    )
}
