import {createSecretKey} from 'node:crypto'

import {describe, expect, test} from 'vitest'

import {digest} from '../../src/model/canonical.ts'
import type {Envelope, Headers, Typed} from '../../src/model/envelope.ts'
import {destinationId} from '../../src/model/id.ts'
import {Secret} from '../../src/model/secret.ts'
import {brokerTarget} from '../../src/targets/index.ts'
import {publisher} from '../brokers/messages.ts'
import {freshVhost, MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {SourceQueue} from '../faults/source-queue.ts'

const QUEUE = 'corpus'
const KEY = createSecretKey(Buffer.alloc(32, 5))
const never = new AbortController().signal

/** Every type of field that RabbitMQ's clients write; `L` is py-amqp's. */
const VALUES: readonly Typed[] = [
  {t: 'S', v: 'é 😀 \u0000'},
  {t: 'S', v: Uint8Array.of(0xff, 0xfe)},
  {t: 'x', v: Uint8Array.of(0, 255)},
  {
    t: 'F',
    v: [
      [
        'inner',
        {
          t: 'A',
          v: [
            {t: 'I', v: -1},
            {t: 'V', v: null},
          ],
        },
      ],
    ],
  },
  {t: 't', v: true},
  {t: 'b', v: -128},
  {t: 'B', v: 255},
  {t: 's', v: -32_768},
  {t: 'u', v: 65_535},
  {t: 'I', v: -2_147_483_648},
  {t: 'i', v: 4_294_967_295},
  {t: 'l', v: -(2n ** 63n)},
  {t: 'f', v: 0.5},
  {t: 'd', v: Number.MIN_VALUE},
  {t: 'D', v: {scale: 2, digits: 4_294_967_295}},
  {t: 'T', v: 2n ** 64n - 1n},
  {t: 'V', v: null},
]

const PROPERTIES = {
  contentType: 'application/json',
  contentEncoding: 'gzip',
  deliveryMode: 1,
  priority: 255,
  correlationId: 'c',
  replyTo: QUEUE,
  expiration: '4000000000',
  messageId: 'm',
  timestamp: 2n ** 63n,
  type: 't',
  userId: 'guest',
  appId: '\udcff',
  clusterId: 'k',
}

function corpus(id: string): Envelope[] {
  const of = (parts: Partial<Envelope>): Envelope => ({
    v: 1,
    source: {id, exchange: '', routingKey: QUEUE},
    properties: {},
    headers: [],
    body: Buffer.from('x'),
    delivery: {redelivered: false},
    ...parts,
  })
  const odd: Headers = [
    ['!', {t: 'F', v: [['!', {t: 'S', v: 'not a wrapper'}]]}],
    ['', {t: 'S', v: ''}],
    ['__proto__', {t: 'S', v: 'polluter'}],
    [
      'x-death',
      {
        t: 'A',
        v: [
          {
            t: 'F',
            v: [
              ['count', {t: 'l', v: 3n}],
              ['queue', {t: 'S', v: 'old'}],
            ],
          },
        ],
      },
    ],
    ['x-delay', {t: 'I', v: 5000}],
  ]
  return [
    ...VALUES.map((value, index) => of({headers: [[`h${index}`, value]]})),
    of({
      headers: VALUES.map((value, index): Headers[number] => [`h${String(index).padStart(2, '0')}`, value]),
    }),
    of({headers: odd}),
    of({properties: PROPERTIES}),
    ...Object.entries(PROPERTIES).map(([name, value]) => of({properties: {[name]: value}})),
    of({body: Buffer.alloc(0)}),
    of({body: Buffer.of(0, 1, 2, 255)}),
    of({body: Buffer.alloc(1_048_576, '😀')}),
  ]
}

describe.skipIf(withoutBrokers())('a typed corpus through a real RabbitMQ', () => {
  for (const major of MAJORS)
    test.each(['classic', 'quorum'])(
      `RabbitMQ ${major}, %s: every message comes out as it went in`,
      async (type) => {
        const broker = await sharedRabbitmq(major)
        await using vhost = await freshVhost(broker)
        await using publish = await publisher(vhost.amqp)
        await publish.declare(QUEUE, {arguments: {'x-queue-type': type}})
        const options = {
          management: broker.management,
          tls: {caOnly: false, insecure: false},
          allowPlaintext: false,
          connectionName: 'mqlift:corpus',
        }
        await using target = await brokerTarget(
          {endpoint: {address: vhost.amqp, options}, vhost: vhost.name, queue: QUEUE},
          never,
        )
        await using reader = new SourceQueue(vhost.amqp, QUEUE)
        const id = destinationId('queue', vhost.name, QUEUE)
        for (const [seq, one] of corpus(id).entries()) {
          const encoded = target.encode(one, Date.now())
          expect(encoded).toMatchObject({changes: [], losses: []})
          const [receipt] = await target.send(new Map([[{seq}, encoded]]), never)
          expect(receipt).toMatchObject({outcome: 'accepted'})
          const [read] = await reader.left(id)
          expect(read && canonical(read)).toEqual(canonical(one))
          expect(read && digest(KEY, sorted(read))).toEqual(digest(KEY, sorted(one)))
        }
      },
    )
})

describe.skipIf(withoutBrokers())('the rights of docs/security.md', () => {
  for (const major of MAJORS)
    test(`RabbitMQ ${major}: to send, writing to the default exchange is enough`, async () => {
      const broker = await sharedRabbitmq(major)
      await using vhost = await freshVhost(broker)
      await using publish = await publisher(vhost.amqp)
      await publish.declare(QUEUE)
      const user = `writer-${vhost.name}`
      await broker.api('PUT', `/api/users/${user}`, {password: 'secret', tags: ''})
      const rights = {configure: '^$', write: String.raw`^amq\.default$`, read: '^$'}
      await broker.api('PUT', `/api/permissions/${vhost.name}/${user}`, rights)
      const options = {
        password: new Secret('secret'),
        management: broker.management,
        tls: {caOnly: false, insecure: false},
        allowPlaintext: false,
        connectionName: 'mqlift:rights',
      }
      const address = vhost.amqp.replace('guest:guest', user)
      const place = {endpoint: {address, options}, vhost: vhost.name, queue: QUEUE}
      await using target = await brokerTarget(place, never)
      const [one] = corpus(destinationId('queue', vhost.name, QUEUE))
      if (!one) throw new Error('an empty corpus')
      const receipts = await target.send(new Map([[{seq: 1}, target.encode(one, 0)]]), never)
      expect(receipts).toMatchObject([{outcome: 'accepted'}])
      await broker.api('DELETE', `/api/users/${user}`)
    })
})

const sorted = (one: Envelope): Envelope => ({
  ...one,
  headers: one.headers.toSorted(([a], [b]) => (a < b ? -1 : 1)),
})

const canonical = ({headers, properties, body}: Envelope) => ({
  headers: headers.toSorted(([a], [b]) => (a < b ? -1 : 1)),
  properties,
  body: body.byteLength,
})
