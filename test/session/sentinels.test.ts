import {expect, test} from 'vitest'

import {Sentinels, sentinelsLeft} from '../../src/session/sentinels.ts'
import type {ReadOptions, SourceEvent} from '../../src/sources/source.ts'
import {MemoryBroker} from '../fakes/memory-broker.ts'
import {envelope, ORDERS} from '../fakes/plan.ts'
import {tempFolder} from '../helpers/temp-folder.ts'
import {aSession} from './a-session.ts'

const options: ReadOptions = {until: 'sentinel', window: {messages: 10, bytes: 1e6}}

async function bench() {
  const {workspace, now} = aSession(await tempFolder())
  const broker = new MemoryBroker()
  broker.queue(ORDERS).publish(envelope('order'))
  const source = broker.source()
  const read = source.read?.bind(source)
  if (!read) throw new Error('cannot read')
  return {workspace, read, sentinels: new Sentinels(workspace, now)}
}

test('is written down before it is put, and forgotten when it was read', async () => {
  const {workspace, read, sentinels} = await bench()
  const events: SourceEvent[] = []
  const watched = sentinels.watching(ORDERS, {...options, onEvent: (event) => events.push(event)})
  const deliveries = read(ORDERS, watched, new AbortController().signal)
  const first = await deliveries.next()
  expect(await sentinelsLeft(workspace)).toMatchObject([{source: ORDERS, at: '2026-11-24T12:00:00.000Z'}])
  if (!first.done) await first.value.ack()
  expect((await deliveries.next()).done).toBe(true)
  await deliveries.return?.()
  await sentinels.settled()
  expect(await sentinelsLeft(workspace)).toEqual([])
  expect(events).toContainEqual({type: 'sentinel', id: expect.any(String)})
})

test('one that is not read stays named', async () => {
  const {workspace, read, sentinels} = await bench()
  const deliveries = read(ORDERS, sentinels.watching(ORDERS, options), new AbortController().signal)
  await deliveries.next()
  await deliveries.return?.()
  await sentinels.settled()
  expect(await sentinelsLeft(workspace)).toHaveLength(1)
})

test.each(['[{"id": 1}]', '{}', '[{'])('a damaged file is named: %s', async (text) => {
  const {workspace} = await bench()
  await workspace.writeText('sentinels.json', text)
  await expect(sentinelsLeft(workspace)).rejects.toMatchObject({
    kind: 'input',
    file: workspace.path('sentinels.json'),
  })
})
