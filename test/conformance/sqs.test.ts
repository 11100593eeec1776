import {describe} from 'vitest'

import {targetPlatform} from '../../src/targets/index.ts'
import {decodeSqs} from '../../src/targets/sqs/decode.ts'
import {FAUXQS} from '../brokers/emulator-deviations.ts'
import {startFauxqs} from '../brokers/fauxqs.ts'
import {drain, ENV, moveTo, never, queueStep, REGION} from '../targets/sqs/sqs-kit.ts'
import {describeTarget} from './target.ts'

let queues = 0

describe('SQS', () => {
  for (const fifo of [false, true]) {
    describeTarget(
      `fauxqs, ${fifo ? 'FIFO' : 'standard'}`,
      {fifo, refusesEmoji: FAUXQS.refusesEmoji},
      async () => {
        const stack = new AsyncDisposableStack()
        const {endpoint} = stack.use(await startFauxqs())
        const folder = await targetPlatform('sqs-standard')
        const platform = stack.use(await folder.connect({region: REGION, endpoint, env: ENV}))
        const step = queueStep(`conformance-${queues++}${fifo ? '.fifo' : ''}`)
        const options = {execute: true, cutover: false, resolved: new Map()}
        const {resource} = await platform.provision(step, options, never)
        if (!resource) throw new Error('the queue was not made')
        const target = stack.use(await platform.open(moveTo(step), resource, never))
        return {
          target,
          received: async (wanted) =>
            (await drain(endpoint, resource.address, wanted)).flatMap((one) => decodeSqs(one) ?? []),
          [Symbol.asyncDispose]: () => stack.disposeAsync(),
        }
      },
    )
  }
})
