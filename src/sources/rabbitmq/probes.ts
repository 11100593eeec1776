import type {Probe} from '../../model/doctor.ts'
import type {Tap} from '../../model/plan.ts'
import {type BrokerAddress, credentials, managementUrls} from '../../protocols/broker-address.ts'
import type {BrokerOptions} from '../../protocols/broker-options.ts'
import {nodeTls} from '../../protocols/tls.ts'
import {amqpProbes} from './probe-amqp.ts'
import {managementProbes} from './probe-management.ts'
import {certificateProbe, wireProbes} from './probe-wire.ts'
import {writeProbes} from './probe-writes.ts'

/** What `doctor` asks of a RabbitMQ, in the order in which the answers matter. Changes nothing (SEC-43). */
export async function rabbitmqProbes(
  address: BrokerAddress,
  options: BrokerOptions,
  now: () => number,
  taps: readonly Tap[],
): Promise<Probe[]> {
  const tls = await nodeTls(options.tls)
  const {user, password} = credentials(address, options)
  const urls = managementUrls(address, options)
  const {connectionName} = options
  const secure = urls.find((url) => url.protocol === 'https:')
  const amqp = {
    endpoint: {tls: address.tls, hosts: address.hosts, user, password},
    vhost: address.vhost,
    tls,
    connectionName,
  }
  return [
    ...wireProbes({address, tls, now}),
    ...amqpProbes(amqp),
    ...writeProbes(amqp, taps),
    ...(secure === undefined
      ? []
      : [
          certificateProbe('management.tls', 'Is the certificate of the management API good?', secure, {
            address,
            tls,
            now,
          }),
        ]),
    ...managementProbes({
      management: {urls, user, password: options.managementPassword ?? password, tls},
      vhost: address.vhost ?? null,
      now,
    }),
  ]
}
