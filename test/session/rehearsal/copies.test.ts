import {createSecretKey} from 'node:crypto'

import {expect, test} from 'vitest'

import {CopySource} from '../../../src/session/rehearsal/copies.ts'
import type {Delivery, ReadOptions, Source} from '../../../src/sources/source.ts'
import {envelope, ORDERS} from '../../fakes/plan.ts'

const {signal} = new AbortController()
const key = createSecretKey(Buffer.alloc(32, 1))

/** A queue that notes what is done to it; `during` happens after so many deliveries. */
function queueOf(messages: number, during?: (index: number, options: ReadOptions) => void) {
  const seen = {acked: 0, released: 0, closed: 0, asked: [] as ReadOptions[]}
  const source: Source = {
    address: 'memory://',
    inspect: () => Promise.reject(new Error('not asked for')),
    depth: () => Promise.resolve({ready: messages, unacked: 0, consumers: 3, counters: null}),
    read(_, options, stop) {
      seen.asked.push(options)
      return reading(options, stop)
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  async function* reading(options: ReadOptions, stop: AbortSignal): AsyncGenerator<Delivery, void> {
    try {
      for (let index = 0; index < messages; index++) {
        during?.(index, options)
        if (stop.aborted) return
        yield {
          envelope: envelope(`${index}`),
          ack() {
            seen.acked++
            return Promise.resolve('applied')
          },
          release: () => void seen.released++,
        }
      }
    } finally {
      seen.closed++
    }
  }
  return {source, seen}
}

const copying = (source: Source, wanted: number) =>
  new CopySource(source, new Map([[ORDERS, wanted]]), {key, comparable: (_, message) => message})

const OPTIONS: ReadOptions = {until: 'empty', window: {messages: 10, bytes: 1000}}

async function readAll(copies: CopySource): Promise<string[]> {
  const bodies: string[] = []
  for await (const delivery of copies.read(ORDERS, OPTIONS, signal)) {
    bodies.push(Buffer.from(delivery.envelope.body).toString())
    expect(await delivery.ack()).toBe('applied')
  }
  return bodies
}

test('what is acknowledged goes back, as many as were asked for, and nobody is kept out', async () => {
  const {source, seen} = queueOf(5)
  const copies = copying(source, 3)
  expect(await copies.depth(ORDERS)).toMatchObject({ready: 3, consumers: 0})
  expect(await readAll(copies)).toEqual(['0', '1', '2'])
  expect(seen).toMatchObject({acked: 0, released: 3, closed: 1})
  expect(seen.asked).toMatchObject([{until: 'mark', shared: true, window: {messages: 3}}])
  expect(copies.taken(ORDERS)).toHaveLength(3)
  expect(await copies.depth(ORDERS)).toMatchObject({ready: 0})
})

test('every copy is found again by its message', async () => {
  const {source} = queueOf(2)
  const copies = copying(source, 2)
  const found: unknown[] = []
  for await (const {envelope: message} of copies.read(ORDERS, OPTIONS, signal))
    found.push(copies.copyOf(message))
  expect(found).toEqual(copies.taken(ORDERS))
  expect(found[0]).toBe(copies.taken(ORDERS)[0])
})

test('a lost connection ends the copying: what comes again would be counted twice', async () => {
  const {source, seen} = queueOf(5, (index, options) => {
    if (index === 2) options.onEvent?.({type: 'interrupted', reason: 'cut', epoch: 1})
  })
  await expect(readAll(copying(source, 4))).rejects.toThrow(/connection to the broker was lost \(cut\)/)
  expect(seen).toMatchObject({acked: 0, closed: 1})
})

test('a consumer that comes meanwhile ends it, too', async () => {
  const {source, seen} = queueOf(5, (index, options) => {
    if (index === 1) options.onEvent?.({type: 'foreign-consumers', consumers: 2})
  })
  await expect(readAll(copying(source, 4))).rejects.toThrow(/2 consumers came to the queue/)
  expect(seen).toMatchObject({acked: 0, closed: 1})
})

test('a queue that is not rehearsed gives nothing', async () => {
  const {source, seen} = queueOf(5)
  const copies = new CopySource(source, new Map(), {key, comparable: (_, message) => message})
  expect(await readAll(copies)).toEqual([])
  expect(seen.asked).toEqual([])
})
