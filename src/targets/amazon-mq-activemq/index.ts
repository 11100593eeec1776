import {MqliftError} from '../../errors.ts'
import type {TargetPlatform} from '../target.ts'
import {files} from './files.ts'
import {plan} from './plan.ts'
import {scratchStep} from './scratch-step.ts'

/** Amazon MQ with the ActiveMQ Classic engine. */
export const platform: TargetPlatform = {
  plan,
  files,
  scratch: scratchStep,
  // Planning needs no client.
  async connect({brokers = {}}) {
    const endpoint = brokers['amazon-mq-activemq']
    if (!endpoint)
      throw new MqliftError('usage', 'no ActiveMQ broker is named as a target', {
        reason: 'no-target-broker',
        suggestions: ['brokers: {amazon-mq-activemq: {address: amqps://USER@HOST:5671}} in mqlift.yaml'],
      })
    const [{ActivemqEndpoint}, {ActivemqConnection}] = await Promise.all([
      import('./endpoint.ts'),
      import('./platform.ts'),
    ])
    return new ActivemqConnection(await ActivemqEndpoint.open(endpoint))
  },
}
