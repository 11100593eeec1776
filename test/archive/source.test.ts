import {appendFileSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {openArchive} from '../../src/archive/archive.ts'
import {contentsOf} from '../../src/archive/contents.ts'
import {ArchiveSource, type ArchiveSourceOptions} from '../../src/archive/source.ts'
import {Taken} from '../../src/archive/taken.ts'
import {encodeHead} from '../../src/model/canonical.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import {destinationId} from '../../src/model/id.ts'
import type {Delivery, ReadOptions, Source} from '../../src/sources/source.ts'
import {envelope, ORDERS} from '../fakes/plan.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

const OTHERS = destinationId('queue', '/', 'others')
const never = new AbortController().signal
const WINDOW = {messages: 100, bytes: 32 * 2 ** 20}

const numbered = (seq: number, source = ORDERS): {seq: number; one: Envelope} => ({
  seq,
  one: envelope(`body ${seq}`, {source}),
})

/** Archived in the order given, in small segments. */
async function archiveOf(records: readonly {seq: number; one: Envelope}[]): Promise<string> {
  const folder = join(await tempFolder(), 'archive')
  await using archive = await openArchive(folder, {segmentBytes: 700})
  for (const {seq, one} of records) await archive.append([{seq, head: encodeHead(one), body: one.body}])
  return folder
}

async function opened(folder: string, more: Partial<ArchiveSourceOptions> = {}) {
  const taken = await Taken.open(join(folder, '..', 'taken'))
  const contents = await contentsOf(folder, () => true)
  const source = new ArchiveSource({contents, taken, identity: 'entry', counters: true, ...more})
  return {source, taken}
}

const text = ({envelope: {body}}: Delivery): string => Buffer.from(body).toString()

async function drain(
  source: Source,
  answer: (delivery: Delivery, index: number) => unknown = (delivery) => delivery.ack(),
  {id = ORDERS, window = WINDOW}: {id?: string; window?: ReadOptions['window']} = {},
): Promise<Delivery[]> {
  const reading = source.read?.(id, {until: 'empty', window}, never)
  if (!reading) throw new Error('an archive can be read')
  const found: Delivery[] = []
  for (let step = await reading.next(); !step.done; step = await reading.next()) {
    void answer(step.value, found.length)
    found.push(step.value)
  }
  await reading.return?.()
  return found
}

describe('an archive as a source', () => {
  test('gives each message of a destination once, in the order it was received in', async () => {
    const order = [3, 1, 2, 6, 4, 5, 9, 8, 7]
    const folder = await archiveOf(
      order.flatMap((seq) => [numbered(seq * 10), numbered(seq * 10 + 1, OTHERS)]),
    )
    const {source, taken} = await opened(folder)
    await using _log = taken
    expect((await drain(source)).map(text)).toEqual(
      order.toSorted((a, b) => a - b).map((seq) => `body ${seq}0`),
    )
    expect(await source.depth(ORDERS)).toMatchObject({ready: 0, unacked: 0, counters: {acked: 9}})
    expect(await source.depth(OTHERS)).toMatchObject({ready: 9, counters: {acked: 0}})
    expect(await source.depth(destinationId('queue', '/', 'none'))).toBeNull()
  })

  test('a message that was archived twice under one number is given once', async () => {
    const folder = await archiveOf([numbered(1), numbered(2), numbered(1), numbered(3)])
    const {source, taken} = await opened(folder)
    await using _log = taken
    expect((await drain(source)).map(text)).toEqual(['body 1', 'body 2', 'body 3'])
  })

  test('twins are two messages', async () => {
    const twin = envelope('twin')
    const folder = await archiveOf([
      {seq: 1, one: twin},
      {seq: 2, one: twin},
    ])
    const {source, taken} = await opened(folder)
    await using _log = taken
    const found = await drain(source)
    expect(found.map(text)).toEqual(['twin', 'twin'])
    expect(found.map(({envelope: {identity}}) => identity)).toEqual(['archive:1', 'archive:2'])
  })

  test('what was acknowledged is not given in the next run; the rest is, and is marked', async () => {
    const folder = await archiveOf(Array.from({length: 40}, (_, index) => numbered(index + 1)))
    {
      const {source, taken} = await opened(folder)
      await using first = taken
      expect(first.resumed).toBe(false)
      await drain(source, (delivery, index) => index % 4 !== 0 && delivery.ack())
    }
    const {source, taken} = await opened(folder)
    await using _log = taken
    expect(await source.depth(ORDERS)).toMatchObject({ready: 10})
    const found = await drain(source)
    expect(found.map(text)).toEqual(Array.from({length: 10}, (_, index) => `body ${index * 4 + 1}`))
    expect(found.every((one) => one.envelope.delivery.redelivered)).toBe(true)
    expect(await drain(source)).toEqual([])
  })

  test('what an earlier run may have given is marked, however large its window was', async () => {
    const folder = await archiveOf(Array.from({length: 40}, (_, index) => numbered(index + 1)))
    {
      const {source, taken} = await opened(folder)
      await using first = taken
      expect(first.resumed).toBe(false)
      const reading = source.read(ORDERS, {until: 'empty', window: {...WINDOW, messages: 20}}, never)
      const given: IteratorResult<Delivery>[] = []
      while (given.length < 20) given.push(await reading.next())
      expect(given.some(({value}) => value?.envelope.delivery.redelivered)).toBe(false)
      await reading.return?.()
    }
    const {source, taken} = await opened(folder)
    await using _log = taken
    const found = await drain(source, (one) => one.ack(), {window: {...WINDOW, messages: 5}})
    expect(found.slice(0, 20).every((one) => one.envelope.delivery.redelivered)).toBe(true)
  })

  test('gives no more than the window before something is acknowledged, and stops when told to', async () => {
    const folder = await archiveOf(Array.from({length: 30}, (_, index) => numbered(index + 1)))
    const {source, taken} = await opened(folder)
    await using _log = taken
    const stop = new AbortController()
    const reading = source.read(ORDERS, {until: 'empty', window: {...WINDOW, messages: 10}}, stop.signal)
    const found: Delivery[] = []
    const pump = (async () => {
      for (let step = await reading.next(); !step.done; step = await reading.next()) found.push(step.value)
    })()
    await expect.poll(() => found.length).toBe(10)
    await Promise.all(found.slice(0, 3).map((one) => one.ack()))
    await expect.poll(() => found.length).toBe(13)
    expect(await source.depth(ORDERS)).toMatchObject({ready: 17, unacked: 10})
    stop.abort()
    await pump
    expect(await found[5]?.ack()).toBe('applied')
    await reading.return?.()
    expect(await found[6]?.ack()).toBe('lost')
  })

  test('only what is wanted is given; the rest stays', async () => {
    const folder = await archiveOf(Array.from({length: 10}, (_, index) => numbered(index + 1)))
    const {source, taken} = await opened(folder, {wanted: (seq) => seq > 7})
    await using _log = taken
    expect((await drain(source)).map(text)).toEqual(['body 8', 'body 9', 'body 10'])
    expect(await source.depth(ORDERS)).toMatchObject({ready: 7})
  })

  test('what came back from elsewhere is not given, and stays', async () => {
    const folder = await archiveOf([numbered(1), numbered(2), numbered(3)])
    {
      const {taken} = await opened(folder)
      await using first = taken
      expect(first.resumed).toBe(false)
      await taken.take([2], 'elsewhere')
    }
    const {source, taken} = await opened(folder)
    await using _log = taken
    expect((await drain(source)).map(text)).toEqual(['body 1', 'body 3'])
    expect(await source.depth(ORDERS)).toMatchObject({ready: 1, counters: {acked: 2}})
  })

  test('as it left: nothing of the envelope is changed', async () => {
    const one = envelope('x', {
      identity: 'vouched',
      headers: [['h', {t: 'l', v: 5n}]],
      properties: {type: 't'},
    })
    const folder = await archiveOf([{seq: 1, one}])
    const {source, taken} = await opened(folder, {identity: 'own', counters: false})
    await using _log = taken
    expect(await source.depth(ORDERS)).toMatchObject({counters: null})
    const [found] = await drain(source)
    expect(found && {...found.envelope, body: Buffer.from(found.envelope.body)}).toEqual(one)
  })
})

describe('what was taken', () => {
  test('a torn end is cut off: its message is given again', async () => {
    const folder = await archiveOf([numbered(1), numbered(2)])
    const path = join(folder, '..', 'taken')
    {
      const {source, taken} = await opened(folder)
      await using first = taken
      expect(first.resumed).toBe(false)
      await drain(source)
    }
    const whole = readFileSync(path)
    writeFileSync(path, whole.subarray(0, whole.length - 5))
    {
      const {source, taken} = await opened(folder)
      await using first = taken
      expect(first.resumed).toBe(true)
      expect((await drain(source)).map(text)).toEqual(['body 2'])
    }
    expect(readFileSync(path)).toEqual(whole)
    appendFileSync(path, Buffer.alloc(100))
    const {source, taken} = await opened(folder)
    await using _log = taken
    expect(await drain(source)).toEqual([])
  })

  test('another file is refused', async () => {
    const path = join(await tempFolder(), 'taken')
    writeFileSync(path, 'something else')
    await expect(Taken.open(path)).rejects.toMatchObject({kind: 'input'})
  })
})

test('a damaged archive is refused before anything is given', async () => {
  const folder = await archiveOf(Array.from({length: 40}, (_, index) => numbered(index + 1)))
  const name = readdirSync(folder).find((file) => file.endsWith('.segment')) ?? ''
  const bytes = readFileSync(join(folder, name))
  bytes[30] = (bytes[30] ?? 0) ^ 1
  writeFileSync(join(folder, name), bytes)
  await expect(contentsOf(folder, () => true)).rejects.toMatchObject({
    kind: 'input',
    reason: 'archive-damaged',
  })
})
