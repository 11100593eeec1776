import {describe} from 'vitest'

import {parseId} from '../../src/model/id.ts'
import {brokerTarget} from '../../src/targets/index.ts'
import {publisher} from '../brokers/messages.ts'
import {freshVhost, MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {describeTarget} from '../conformance/target.ts'
import {ORDERS} from '../fakes/plan.ts'
import {SourceQueue} from '../faults/source-queue.ts'

/** Small, so that the suite need not send 128 MiB. */
const LARGEST = 5 * 2 ** 20

describe.skipIf(withoutBrokers())('RabbitMQ as a target', () => {
  for (const major of MAJORS)
    for (const type of ['classic', 'quorum'])
      describeTarget(
        `RabbitMQ ${major}, ${type}`,
        {fifo: false, refusesEmoji: false, largest: LARGEST, sortsHeaders: major === 4 || type === 'quorum'},
        async () => {
          const stack = new AsyncDisposableStack()
          const broker = await sharedRabbitmq(major)
          const vhost = stack.use(await freshVhost(broker))
          const publish = stack.use(await publisher(vhost.amqp))
          // As the suite's messages say where they came from, so that their digests are comparable.
          const {name: queue} = parseId(ORDERS)
          await publish.declare(queue, {arguments: {'x-queue-type': type}})
          const reader = stack.use(new SourceQueue(vhost.amqp, queue))
          const target = stack.use(
            await brokerTarget(
              {
                endpoint: {
                  address: vhost.amqp,
                  options: {
                    management: broker.management,
                    tls: {caOnly: false, insecure: false},
                    allowPlaintext: false,
                    connectionName: 'mqlift:conformance',
                  },
                },
                vhost: vhost.name,
                queue,
                maxMessageBytes: LARGEST,
              },
              new AbortController().signal,
            ),
          )
          return {
            target,
            received: () => reader.left(ORDERS),
            [Symbol.asyncDispose]: () => stack.disposeAsync(),
          }
        },
      )
})
