import type {Channel} from 'amqplib'

import {MqliftError} from '../../errors.ts'
import {parseId} from '../../model/id.ts'
import type {Tap} from '../../model/plan.ts'
import {word} from '../../model/shell.ts'
import {visible} from '../../model/visible.ts'
import type {ManagementApi} from '../../protocols/management.ts'
import {Binding} from './api.ts'
import type {QueueName} from './read/queue-now.ts'
import {parseList} from './reader.ts'

/**
 * What is bound to a queue, but for the default exchange, to which every queue is bound for as long as it is there.
 * Undefined = the API did not say: AMQP itself can bind and unbind, and cannot list.
 */
export async function bindingsOf(
  api: ManagementApi | undefined,
  {vhost, name}: QueueName,
  signal: AbortSignal,
): Promise<readonly Binding[] | undefined> {
  const answer = await api?.get(['queues', vhost, name, 'bindings'], {}, signal)
  if (!answer) return undefined
  if (!answer.ok) return answer.problem === 'not-found' ? [] : undefined
  return parseList(answer.body, Binding, answer.endpoint).filter(({source}) => source !== '')
}

/** What this plan binds it with, as far as that can be told without the API. */
export const bindingsFor = ({exchange, keys}: Tap): Binding[] =>
  keys.map((key) => ({
    source: parseId(exchange).name,
    vhost: undefined,
    destination: '',
    destination_type: 'queue',
    routing_key: key,
    arguments: {},
  }))

/** Of another plan, or of somebody else: what comes through it belongs to no topic of this plan. */
export const isSurplus = ({exchange, keys}: Tap, binding: Binding): boolean =>
  binding.source !== parseId(exchange).name ||
  !keys.includes(binding.routing_key) ||
  Object.keys(binding.arguments).length > 0

export async function unbindAll(channel: Channel, name: string, bindings: readonly Binding[]): Promise<void> {
  for (const {source, routing_key: key, arguments: settings} of bindings)
    await channel.unbindQueue(name, source, key, settings)
}

export const stillBound = (queue: QueueName, bindings: readonly Binding[]): MqliftError => {
  const shown = bindings.map(({source, routing_key: key}) => `${visible(source)} with key "${visible(key)}"`)
  return new MqliftError(
    'refused',
    `Tap ${visible(queue.name)} is still bound to ${shown.join(', ')}: what comes through would be lost with it`,
    {
      reason: 'tap-bound',
      suggestions: [
        `see what is bound: ${listing(queue)}`,
        'unbind it, or run the bridge again and end it with mqlift control stop',
      ],
    },
  )
}

export const bindingsNotKnown = (queue: QueueName): MqliftError =>
  new MqliftError(
    'refused',
    `Whether anything is still bound to tap ${visible(queue.name)} is not known: the management API does not say`,
    {
      reason: 'tap-bound',
      suggestions: [
        'name it: --management https://host:15671',
        `or look: ${listing(queue)}`,
        `when it is empty and only the default exchange is listed: rabbitmqctl delete_queue -p ${word(queue.vhost)} ${word(queue.name)}`,
      ],
    },
  )

const listing = ({vhost, name}: QueueName): string =>
  `rabbitmqctl list_bindings -p ${word(vhost)} source_name destination_name routing_key | grep -F -e ${word(name)}`
