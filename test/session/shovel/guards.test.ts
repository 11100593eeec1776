import {expect, test} from 'vitest'

import type {Move} from '../../../src/model/plan.ts'
import {refuseForShovels, shovelGuard, tellingGuard} from '../../../src/session/shovel/guards.ts'

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

const config = (shovel: {at: 'source' | 'target'; uri?: string}, version?: string) => ({
  shovel,
  brokers: {'amazon-mq-rabbitmq': {address: 'amqps://admin@b-1.mq', ...(version !== undefined && {version})}},
})
const known = {version: '3.10.8', broker: 'amqps://ops@rabbit.corp', allowPlaintext: false}

test('before anything is done it is known whether a password would be told to whoever answers', () => {
  const unverified = {reason: 'shovel-unverified', suggestion: expect.stringContaining('verify=verify_peer')}
  expect(tellingGuard(config({at: 'source'}), known)).toMatchObject(unverified)
  expect(tellingGuard(config({at: 'target'}, '3.13'), known)).toMatchObject(unverified)
  expect(tellingGuard(config({at: 'source', uri: 'amqps://b-1.mq?verify=verify_none'}), known)).toMatchObject(
    unverified,
  )
  expect(tellingGuard(config({at: 'source', uri: 'amqp://b-1.mq'}), known)).toMatchObject({
    reason: 'plaintext',
  })
})

test('where the certificate is looked at, nothing stands in the way', () => {
  expect(tellingGuard(config({at: 'source'}), {...known, version: '4.0.5'})).toBeUndefined()
  expect(tellingGuard(config({at: 'target'}, '4.2'), known)).toBeUndefined()
  expect(
    tellingGuard(config({at: 'source', uri: 'amqps://b-1.mq?verify=verify_peer'}), known),
  ).toBeUndefined()
  // Asked again when the broker says its version.
  expect(tellingGuard(config({at: 'source'}), {...known, version: null})).toBeUndefined()
})
