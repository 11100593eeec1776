import type {Fact, StructureFacts} from '../../model/facts.ts'
import {effectiveSettings} from '../../routing/effective-settings.ts'
import {PLACEHOLDER} from '../../routing/setting-sources.ts'
import type {Version} from '../../routing/version.ts'
import {type Queue, queueType} from './api.ts'
import {inDefinitions, type Seen, within} from './estate.ts'
import type {Ruling} from './policies.ts'

export interface QueueType {
  readonly type: string
  readonly fact: Fact<string>
}

/** The broker's word, then the argument, then the virtual host's default, then classic (rabbitmq.md 1.7). */
export function typeOfQueue({item, at}: Seen<Queue>, vhostDefault: string | null | undefined): QueueType {
  const argument = queueType(item.arguments?.['x-queue-type'])
  const said = spelled(queueType(item.type) ?? argument)
  if (said !== null) {
    const evidence = within(at, queueType(item.type) === null ? 'arguments.x-queue-type' : 'type')
    if (PLACEHOLDER.test(said)) return {type: 'classic', fact: {unresolved: said, evidence}}
    return {type: said, fact: {value: said, evidence}}
  }
  const byDefault = spelled(vhostDefault ?? null)
  if (byDefault !== null)
    return {type: byDefault, fact: {value: byDefault, evidence: `${at}: the default of its virtual host`}}
  return {type: 'classic', fact: {value: 'classic', evidence: `${at}: no type said, classic is the default`}}
}

/** rabbitmqctl of some versions prints the module instead of the word. */
function spelled(type: string | null): string | null {
  const known: Readonly<Record<string, string>> = {
    rabbit_classic_queue: 'classic',
    rabbit_quorum_queue: 'quorum',
    rabbit_stream_queue: 'stream',
  }
  return type === null ? null : (known[type] ?? type)
}

/** Settings as the queue obeys them: arguments, policy and operator policy together. */
export function queueFacts(
  {item, at}: Seen<Queue>,
  {type, fact}: QueueType,
  ruling: Ruling,
  version: Version | null,
): StructureFacts {
  const argumentsAt = within(at, 'arguments')
  return {
    type: fact,
    ...switched('durable', item.durable, at),
    ...switched('autoDelete', item.auto_delete, at, 'auto_delete'),
    ...exclusive(item.exclusive, at),
    ...(item.arguments ? settings(item.arguments, argumentsAt) : {}),
    ...named('policy', ruling.policy, ruling.at(undefined)),
    ...named('operatorPolicy', ruling.operatorPolicy, ruling.at(undefined)),
    ...serversLimit(item, at),
  }

  function settings(table: Record<string, unknown>, evidence: string): StructureFacts {
    const effective = effectiveSettings({
      type,
      version,
      arguments: new Map(Object.entries(table)),
      argumentsAt: evidence,
      policy: ruling.definition,
      policyAt: ruling.at,
    })
    return {...effective, arguments: {value: table, evidence}, ...mirrors(item, at, effective)}
  }
}

/** From 4.0 the broker shows the limit it obeys: a number or "unlimited". */
function serversLimit({delivery_limit: limit}: Queue, at: string): StructureFacts {
  const value = typeof limit === 'number' ? limit : limit === 'unlimited' ? -1 : undefined
  return value === undefined ? {} : {deliveryLimit: {value, evidence: within(at, 'delivery_limit')}}
}

function mirrors({slave_nodes: nodes}: Queue, at: string, effective: StructureFacts): StructureFacts {
  if (!nodes || nodes.length === 0 || effective.mirrored !== undefined) return {}
  return {mirrored: {value: true, evidence: within(at, 'slave_nodes')}}
}

/** Definitions leave exclusive queues out, so one that is listed there is none. */
function exclusive(value: unknown, at: string): StructureFacts {
  if (value === undefined && inDefinitions(at))
    return {exclusive: {value: false, evidence: `${at}: exports leave exclusive queues out`}}
  return switched('exclusive', value, at)
}

/** A boolean fact, or nothing when the source does not say. */
export function switched(
  name: keyof StructureFacts,
  value: unknown,
  at: string,
  field: string = name,
): StructureFacts {
  const evidence = within(at, field)
  if (typeof value === 'boolean') return {[name]: {value, evidence}}
  if (typeof value === 'string') return {[name]: {unresolved: value, evidence}}
  return {}
}

export function named(
  name: 'policy' | 'operatorPolicy',
  value: string | null | undefined,
  evidence: string,
): StructureFacts {
  return value === undefined ? {} : {[name]: {value, evidence}}
}
