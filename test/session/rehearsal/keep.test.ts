import {expect, test} from 'vitest'

import {decide} from '../../../src/session/decide.ts'
import {keep} from '../../../src/session/rehearsal/keep.ts'
import {move, ORDERS, plan} from '../../fakes/plan.ts'
import {estate, queue} from '../../helpers/estate.ts'
import {tempFolder} from '../../helpers/temp-folder.ts'
import {aSession} from '../a-session.ts'

const TAP = 'queue:%2F/mqlift.tap.x'
const MEASURED = {
  source: ORDERS,
  platform: 'sqs-standard',
  order: 'none',
  scratch: 'mqlift-rehearsal-orders',
  structure: 'same',
  copies: 1000,
  bytes: 1000,
  refused: 0,
  seconds: 10,
  perSecond: 100,
  outcome: 'passed',
  because: 'every copy came out once',
  missing: 0,
  unexpected: 0,
  repeated: 0,
  outOfOrder: 0,
} as const

test('the pages are those of the whole plan, taps and what somebody accepted included', async () => {
  const session = aSession(await tempFolder())
  const {workspace} = session
  const loss = {
    id: `ttl:${ORDERS}`,
    rule: 'ttl',
    subject: ORDERS,
    field: 'messageTtl',
    change: 'reset',
    reason: 'time to live starts again',
    acceptedBy: null,
  } as const
  const moves = [
    move({expected: {messages: 360_000, bytes: 360_000}, estimateSeconds: 7}),
    move({
      source: TAP,
      target: 'sns-topic:x',
      platform: 'sns-sqs',
      mode: 'bridge',
      tap: {exchange: 'exchange:%2F/x', keys: ['#'], most: 10},
    }),
  ]
  await workspace.write('inventory', estate(queue('orders')), [])
  await workspace.write('plan', plan(moves, {losses: [loss], fingerprint: {[ORDERS]: 'same'}}), [])
  await decide(session, {accept: ['ttl']})
  const place = {region: 'eu-central-1', endpoint: null}
  await keep(session, {
    ...place,
    sample: '10%',
    moves: [MEASURED],
    notRehearsed: [],
    leftBehind: [],
    removedBy: [],
  })
  const page = (await workspace.readText('plan.md')) ?? ''
  expect(page).toContain('mqlift.tap.x')
  expect(page).toContain('anna')
  expect(page).toContain('1 h, measured at 100/s')
  expect((await workspace.read('plan')).moves).toEqual(moves)
})
