import {valueOf} from '../../model/facts.ts'
import type {Destination} from '../../model/inventory.ts'
import {atLeast} from '../../routing/version.ts'
import {sayWaitingInside} from '../waiting-inside.ts'
import {releaseOf} from './broker.ts'
import type {Planning} from './planning.ts'
import {lose, say} from './planning.ts'
import type {DefinedExchange} from './steps.ts'

/** Kinds by the release that has them: RabbitMQ's own, and the plugins that Amazon MQ has switched on (aws-targets D7). */
const SINCE: Readonly<Record<string, readonly [number, number]>> = {
  direct: [3, 13],
  fanout: [3, 13],
  topic: [3, 13],
  headers: [3, 13],
  'x-consistent-hash': [3, 13],
  'x-jms-topic': [4, 2],
  'x-modulus-hash': [4, 3],
}

/** What becomes of a kind that the target does not have. */
interface Replacement {
  readonly type: string | null
  readonly rule: string
  readonly because: string
  /** Binding keys of the old kind mean something else to the new one. */
  readonly bindingKey?: string
}

const REPLACED: Readonly<Record<string, (exchange: Destination) => Replacement>> = {
  'x-delayed-message': ({facts}) => {
    const type = valueOf(facts.delayedType) ?? null
    if (type === null) return leftOut('and how it routes (x-delayed-type) is not known')
    return {
      type,
      rule: 'exchange-delayed-message',
      because: `it becomes a ${type} exchange, and messages with an x-delay are delivered at once`,
    }
  },
  'x-recent-history': () => ({
    type: 'fanout',
    rule: 'exchange-recent-history',
    because: 'it becomes a fanout, and who binds a queue gets no earlier messages',
  }),
  'x-modulus-hash': () => ({
    type: 'x-consistent-hash',
    rule: 'exchange-modulus-hash',
    because: 'it becomes a consistent hash, and a key may go to another queue than before',
    bindingKey: '1',
  }),
}

const leftOut = (why: string): Replacement => ({
  type: null,
  rule: 'exchange-unknown-type',
  because: `${why}${why === '' ? '' : ': '}it is left out with its bindings, and publishing to it fails`,
})

/** Null = the target has the kind. */
function replacementOf({broker}: Planning, exchange: Destination): Replacement | null {
  const type = valueOf(exchange.facts.type)
  if (type === undefined) return leftOut('its type is not known')
  const since = SINCE[type]
  if (since !== undefined && atLeast(releaseOf(broker), ...since)) return null
  const replaced = REPLACED[type]?.(exchange) ?? leftOut('')
  return {
    ...replaced,
    because: `Amazon MQ for RabbitMQ ${broker.version} has no ${type} exchange: ${replaced.because}`,
  }
}

export interface PlannedExchange {
  readonly destination: Destination
  readonly defined: DefinedExchange
  /** Replaces the key of every binding that leaves it. */
  readonly bindingKey: string | undefined
}

/** Null = the target cannot have it. */
export function planExchange(planning: Planning, exchange: Destination): PlannedExchange | null {
  const replacement = replacementOf(planning, exchange)
  if (replacement !== null) {
    const {rule, because: reason} = replacement
    lose(planning, {rule, subject: exchange.id, field: 'type', change: 'dropped', reason})
    if (rule === 'exchange-delayed-message') sayWaitingInside(planning.draft, exchange.id)
  }
  const type = replacement ? replacement.type : valueOf(exchange.facts.type)
  if (type === undefined || type === null) return null
  return {
    destination: exchange,
    bindingKey: replacement?.bindingKey,
    defined: define(planning, exchange, type),
  }
}

/** Arguments that only a kind of before understands. */
const OF_PLUGINS = new Set(['x-delayed-type', 'x-recent-history-length', 'x-recent-history-no-store'])

function define(planning: Planning, exchange: Destination, type: string): DefinedExchange {
  const {facts, vhost, name} = exchange
  const table = Object.entries(valueOf(facts.arguments) ?? {})
  return {
    vhost,
    name,
    type,
    durable: valueOf(facts.durable) ?? true,
    auto_delete: valueOf(facts.autoDelete) ?? false,
    internal: isInternal(planning, exchange),
    arguments: Object.fromEntries(table.filter(([key]) => !OF_PLUGINS.has(key))),
  }
}

/** An internal exchange that was not said to be one would take messages from publishers. */
function isInternal(planning: Planning, {id, facts}: Destination): boolean {
  const internal = valueOf(facts.internal)
  if (internal === undefined)
    say(planning, {
      subject: id,
      field: 'internal',
      from: 'not said',
      to: 'false',
      undo: 'an HTTP export says it: inspect with that, then plan again',
    })
  return internal ?? false
}
