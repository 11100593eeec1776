import type {TargetPlatform} from '../target.ts'
import {plan} from './plan.ts'

/** Standard and FIFO queues. */
export const platform: TargetPlatform = {
  plan,
  // Planning needs no AWS client, and one takes 140 ms to load.
  async connect(options) {
    const {SqsConnection} = await import('./platform.ts')
    return new SqsConnection(options)
  },
}
