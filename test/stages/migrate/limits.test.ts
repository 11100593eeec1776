import {expect, test} from 'vitest'

import {windowFor} from '../../../src/stages/migrate/limits.ts'
import {move} from '../../fakes/plan.ts'

const LIMITS = {batchSize: 250, batchBytes: 1000}

test('the window is 4,000 messages, or twice of what the target takes at once', () => {
  expect(windowFor(move(), 1, {}, LIMITS).messages).toBe(4000)
  expect(windowFor(move(), 1, {}, {...LIMITS, requests: 3}).messages).toBe(1500)
  expect(windowFor(move(), 1, {}, {...LIMITS, requests: 100}).messages).toBe(4000)
})

test('what was asked for holds, except where a delivery limit could delete messages', () => {
  expect(windowFor(move(), 1, {messages: 9000}, {...LIMITS, requests: 3}).messages).toBe(9000)
  expect(windowFor({...move(), deliveryLimit: 20}, 1, {messages: 9000}, LIMITS).messages).toBe(50)
})
