import type {BrokerAddress} from '../../protocols/broker-address.ts'
import type {BrokerOptions} from '../../protocols/broker-options.ts'
import {nodeTls} from '../../protocols/tls.ts'
import {recognise} from './wire.ts'

/** The name of the cluster as the first node that answers says it, before anybody signs in. */
export async function clusterName(
  {hosts, tls}: BrokerAddress,
  options: Pick<BrokerOptions, 'tls'>,
  signal: AbortSignal,
): Promise<string | null> {
  const how = tls ? await nodeTls(options.tls) : undefined
  for (const host of hosts) {
    // Whoever signs in next says why a node cannot be reached.
    const wire = await recognise(host, how, signal).catch(() => undefined)
    signal.throwIfAborted()
    if (wire?.speaks === 'amqp091' && wire.cluster !== '') return wire.cluster
  }
  return null
}
