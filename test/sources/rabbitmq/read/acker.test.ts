import type {Channel} from 'amqplib'
import {expect, test, vi} from 'vitest'

import {Acker} from '../../../../src/sources/rabbitmq/read/acker.ts'
import {Outstanding} from '../../../../src/sources/rabbitmq/read/outstanding.ts'

// When it fails, it fails by never ending: promises that resolve at once leave no turn to any timer.
test('a connection that goes away while the last acks are sent ends the wait, and they are lost', async () => {
  const outstanding = new Outstanding()
  const roundTrip = vi.fn(() => Promise.reject(new Error('Channel ended, no reply will be forthcoming')))
  const channel = {ack: vi.fn()} as unknown as Channel
  const acker = new Acker({channel, outstanding, roundTrip, roundTripProves: true, window: 16})
  const outcome = outstanding.ack(outstanding.add(1, 10, 0))
  await acker.drain()
  outstanding.close()
  expect(await outcome).toBe('lost')
  expect(roundTrip).toHaveBeenCalledTimes(1)
})
