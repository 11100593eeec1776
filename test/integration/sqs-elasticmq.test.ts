import {describe} from 'vitest'

import {ELASTICMQ} from '../brokers/emulator-deviations.ts'
import {sharedElasticmq, withoutBrokers} from '../brokers/shared.ts'
import {describeSqs} from '../targets/sqs/emulator-suite.ts'

/** The whole run's: not ours to stop. */
async function shared() {
  const {endpoint} = await sharedElasticmq()
  return {endpoint, [Symbol.asyncDispose]: () => Promise.resolve()}
}

/** Strictest on messages of the emulators we have; there is no SNS in it. */
describe.skipIf(withoutBrokers())('with a real server', () => {
  describeSqs('ElasticMQ', shared, ELASTICMQ)
})
