import {expect, test} from 'vitest'

import type {Move} from '../../../src/model/plan.ts'
import {refuseForShovels, shovelGuard} from '../../../src/session/shovel/guards.ts'

const asked = {engine: 'shovel', until: 'empty', archive: 'on'} as const

test.each([
  [{rate: 10}, '--rate'],
  [{bridge: true}, '--bridge'],
  [{rehearse: true}, '--rehearse'],
  [{until: 'sentinel'}, '--until sentinel'],
  [{'skip-failed': true}, '--skip-failed'],
] as const)('%j is refused: a shovel would not follow it', (more, flag) => {
  expect(() => refuseForShovels({...asked, ...more})).toThrow(
    expect.objectContaining({kind: 'usage', message: expect.stringContaining(flag)}),
  )
})

test('what a shovel follows is let through', () => {
  expect(refuseForShovels({...asked, until: 'mark', bridge: false})).toBeUndefined()
})

const move = (platform: Move['platform']) => ({source: `queue:a/${platform}`, platform}) as Move

test('a move to another service is no move for a shovel, and is named', () => {
  expect(shovelGuard({moves: [move('amazon-mq-rabbitmq')]})).toBeUndefined()
  expect(
    shovelGuard({moves: [move('amazon-mq-rabbitmq'), move('sqs-standard'), move('sns-sqs')]}),
  ).toMatchObject({
    reason: 'not-for-shovels',
    because: expect.stringContaining('queue:a/sqs-standard goes to sqs-standard (and 1 more)'),
  })
})
