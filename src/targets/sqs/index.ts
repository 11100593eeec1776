import type {TargetPlatform} from '../target.ts'
import {plan} from './plan.ts'
import {SqsConnection} from './platform.ts'

/** Standard and FIFO queues. */
export const platform: TargetPlatform = {
  plan,
  connect: (options) => Promise.resolve(new SqsConnection(options)),
}
