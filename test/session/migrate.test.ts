import {expect, test} from 'vitest'

import {stopped} from '../../src/session/migrate.ts'
import type {LaneOutcome} from '../../src/stages/migrate.ts'

const lane = (more: Partial<LaneOutcome> = {}): LaneOutcome => ({
  move: 'orders>sqs-queue:orders',
  source: 'queue:%2F/orders',
  outcome: 'drained',
  reason: 'the queue is empty',
  held: 0,
  ...more,
})

test('a queue that was read to its end, with a message in doubt given back, is not done', () => {
  const problem = stopped({outcome: 'incomplete', lanes: [lane(), lane({held: 1})]})
  expect(problem).toMatchObject({kind: 'incomplete', reason: 'not-drained'})
  expect(problem?.message).toContain('1 message stayed at the source')
})

test('a lane that stopped says why', () => {
  const problem = stopped({outcome: 'incomplete', lanes: [lane({outcome: 'stopped', reason: 'consumers'})]})
  expect(problem?.message).toContain('consumers')
})

test('what is complete is complete', () => {
  expect(stopped({outcome: 'complete', lanes: [lane()]})).toBeUndefined()
})
