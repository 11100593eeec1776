import {createSecretKey} from 'node:crypto'

import {describe, expect, test} from 'vitest'

import {digest} from '../../src/model/canonical.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import type {Encoded, Entry, Receipt, Target} from '../../src/targets/target.ts'
import {envelope} from '../fakes/plan.ts'

/** One empty place to send to. */
export interface TargetBench extends AsyncDisposable {
  readonly target: Target
  /** Everything that arrived, decoded back, in any order. Takes it out. */
  received(wanted: number): Promise<readonly Envelope[]>
}

const KEY = createSecretKey(Buffer.alloc(32, 2))
const never = new AbortController().signal
let seq = 0

const EMOJI = envelope('😀')
const CORPUS: readonly Envelope[] = [
  envelope('plain'),
  envelope('plain'),
  envelope(''),
  envelope(Buffer.from([0, 1, 2, 255, 254])),
  envelope('control \u0001\u0008\u000b\ufffe'),
  envelope('é ☃'),
  envelope('{"json": true}', {
    properties: {
      contentType: 'application/json',
      messageId: 'm',
      timestamp: 1_700_000_000n,
      priority: 7,
      deliveryMode: 2,
    },
    headers: [
      ['text', {t: 'S', v: 'value'}],
      ['__proto__', {t: 'S', v: 'polluter'}],
      ['number', {t: 'l', v: 2n ** 60n}],
      [
        'table',
        {
          t: 'F',
          v: [
            [
              'inner',
              {
                t: 'A',
                v: [
                  {t: 't', v: true},
                  {t: 'V', v: null},
                ],
              },
            ],
          ],
        },
      ],
      ['bytes', {t: 'x', v: Buffer.from([0, 255])}],
    ],
  }),
  envelope('many headers', {
    headers: Array.from({length: 14}, (_, index) => [`h-${index}`, {t: 'S', v: `${index}`}] as const),
  }),
]

const batch = (target: Target, envelopes: readonly Envelope[]): Map<Entry, Encoded> =>
  new Map(
    envelopes.map((one) => [
      {seq: ++seq, dedupId: `conformance-${process.pid}-${seq}`},
      target.encode(one, 0),
    ]),
  )

const idsOf = (envelopes: readonly Envelope[]): string[] =>
  envelopes.map((one) => digest(KEY, one).toString('hex')).toSorted()

const sorted = (one: Envelope): Envelope => ({
  ...one,
  headers: one.headers.toSorted(([a], [b]) => (a < b ? -1 : 1)),
})

export interface TargetTraits {
  /** Deduplicates by the entry's id, one group per `encoded.group`. */
  readonly fifo: boolean
  /** An emulator's fault (test/brokers/emulator-deviations.ts). */
  readonly refusesEmoji: boolean
  /** The largest message, when that is not the largest request. */
  readonly largest?: number
  /** Hands headers out in the order of their names: RabbitMQ 4, and quorum queues of 3.10. */
  readonly sortsHeaders?: boolean
}

/** The contract of `Target` (targets/target.ts) as tests. */
export function describeTarget(
  name: string,
  {fifo, refusesEmoji, largest, sortsHeaders = false}: TargetTraits,
  open: () => Promise<TargetBench>,
): void {
  const corpus = refusesEmoji ? CORPUS : [...CORPUS, EMOJI]
  const ids = (envelopes: readonly Envelope[]): string[] =>
    idsOf(sortsHeaders ? envelopes.map(sorted) : envelopes)
  describe(`the target contract: ${name}`, () => {
    /** One request per message when order may forbid more. */
    async function send({target}: TargetBench, envelopes: readonly Envelope[]): Promise<Receipt[]> {
      const size = fifo ? 1 : target.limits.batchSize
      const receipts: Receipt[] = []
      for (let at = 0; at < envelopes.length; at += size) {
        receipts.push(...(await target.send(batch(target, envelopes.slice(at, at + size)), never)))
      }
      return receipts
    }

    test('what is accepted arrives and can be decoded to the same digest, twins included', async () => {
      await using bench = await open()
      const receipts = await send(bench, corpus)
      expect(receipts.map(({outcome}) => outcome)).toEqual(corpus.map(() => 'accepted'))
      expect(ids(await bench.received(corpus.length))).toEqual(ids(corpus))
    })

    test('answers for every message, with the target’s id and nothing unknown', async () => {
      await using bench = await open()
      const one = batch(bench.target, [envelope('a')])
      const [receipt, ...more] = await bench.target.send(one, never)
      expect(more).toEqual([])
      expect(receipt).toMatchObject({outcome: 'accepted', unknownAttempts: 0, entry: [...one.keys()][0]})
      expect(receipt?.outcome === 'accepted' && receipt.targetId.length).toBeGreaterThan(0)
    })

    test('encode is pure: twice the same, and it never touches the envelope', async () => {
      await using bench = await open()
      for (const one of corpus) {
        const before = digest(KEY, one)
        expect(bench.target.encode(one, 0)).toEqual(bench.target.encode(one, 0))
        expect(digest(KEY, one)).toEqual(before)
      }
    })

    test('what is too large is refused by encode, before anything is sent', async () => {
      await using bench = await open()
      const bytes = (largest ?? bench.target.limits.batchBytes) + 1
      expect(bench.target.encode(envelope(Buffer.alloc(bytes, 'x')), 0).refused).toBeTypeOf('string')
      expect(bench.target.encode(envelope('small'), 0).refused).toBeUndefined()
    })

    test('counts its own limit: as many bytes as it says fit into one request', async () => {
      await using bench = await open()
      const {limits} = bench.target
      const size = fifo ? 1 : limits.batchSize
      const each = Math.floor(limits.batchBytes / size) - 2000
      const messages = Array.from({length: size}, (_, index) => envelope(Buffer.alloc(each, `${index}`)))
      const encoded = messages.map((one) => bench.target.encode(one, 0).bytes)
      expect(encoded.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(limits.batchBytes)
      expect((await send(bench, messages)).every(({outcome}) => outcome === 'accepted')).toBe(true)
    })

    test('calls may overlap', async () => {
      await using bench = await open()
      const messages = Array.from({length: 12}, (_, index) => envelope(`overlap ${index}`))
      const receipts = await Promise.all(
        messages.map((one) => bench.target.send(batch(bench.target, [one]), never)),
      )
      expect(receipts.flat()).toHaveLength(12)
      expect(ids(await bench.received(12))).toEqual(ids(messages))
    })

    test.runIf(fifo)(
      'one deduplication id is stored once, and two equal messages with two ids are two',
      async () => {
        await using bench = await open()
        const {target} = bench
        const entry: Entry = {seq: ++seq, dedupId: `conformance-${process.pid}-${seq}`}
        const encoded = target.encode(envelope('same'), 0)
        const first = await target.send(new Map([[entry, encoded]]), never)
        const again = await target.send(new Map([[entry, encoded]]), never)
        const twin = await target.send(batch(target, [envelope('same')]), never)
        expect([...first, ...again, ...twin].map(({outcome}) => outcome)).toEqual([
          'accepted',
          'accepted',
          'accepted',
        ])
        expect(await bench.received(2)).toHaveLength(2)
      },
    )
  })
}
