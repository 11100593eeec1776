import {createSecretKey} from 'node:crypto'

import {describe, test} from 'vitest'

import {digest} from '../../src/model/canonical.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import type {Delivery, ReadOptions, Source, SourceEvent} from '../../src/sources/source.ts'

/** One empty queue and a source that can read it. */
export interface SourceBench extends AsyncDisposable {
  readonly source: Source
  /** Destination id of the queue, and of one that does not exist. */
  readonly id: string
  readonly missing: string
  publish(bodies: readonly (string | Uint8Array)[]): Promise<void>
  /** Cuts the connection that reads, as a network would. */
  cut(): Promise<void>
}

const KEY = createSecretKey(Buffer.alloc(32, 1))
const never = new AbortController().signal
/** The numbers of a queue may lag by 5 s and more. */
const LAG = {timeout: 20_000}
const WINDOW = {messages: 100, bytes: 32 * 2 ** 20}

const textOf = ({envelope}: Delivery): string => Buffer.from(envelope.body).toString()
const bodies = (count: number): string[] => Array.from({length: count}, (_, index) => `body ${index}`)

const read = (
  {source, id}: SourceBench,
  options: Partial<ReadOptions> = {},
  signal = never,
): AsyncIterableIterator<Delivery> => {
  const reading = source.read?.(id, {until: 'empty', window: WINDOW, ...options}, signal)
  if (!reading) throw new Error('this source cannot be read')
  return reading
}

const waiting = async ({source, id}: SourceBench): Promise<number | undefined> => {
  const depth = await source.depth(id)
  return depth ? depth.ready : undefined
}

/** Reads to the end, answering each delivery; closes. */
async function drain(
  bench: SourceBench,
  answer: (delivery: Delivery, index: number) => unknown = (delivery) => delivery.ack(),
  options: Partial<ReadOptions> = {},
): Promise<{deliveries: Delivery[]; answers: unknown[]}> {
  const reading = read(bench, options)
  const deliveries: Delivery[] = []
  const answers: unknown[] = []
  for (let step = await reading.next(); !step.done; step = await reading.next()) {
    answers.push(answer(step.value, deliveries.length))
    deliveries.push(step.value)
  }
  await reading.return?.()
  return {deliveries, answers: await Promise.all(answers)}
}

/** The contract of `Source.read` and `Source.depth` (sources/source.ts) as tests. */
export function describeSource(name: string, open: () => Promise<SourceBench>): void {
  describe(`the source contract: ${name}`, () => {
    test('yields every message once, in order, twins included, and removes what was acked', async ({
      expect,
    }) => {
      await using bench = await open()
      await bench.publish([...bodies(250), 'twin', 'twin'])
      const {deliveries, answers} = await drain(bench)
      expect(deliveries.map(textOf)).toEqual([...bodies(250), 'twin', 'twin'])
      expect(new Set(answers)).toEqual(new Set(['applied']))
      await expect.poll(() => waiting(bench), LAG).toBe(0)
      expect((await drain(bench)).deliveries).toEqual([])
    })

    test('bodies are bytes: empty, binary and large ones come as they are', async ({expect}) => {
      await using bench = await open()
      const sent = [Buffer.alloc(0), Buffer.from([0, 255, 128, 10]), Buffer.alloc(300_000, 'x')]
      await bench.publish(sent)
      const {deliveries} = await drain(bench)
      expect(
        deliveries.map(({envelope}) => Buffer.from(envelope.body).equals(sent.shift() ?? Buffer.alloc(1))),
      ).toEqual([true, true, true])
    })

    test('removes nothing that was not acked; it comes back in its place, marked, with the same digest', async ({
      expect,
    }) => {
      await using bench = await open()
      await bench.publish(bodies(20))
      const before = new Map<string, Buffer>()
      await drain(bench, (delivery, index) => {
        before.set(textOf(delivery), digest(KEY, delivery.envelope))
        return index % 2 === 0 ? delivery.ack() : undefined
      })
      await expect.poll(() => waiting(bench), LAG).toBe(10)
      const {deliveries} = await drain(bench)
      expect(deliveries.map(textOf)).toEqual(bodies(20).filter((_, index) => index % 2 === 1))
      expect(deliveries.every(({envelope}) => envelope.delivery.redelivered)).toBe(true)
      expect(deliveries.every((one) => before.get(textOf(one))?.equals(digest(KEY, one.envelope)))).toBe(true)
    })

    test('what was released is delivered once in a run and is there after it', async ({expect}) => {
      await using bench = await open()
      await bench.publish(bodies(60))
      const {deliveries} = await drain(bench, (delivery, index) => {
        if (index === 0) return delivery.release()
        return delivery.ack()
      })
      expect(deliveries.filter((one) => textOf(one) === 'body 0')).toHaveLength(1)
      await expect.poll(() => waiting(bench), LAG).toBe(1)
    })

    test('never hands out more than its window before something is acked', async ({expect}) => {
      await using bench = await open()
      await bench.publish(bodies(50))
      const stop = new AbortController()
      const reading = read(bench, {window: {messages: 10, bytes: WINDOW.bytes}}, stop.signal)
      const taken: Delivery[] = []
      const pump = (async () => {
        for (let step = await reading.next(); !step.done; step = await reading.next()) taken.push(step.value)
      })()
      await expect.poll(() => taken.length).toBe(10)
      await new Promise((done) => setTimeout(done, 200))
      expect(taken).toHaveLength(10)
      for (const delivery of taken.slice(0, 5)) void delivery.ack()
      await expect.poll(() => taken.length).toBeGreaterThan(10)
      stop.abort()
      await pump
      await reading.return?.()
    })

    test('an aborted signal stops the intake only: what was yielded can still be acked', async ({expect}) => {
      await using bench = await open()
      await bench.publish(bodies(50))
      const stop = new AbortController()
      const reading = read(bench, {window: {messages: 20, bytes: WINDOW.bytes}}, stop.signal)
      const first = await reading.next()
      stop.abort()
      let step = await reading.next()
      const extra: Delivery[] = []
      while (!step.done) {
        extra.push(step.value)
        step = await reading.next()
      }
      if (first.done) throw new Error('nothing came')
      const ack = first.value.ack()
      await reading.return?.()
      expect(await ack).toBe('applied')
      await expect.poll(() => waiting(bench), LAG).toBe(49)
    })

    test('`mark` yields as many as were ready at the start', async ({expect}) => {
      await using bench = await open()
      await bench.publish(bodies(30))
      let late = false
      const {deliveries} = await drain(
        bench,
        async (delivery) => {
          const acked = delivery.ack()
          if (!late) {
            late = true
            await bench.publish(['late'])
          }
          return acked
        },
        {until: 'mark'},
      )
      expect(deliveries).toHaveLength(30)
    })

    test('`sentinel` yields everything in front of a sentinel of ours, and leaves alone what came after', async ({
      expect,
    }) => {
      await using bench = await open()
      await bench.publish(bodies(30))
      const events: SourceEvent[] = []
      const put: string[] = []
      let late = false
      const {deliveries, answers} = await drain(
        bench,
        async (delivery) => {
          const acked = delivery.ack()
          if (!late) {
            late = true
            await bench.publish(['late', 'later'])
          }
          return acked
        },
        {
          until: 'sentinel',
          onSentinel: (id) => Promise.resolve(void put.push(id)),
          onEvent: (event) => events.push(event),
        },
      )
      expect(deliveries.map(textOf)).toEqual(bodies(30))
      expect(new Set(answers)).toEqual(new Set(['applied']))
      expect(put).toHaveLength(1)
      expect(events.filter(({type}) => type === 'sentinel')).toEqual([{type: 'sentinel', id: put[0]}])
      await expect.poll(() => waiting(bench), LAG).toBe(2)
      expect((await drain(bench)).deliveries.map(textOf)).toEqual(['late', 'later'])
    })

    test.for(['empty', 'mark', 'sentinel'] as const)(
      'a sentinel that another run left behind is taken out and never yielded, until `%s`',
      async (until, {expect}) => {
        await using bench = await open()
        await bench.publish(bodies(20))
        const put: string[] = []
        const stop = new AbortController()
        const left = read(
          bench,
          {
            until: 'sentinel',
            window: {messages: 5, bytes: WINDOW.bytes},
            onSentinel: (id) => Promise.resolve(void put.push(id)),
          },
          stop.signal,
        )
        await left.next()
        stop.abort()
        await left.return?.()
        await expect.poll(() => waiting(bench), LAG).toBe(21)
        const events: SourceEvent[] = []
        const onEvent = (event: SourceEvent) => events.push(event)
        const {deliveries} = await drain(bench, (delivery) => delivery.ack(), {until, onEvent})
        expect(deliveries.map(textOf)).toEqual(bodies(20))
        expect(events).toContainEqual({type: 'sentinel', id: put[0]})
        await expect.poll(() => waiting(bench), LAG).toBe(0)
      },
    )

    test('`never` goes on when the queue is empty; when it is ended, all that came is yielded', async ({
      expect,
    }) => {
      await using bench = await open()
      await bench.publish(bodies(3))
      const end = new AbortController()
      const reading = read(bench, {until: 'never', end: end.signal})
      const taken: string[] = []
      const pump = (async () => {
        for (let step = await reading.next(); !step.done; step = await reading.next()) {
          taken.push(textOf(step.value))
          void step.value.ack()
        }
      })()
      await expect.poll(() => taken.length, LAG).toBe(3)
      await bench.publish(['more'])
      await expect.poll(() => taken.length, LAG).toBe(4)
      end.abort()
      await pump
      await reading.return?.()
      await expect.poll(() => waiting(bench), LAG).toBe(0)
    })

    test('reads the identity that the operator vouches for, and no other', async ({expect}) => {
      await using bench = await open()
      await bench.publish(['a'])
      const {deliveries} = await drain(bench)
      expect(deliveries[0]?.envelope.identity).toBeUndefined()
    })

    test('says what is waiting, and that a queue does not exist', async ({expect}) => {
      await using bench = await open()
      await bench.publish(bodies(3))
      await expect.poll(() => waiting(bench), LAG).toBe(3)
      expect(await bench.source.depth(bench.missing)).toBeNull()
    })

    test('after a cut, old acks are lost and never sent, and everything unacked comes again', async ({
      expect,
    }) => {
      await using bench = await open()
      await bench.publish(bodies(40))
      const events: SourceEvent[] = []
      const reading = read(bench, {onEvent: (event) => events.push(event)})
      const held: Delivery[] = []
      while (held.length < 10) {
        const step = await reading.next()
        if (step.done) throw new Error('ended early')
        held.push(step.value)
      }
      await bench.cut()
      await expect.poll(() => events.some(({type}) => type === 'interrupted'), {timeout: 20_000}).toBe(true)
      const outcomes = await Promise.all(held.map((delivery) => delivery.ack()))
      expect(new Set(outcomes)).toEqual(new Set(['lost']))
      const again = new Map<string, Envelope>()
      for (let step = await reading.next(); !step.done; step = await reading.next()) {
        again.set(textOf(step.value), step.value.envelope)
        void step.value.ack()
      }
      await reading.return?.()
      expect(held.every((delivery) => again.get(textOf(delivery))?.delivery.redelivered)).toBe(true)
      expect(again.size).toBe(40)
    })
  })
}
