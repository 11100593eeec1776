import type {TargetPlatform} from '../target.ts'
import {files} from './files.ts'
import {plan} from './plan.ts'
import {scratchStep} from './scratch.ts'

/** A RabbitMQ broker of Amazon MQ, or any other of the same version. */
export const platform: TargetPlatform = {
  plan,
  files,
  scratch: scratchStep,
  // Planning needs no AMQP client.
  async connect(options) {
    const {RabbitmqPlatform} = await import('./platform.ts')
    return RabbitmqPlatform.connect(options)
  },
}
