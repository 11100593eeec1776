import type {TargetPlatform} from '../target.ts'
import {plan} from './plan.ts'
import {SnsConnection} from './platform.ts'

/** Topics that fan out to queues. */
export const platform: TargetPlatform = {
  plan,
  connect: (options) => Promise.resolve(new SnsConnection(options)),
}
