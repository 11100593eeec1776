import type {TargetPlatform} from '../target.ts'
import {plan} from './plan.ts'

/** Topics that fan out to queues. */
export const platform: TargetPlatform = {
  plan,
  async connect(options) {
    const {SnsConnection} = await import('./platform.ts')
    return new SnsConnection(options)
  },
}
