import {describe} from 'vitest'

import {destinationId} from '../../src/model/id.ts'
import {open} from '../../src/sources/rabbitmq/index.ts'
import {publisher} from '../brokers/messages.ts'
import {freshVhost, MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {TcpProxy} from '../brokers/tcp-proxy.ts'
import {describeSource} from '../conformance/source.ts'

describe.skipIf(withoutBrokers())('real brokers', {concurrent: true}, () => {
  for (const major of MAJORS) {
    for (const type of ['classic', 'quorum']) {
      describeSource(`RabbitMQ ${major}, ${type}`, async () => {
        const stack = new AsyncDisposableStack()
        const broker = await sharedRabbitmq(major)
        const vhost = stack.use(await freshVhost(broker))
        const publish = stack.use(await publisher(vhost.amqp))
        await publish.declare('orders', {arguments: {'x-queue-type': type}})
        const proxy = stack.use(await TcpProxy.to(broker.port))
        const source = stack.use(
          await open(`amqp://guest:guest@127.0.0.1:${proxy.port}/${vhost.name}`, {
            tls: {caOnly: false, insecure: false},
            management: broker.management,
            allowPlaintext: false,
            connectionName: 'mqlift:conformance',
          }),
        )
        return {
          source,
          id: destinationId('queue', vhost.name, 'orders'),
          missing: destinationId('queue', vhost.name, 'missing'),
          publish: (bodies) =>
            publish.send(
              'orders',
              bodies.map((body) => [Buffer.from(body)] as const),
            ),
          cut: () => Promise.resolve(proxy.reset()),
          [Symbol.asyncDispose]: () => stack.disposeAsync(),
        }
      })
    }
  }
})
