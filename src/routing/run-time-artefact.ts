import {type StructureFacts, valueOf} from '../model/facts.ts'
import type {Destination} from '../model/inventory.ts'

const OWN = 'belongs to one connection and goes with it; nobody else can read it'

/** What clients and plugins make at run time, as the structure shows it. */
function byStructure(kind: Destination['kind'], facts: StructureFacts): string | null {
  const purpose = valueOf(facts.arguments)?.['x-internal-purpose']
  if (typeof purpose === 'string') return `internal to the broker: ${purpose}`
  const type = valueOf(facts.type)
  if (type === 'x-federation-upstream') return 'internal to federation'
  if (type === 'MQTT QoS 0') return 'the session of an MQTT client'
  if (kind === 'exchange') return null
  return valueOf(facts.exclusive) === true && valueOf(facts.autoDelete) === true ? OWN : null
}

/** Names that say it where the structure does not, as in an export that knows nothing of connections. */
const QUEUES: readonly (readonly [RegExp, string])[] = [
  [/^amq\.gen-/, OWN],
  [/^spring\.gen-/, OWN],
  [/\.anonymous\.[\w-]{22}$/, OWN],
  [/^celery@.*\.pidbox$|^[\w-]+\.reply\.celery\.pidbox$/, 'remote control of a Celery worker'],
  [/^celeryev\./, 'events for a Celery monitor'],
  [/^federation: /, 'internal to federation; it is empty while the link works'],
  [/^sharding: /, 'a shard of one logical queue, made by the sharding plugin: drain it with its exchange'],
  [/^aliveness-test$/, 'the health check of the management plugin'],
  [/^mqtt-subscription-/, 'the session of an MQTT client: its messages are for that client only'],
  [/^stomp-subscription-/, 'the subscription of a STOMP client: its messages are for that client only'],
]

const EXCHANGES: readonly (readonly [RegExp, string])[] = [
  [/^federation: /, 'internal to federation'],
  [/^(?:reply\.)?celery\.pidbox$/, 'remote control of Celery workers'],
  [/^celeryev$/, 'events for a Celery monitor'],
  [
    /^amq\.rabbitmq\.(?:trace|log|event)$/,
    'the broker reporting about itself: use CloudWatch and CloudTrail',
  ],
]

const byName = (kind: Destination['kind'], name: string): string | undefined =>
  (kind === 'exchange' ? EXCHANGES : QUEUES).find(([pattern]) => pattern.test(name))?.[1]

/** Why it is not part of the structure that somebody designed; undefined = it is. */
export const madeAtRunTime = (
  kind: Destination['kind'],
  name: string,
  facts: StructureFacts,
): string | undefined => byStructure(kind, facts) ?? byName(kind, name)
