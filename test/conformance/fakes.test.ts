import {describe} from 'vitest'

import {destinationId} from '../../src/model/id.ts'
import {MemoryBroker} from '../fakes/memory-broker.ts'
import {MemoryTargets} from '../fakes/memory-target.ts'
import {envelope, ORDERS} from '../fakes/plan.ts'
import {describeSource} from './source.ts'
import {describeTarget} from './target.ts'

describeSource('in memory', () => {
  const broker = new MemoryBroker()
  const queue = broker.queue(ORDERS)
  return Promise.resolve({
    source: broker.source(),
    id: ORDERS,
    missing: destinationId('queue', '/', 'missing'),
    publish(bodies) {
      for (const body of bodies) queue.publish(envelope(body))
      return Promise.resolve()
    },
    cut: () => Promise.resolve(queue.cut()),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })
})

describe('targets', () => {
  for (const fifo of [false, true]) {
    describeTarget(`in memory, ${fifo ? 'FIFO' : 'standard'}`, {fifo, refusesEmoji: false}, () => {
      const targets = new MemoryTargets()
      return Promise.resolve({
        target: targets.open('memory://conformance', {fifo, order: 'none'}),
        received: () => Promise.resolve(targets.stored('memory://conformance').map(({envelope: one}) => one)),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      })
    })
  }
})
