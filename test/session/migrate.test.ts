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

test('a lane that stopped says why', () => {
  const lanes = [lane(), lane({outcome: 'stopped', reason: 'consumers'})]
  const problem = stopped({outcome: 'incomplete', lanes})
  expect(problem).toMatchObject({kind: 'incomplete', reason: 'not-drained'})
  expect(problem?.message).toContain('consumers')
})

test('what is complete is complete', () => {
  expect(stopped({outcome: 'complete', lanes: [lane()]})).toBeUndefined()
})
