import type {Fact, StructureFacts} from '../../model/facts.ts'
import {saidText} from '../../routing/setting-sources.ts'
import type {Exchange} from './api.ts'
import {type Seen, within} from './estate.ts'
import type {Ruling} from './policies.ts'
import {named, switched} from './queue-facts.ts'

const EMPTY: Readonly<Record<string, unknown>> = {}

export function exchangeFacts({item, at}: Seen<Exchange>, ruling: Ruling): StructureFacts {
  const table = item.arguments
  const type = saidText(item.type)
  return {
    ...(type ? {type: {...type, evidence: within(at, 'type')}} : {}),
    ...switched('durable', item.durable, at),
    ...switched('autoDelete', item.auto_delete, at, 'auto_delete'),
    ...switched('internal', item.internal, at),
    ...named('policy', ruling.policy, ruling.at(undefined)),
    ...alternate(table, at, ruling),
    ...byType(item.type, table ?? EMPTY, at),
    ...(table ? {arguments: {value: table, evidence: within(at, 'arguments')}} : {}),
  }
}

/** The argument wins over the policy. */
function alternate(
  table: Readonly<Record<string, unknown>> | undefined,
  at: string,
  ruling: Ruling,
): StructureFacts {
  const argument = saidText(table?.['alternate-exchange'])
  if (argument)
    return {alternateExchange: {...argument, evidence: within(at, 'arguments.alternate-exchange')}}
  if (!table || !ruling.definition) return {}
  const policy = saidText(ruling.definition.get('alternate-exchange'))
  return {
    alternateExchange: policy
      ? {...policy, evidence: ruling.at('alternate-exchange')}
      : {value: null, evidence: `${within(at, 'arguments')} and ${ruling.at(undefined)}`},
  }
}

function byType(
  type: string | undefined,
  table: Readonly<Record<string, unknown>>,
  at: string,
): StructureFacts {
  if (type === 'x-delayed-message') {
    const delayed = saidText(table['x-delayed-type'])
    return {
      delayedType: {...(delayed ?? {value: null}), evidence: within(at, 'arguments.x-delayed-type')},
    }
  }
  return type === 'x-consistent-hash' ? {hashOn: hashOn(table, at)} : {}
}

function hashOn(table: Readonly<Record<string, unknown>>, at: string): Fact<string | null> {
  for (const source of ['header', 'property']) {
    const name = saidText(table[`hash-${source}`])
    const evidence = within(at, `arguments.hash-${source}`)
    if (name && 'unresolved' in name) return {...name, evidence}
    if (name) return {value: `${source}:${name.value}`, evidence}
  }
  return {value: 'routing-key', evidence: within(at, 'arguments')}
}

const PREDECLARED: Readonly<Record<string, string>> = {
  'amq.direct': 'direct',
  'amq.fanout': 'fanout',
  'amq.topic': 'topic',
  'amq.headers': 'headers',
  'amq.match': 'headers',
  'amq.rabbitmq.trace': 'topic',
  'amq.rabbitmq.log': 'topic',
  'amq.rabbitmq.event': 'topic',
}

/** The broker's own names, which nobody else may declare: predeclared, of plugins, of its log. */
export const isBrokersOwn = (name: string): boolean => name.startsWith('amq.')

/** An exchange that every broker has and no export lists. */
export function predeclared(vhost: string, name: string): Seen<Exchange> | undefined {
  const type = PREDECLARED[name]
  if (type === undefined) return undefined
  return {
    at: `${name} is predeclared by RabbitMQ`,
    item: {
      name,
      vhost,
      type,
      durable: true,
      auto_delete: false,
      internal: name.startsWith('amq.rabbitmq.'),
      arguments: {},
      policy: undefined,
      message_stats: undefined,
    },
  }
}
