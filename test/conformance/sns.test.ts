import {describe} from 'vitest'

import type {Move, Step} from '../../src/model/plan.ts'
import {targetPlatform} from '../../src/targets/index.ts'
import type {SnsTopicSettings} from '../../src/targets/sns/steps.ts'
import {decodeSqs} from '../../src/targets/sqs/decode.ts'
import {FAUXQS} from '../brokers/emulator-deviations.ts'
import {startFauxqs} from '../brokers/fauxqs.ts'
import {drain, ENV, moveTo, never, queueStep, REGION} from '../targets/sqs/sqs-kit.ts'
import {describeTarget} from './target.ts'

let topics = 0

function topicStep(name: string): Step {
  const settings: SnsTopicSettings = {
    fifo: name.endsWith('.fifo'),
    maximumMessageSize: 262_144,
    kmsKey: null,
    tags: {},
  }
  const step = {id: `sns-topic:${name}`, platform: 'sns-sqs', do: 'sns-topic', name, when: 'before'} as const
  return {...step, settings, needs: [], for: [], because: []}
}

function subscriptionStep(topic: Step, queue: Step): Step {
  const name = `${topic.name}>${queue.name}`
  const settings = {
    topicStep: topic.id,
    queueStep: queue.id,
    raw: true,
    filterPolicy: null,
    scope: 'MessageAttributes',
    redrive: null,
  }
  const needs = [topic.id, queue.id]
  return {...topic, id: `sns-subscription:${name}`, do: 'sns-subscription', name, settings, needs}
}

/** A topic is written to, and a queue that subscribes with raw delivery is read. */
describe('SNS', () => {
  for (const fifo of [false, true]) {
    describeTarget(
      `fauxqs, ${fifo ? 'FIFO' : 'standard'} topic`,
      {fifo, refusesEmoji: FAUXQS.refusesEmoji},
      async () => {
        const stack = new AsyncDisposableStack()
        const {endpoint} = stack.use(await startFauxqs())
        const folder = await targetPlatform('sns-sqs')
        const platform = stack.use(await folder.connect({region: REGION, endpoint, env: ENV}))
        const name = `conformance-${topics++}${fifo ? '.fifo' : ''}`
        const [topic, queue] = [topicStep(name), queueStep(name)]
        const resolved = new Map()
        for (const step of [topic, queue, subscriptionStep(topic, queue)]) {
          const options = {execute: true, cutover: false, resolved}
          const {resource} = await platform.provision(step, options, never)
          resolved.set(step.id, resource)
        }
        const move: Move = {...moveTo(queue), target: topic.id}
        const target = stack.use(await platform.open(move, resolved.get(topic.id), never))
        return {
          target,
          received: async (wanted) =>
            (await drain(endpoint, resolved.get(queue.id).address, wanted)).flatMap(
              (one) => decodeSqs(one) ?? [],
            ),
          [Symbol.asyncDispose]: () => stack.disposeAsync(),
        }
      },
    )
  }
})
