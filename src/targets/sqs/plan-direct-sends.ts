import {valueOf} from '../../model/facts.ts'
import type {Shards} from '../../routing/compile.ts'
import {compileExchange} from '../../routing/compile.ts'
import type {Condition, Filter} from '../../routing/filter-policy.ts'
import type {Draft} from '../plan-draft.ts'
import {addChange, addLoss} from '../plan-draft.ts'
import {sayWaitingInside} from '../waiting-inside.ts'
import type {PlannedQueues} from './plan-queues.ts'

interface Reader {
  readonly name: string
  readonly fifo: boolean
  readonly filter: Filter
}

/** An exchange without a topic: its publishers send to the queue, and know it by the routing key. */
export function planDirectSends(draft: Draft, id: string, planned: PlannedQueues): void {
  const {subscriptions, shards} = compileExchange(draft.context.graph, id)
  const readers = subscriptions.flatMap(({queue, filter}) => {
    const target = planned.queues.get(queue)
    return target === undefined ? [] : [{name: target.name, fifo: target.fifo, filter}]
  })
  const [only] = readers
  if (only === undefined) return
  const delayed = valueOf(draft.context.graph.destinations.get(id)?.facts.type) === 'x-delayed-message'
  addChange(draft, {
    subject: id,
    field: 'publishers',
    change: 'mapped',
    from: 'publish to the exchange',
    to: `SendMessage to ${readers.length === 1 ? only.name : sendMap(readers, shards)}${delayed ? ', with DelaySeconds instead of x-delay (900 s at most)' : ''}`,
    undo: 'publish to the exchange again',
  })
  if (delayed) sayDelayed(draft, id, readers)
  const everything = readers.filter(({filter}) => filter === null)
  if (everything.length > 0 && readers.length > 1)
    addLoss(draft, {
      rule: 'exchange-fan-out',
      subject: id,
      field: 'bindings',
      change: 'dropped',
      reason: `without a topic nothing copies a message: publishers send one to each of ${readers.map(({name}) => name).join(', ')}`,
    })
}

function sayDelayed(draft: Draft, id: string, readers: readonly Reader[]): void {
  sayWaitingInside(draft, id)
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
