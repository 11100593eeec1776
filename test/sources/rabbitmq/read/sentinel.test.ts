import {describe, expect, test} from 'vitest'

import {sentinelContent, sentinelId, sentinelOf} from '../../../../src/model/sentinel.ts'
import type {ReadContext} from '../../../../src/sources/rabbitmq/read/context.ts'
import {QueueNow} from '../../../../src/sources/rabbitmq/read/queue-now.ts'
import {refuseWithoutRoom} from '../../../../src/sources/rabbitmq/read/sentinel.ts'

const context = {queue: {vhost: '/', name: 'orders'}} as ReadContext
const now = (more: Record<string, unknown>): QueueNow => QueueNow.parse({messages: 0, ...more})
const refused = (queue: QueueNow | undefined) => {
  try {
    refuseWithoutRoom(context, queue)
    return null
  } catch (error) {
    return error
  }
}

describe('a sentinel costs no message', () => {
  test.each([
    ['no limit', {messages: 1e6}],
    ['far below its limit', {messages: 89, arguments: {'x-max-length': 100}}],
    ['full, and rejects', {messages: 100, arguments: {'x-max-length': 100, 'x-overflow': 'reject-publish'}}],
    [
      'full, and rejects by policy',
      {messages: 100, effective_policy_definition: {'max-length': 100, overflow: 'reject-publish'}},
    ],
  ])('%s: put', (_, queue) => {
    expect(refused(now(queue))).toBeNull()
  })

  test.each([
    ['nearly full', {messages: 90, arguments: {'x-max-length': 100}}],
    ['by policy', {messages: 100, effective_policy_definition: {'max-length': 100}}],
    [
      'the smaller of two limits',
      {
        messages: 50,
        arguments: {'x-max-length': 1000},
        effective_policy_definition: {'max-length': 50},
      },
    ],
    ['by bytes', {messages: 1, message_bytes: 950, arguments: {'x-max-length-bytes': 1000}}],
    ['bytes not told', {messages: 1, arguments: {'x-max-length-bytes': 1000}}],
  ])('%s: refused', (_, queue) => {
    expect(refused(now(queue))).toMatchObject({kind: 'refused', reason: 'sentinel-no-room'})
  })

  test('nothing known: refused', () => {
    expect(refused(undefined)).toMatchObject({kind: 'refused', reason: 'sentinel-no-room'})
  })
})

describe('what is a sentinel', () => {
  const id = sentinelId('mqlift:run', 1)
  const content = sentinelContent(id)
  const empty = new Uint8Array()

  test('one of any run, wherever it came from', () => {
    expect(sentinelOf(content, empty)).toBe(id)
    const deadLettered = {...content, headers: [...content.headers, ['x-death', {t: 'A', v: []}] as const]}
    expect(sentinelOf(deadLettered, empty)).toBe(id)
  })

  test.each([
    ['with a body', content, Buffer.from('x')],
    ['without the header', {...content, headers: []}, empty],
    [
      'with another id in the header',
      {...content, properties: {...content.properties, messageId: 'other:sentinel:1'}},
      empty,
    ],
    ['of another type', {...content, properties: {...content.properties, type: 'order'}}, empty],
  ] as const)('a message %s is none', (_, message, body) => {
    expect(sentinelOf(message, body)).toBeUndefined()
  })

  test('it is the last of a priority queue: an absent priority is 4 in a quorum queue of 4.x', () => {
    expect(content.properties.priority).toBe(0)
  })
})
