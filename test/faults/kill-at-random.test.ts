import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {killAtRandom} from './random-kills.ts'

/** MQLIFT_SEED repeats a run; `npm run soak` does many more rounds. */
const SEED = process.env['MQLIFT_SEED'] ?? String(Date.now())
const ROUNDS = 20

describe.skipIf(withoutBrokers()).concurrent(`killed at random times, MQLIFT_SEED=${SEED}`, () => {
  let endpoint: Endpoint
  beforeAll(async () => {
    endpoint = await startEndpoint()
  })
  afterAll(() => endpoint[Symbol.asyncDispose]())

  test.each(Array.from({length: ROUNDS}, (_, index) => index))('round %i', async (index) => {
    const {broken, repeated, reported, what} = await killAtRandom({
      seed: SEED,
      index,
      broker: sharedRabbitmq,
      endpoint,
    })
    expect({what, broken}).toEqual({what, broken: []})
    expect(repeated).toBeLessThanOrEqual(reported)
  })
})
