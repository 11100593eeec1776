import {valueOf} from '../../model/facts.ts'
import {NO_TOPIC} from '../../model/plan.ts'
import {isBroker} from '../../model/platform.ts'
import type {Shards} from '../../routing/compile.ts'
import {type CompiledExchange, compileExchange} from '../../routing/compile.ts'
import type {Condition, Filter} from '../../routing/filter-policy.ts'
import type {Draft} from '../plan-draft.ts'
import {addChange, addLoss, addNotMoved} from '../plan-draft.ts'
import type {PlanSubject} from '../target.ts'
import {sayWaitingInside} from '../waiting-inside.ts'
import type {PlannedQueues} from './plan-queues.ts'

interface Reader {
  readonly name: string
  readonly fifo: boolean
  readonly filter: Filter
}

/** An exchange without a topic: its publishers send to the queue, and know it by the routing key. */
export function planDirectSends(
  draft: Draft,
  {id, platform}: Pick<PlanSubject, 'id' | 'platform'>,
  planned: PlannedQueues,
): void {
  const compiled = compileExchange(draft.context.graph, id)
  const {subscriptions, shards} = compiled
  const readers = subscriptions.flatMap(({queue, filter}) => {
    const target = planned.queues.get(queue)
    return target === undefined ? [] : [{name: target.name, fifo: target.fifo, filter}]
  })
  const {type, internal} = draft.context.graph.destinations.get(id)?.facts ?? {}
  const delayed = valueOf(type) === 'x-delayed-message'
  const hasPublishers = valueOf(internal) !== true
  // A broker as the target has the exchange.
  const replaced = !isBroker(platform)
  if (delayed && (replaced || readers.length > 0)) sayWaitingInside(draft, id)
  else if (replaced) addNotMoved(draft, {subject: id, because: whyNoTopic(compiled, planned, hasPublishers)})
  if (readers.length > 0 && hasPublishers) sayPublishers(draft, id, {readers, shards, delayed})
}

interface Sends {
  readonly readers: readonly Reader[]
  readonly shards: readonly Shards[]
  readonly delayed: boolean
}

function sayPublishers(draft: Draft, id: string, {readers, shards, delayed}: Sends): void {
  const [only, ...others] = readers
  const to = only !== undefined && others.length === 0 ? only.name : sendMap(readers, shards)
  addChange(draft, {
    subject: id,
    field: 'publishers',
    change: 'mapped',
    from: 'publish to the exchange',
    to: `SendMessage to ${to}${delayed ? ', with DelaySeconds instead of x-delay (900 s at most)' : ''}`,
    undo: 'publish to the exchange again',
  })
  if (delayed) sayDelayed(draft, id, readers)
  const everything = readers.filter(({filter}) => filter === null)
  if (everything.length > 0 && others.length > 0)
    addLoss(draft, {
      rule: 'exchange-fan-out',
      subject: id,
      field: 'bindings',
      change: 'dropped',
      reason: `without a topic nothing copies a message: publishers send one to each of ${readers.map(({name}) => name).join(', ')}`,
    })
}

const INTERNAL = 'internal: nobody publishes to it, and the exchanges before it name its queues'

function whyNoTopic(
  {subscriptions, unknown}: CompiledExchange,
  {queues}: PlannedQueues,
  hasPublishers: boolean,
): string {
  const none = hasPublishers ? NO_TOPIC : INTERNAL
  const left = subscriptions.map(({queue}) => queue).filter((queue) => !queues.has(queue))
  if (left.length < subscriptions.length)
    return left.length === 0 ? none : `${none}; not moved to SQS: ${left.join(', ')}`
  if (left.length > 0) return `none of its queues is moved to SQS: ${left.join(', ')}`
  return unknown.length > 0 ? `how it routes is not known: ${unknown.join(', ')}` : 'no queue reads from it'
}

function sayDelayed(draft: Draft, id: string, readers: readonly Reader[]): void {
  if (readers.some(({fifo}) => fifo))
    addLoss(draft, {
      rule: 'exchange-delayed-message',
      subject: id,
      field: 'x-delay',
      change: 'dropped',
      reason: 'a FIFO queue delays no single message',
    })
}

const sendMap = (readers: readonly Reader[], shards: readonly Shards[]): string =>
  shards.length > 0
    ? `one of ${readers.map(({name}) => name).join(', ')}, chosen by ${shards.map(({hashOn}) => hashOn ?? 'chance').join(', ')}`
    : `the queue of the routing key: ${readers.map(({name, filter}) => `${keysText(filter)} → ${name}`).join('; ')}`

const MAX_KEYS = 5

function keysText(filter: Filter): string {
  const words = (filter ?? []).flatMap((clause) => clause['rk'] ?? []).map(word)
  if (words.length === 0) return 'any key'
  return words.length > MAX_KEYS
    ? `${words.slice(0, MAX_KEYS).join(', ')} and ${words.length - MAX_KEYS} more`
    : words.join(', ')
}

function word(condition: Condition): string {
  if (typeof condition === 'string') return condition
  if ('anything-but' in condition) return 'any other key'
  if ('exists' in condition) return condition.exists ? 'any key' : 'no key'
  return JSON.stringify(condition)
}
