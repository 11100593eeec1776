import {describe} from 'vitest'

import {decodeActivemq} from '../../src/targets/amazon-mq-activemq/decode.ts'
import {readJms} from '../brokers/jms.ts'
import {sharedActivemq, tlsFile, withoutBrokers} from '../brokers/shared.ts'
import {describeTarget} from '../conformance/target.ts'
import {connected, moveTo, never, queueStep} from '../targets/amazon-mq-activemq/activemq-kit.ts'

let queues = 0

describe.skipIf(withoutBrokers())('ActiveMQ', () => {
  describeTarget('ActiveMQ over TLS, read by JMS', {fifo: false, refusesEmoji: false}, async () => {
    const stack = new AsyncDisposableStack()
    const broker = await sharedActivemq()
    const platform = stack.use(await connected(broker.amqps ?? '', {caFile: tlsFile('ca.pem')}))
    const step = queueStep(`conformance-${process.pid}-${queues++}`)
    const options = {execute: true, cutover: false, resolved: new Map()}
    const {resource} = await platform.provision(step, options, never)
    if (!resource) throw new Error('the queue was not made')
    const target = stack.use(await platform.open(moveTo(step), resource, never))
    return {
      target,
      received: async (wanted) =>
        (await readJms(broker, step.name, {messages: wanted})).flatMap((one) => decodeActivemq(one) ?? []),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  })
})
