import {valueOf} from '../../model/facts.ts'
import {type CompiledExchange, compileExchange} from '../../routing/compile.ts'
import type {Draft} from '../plan-draft.ts'
import {addChange, addLoss, addNotMoved} from '../plan-draft.ts'
import type {PlanSubject} from '../target.ts'
import type {PlannedQueue} from './plan-queues.ts'
import {propertyFor} from './property-names.ts'
import {selectorOf} from './selector.ts'
import type {Composite} from './steps.ts'

/** An exchange that becomes a topic which forwards to queues. */
export interface PlannedTopic {
  readonly id: string
  readonly composite: Composite
  readonly because: readonly string[]
}

/**
 * Exchanges as composite topics: what is published to the topic is copied into each queue whose selector it matches.
 * Not as virtual topics: there a reader's queue is called after topic and reader, so a queue with two exchanges would be
 * two, and the messages that wait now would be in neither.
 */
export function plannedTopics(
  draft: Draft,
  subjects: readonly PlanSubject[],
  names: ReadonlyMap<string, string>,
  queues: readonly PlannedQueue[],
): PlannedTopic[] {
  const byId = new Map(queues.map((queue) => [queue.id, queue]))
  return subjects.flatMap(({id, because}) => {
    const name = names.get(id)
    if (!id.startsWith('exchange:') || name === undefined) return []
    const composite = compositeFor(draft, {id, name}, byId)
    return composite === null ? [] : [{id, composite, because}]
  })
}

interface Named {
  readonly id: string
  readonly name: string
}

function compositeFor(
  draft: Draft,
  {id, name}: Named,
  queues: ReadonlyMap<string, PlannedQueue>,
): Composite | null {
  const {graph} = draft.context
  if (valueOf(graph.destinations.get(id)?.facts.internal) === true) {
    addNotMoved(draft, {
      subject: id,
      because: 'internal: nobody publishes to it. The topics before it forward to its queues',
    })
    return null
  }
  const compiled = compileExchange(graph, id)
  const readers = compiled.subscriptions.flatMap((each) => {
    const target = queues.get(each.queue)
    return target === undefined ? [] : [{...each, target}]
  })
  const left = compiled.subscriptions.map(({queue}) => queue).filter((queue) => !queues.has(queue))
  if (readers.length === 0 && compiled.unknown.length === 0) {
    addNotMoved(draft, {
      subject: id,
      because:
        left.length === 0
          ? 'no queue reads from it: publish to a topic of its name'
          : `none of its readers is moved by this plan: ${left.join(', ')}`,
    })
    return null
  }
  sayPublishers(draft, {id, name}, compiled)
  sayTopicLosses(draft, {id, name}, compiled, left)
  const forwards = readers.map(({target, filter, widened}) => {
    const selected = selectorOf(filter)
    const {selector} = selected
    return {target, selector, widened: [...new Set([...widened, ...selected.widened])]}
  })
  for (const {target, widened} of forwards)
    if (widened.length > 0)
      addLoss(draft, {
        rule: 'filter-widened',
        subject: target.id,
        field: 'selector',
        change: 'widened',
        reason: `gets more from ${name} than today, its consumer must drop the rest: ${widened.join('; ')}`,
      })
  draft.routing[id] = [...compiled.attributes]
  return {
    kind: 'topic',
    name,
    forwards: forwards.map(({target, selector}) => ({queue: target.name, selector})),
  }
}

function sayPublishers(draft: Draft, {id, name}: Named, compiled: CompiledExchange): void {
  const properties = compiled.attributes.flatMap((attribute) => propertyFor(attribute) ?? [])
  const needed =
    properties.length === 0 ? '' : `, with the properties ${properties.join(', ')} (docs/routing.md)`
  const undo = 'publish to the exchange again'
  const mapped = (field: string, from: string, to: string): void =>
    addChange(draft, {subject: id, field, change: 'mapped', from, to, undo})
  mapped('publishers', 'publish to the exchange', `publish to topic ${name}${needed}`)
  for (const shards of compiled.shards)
    mapped(
      `property ${shards.attribute}`,
      shards.hashOn === null
        ? 'the exchange draws a queue at random'
        : `the exchange hashes ${shards.hashOn}`,
      `publishers set ${shards.attribute} to a number below ${shards.count}, as text`,
    )
  const flattened = compiled.through.filter((exchange) => exchange !== id)
  if (flattened.length > 0)
    mapped(
      'exchange-to-exchange bindings',
      `routes on through ${flattened.join(', ')}`,
      'one topic whose selectors carry the conditions of the whole path',
    )
}

function sayTopicLosses(
  draft: Draft,
  {id, name}: Named,
  compiled: CompiledExchange,
  left: readonly string[],
): void {
  const lost = (rule: string, subject: string, field: string, reason: string): void =>
    addLoss(draft, {rule, subject, field, change: 'dropped', reason})
  if (left.length > 0)
    lost(
      'reader-left-behind',
      id,
      'binding',
      `what is published to topic ${name} does not reach ${left.join(', ')}, which this plan does not move here`,
    )
  for (const exchange of compiled.unknown)
    lost(
      'exchange-unknown-type',
      exchange,
      'routing',
      'how it routes is not known: what it delivers is not forwarded',
    )
  for (const exchange of compiled.lostAlternates)
    lost(
      'alternate-exchange',
      exchange,
      'alternate-exchange',
      'a topic drops what no selector takes, and "no other selector matched" cannot be said for these bindings',
    )
  for (const exchange of compiled.through)
    if (valueOf(draft.context.graph.destinations.get(exchange)?.facts.type) === 'x-delayed-message')
      lost(
        'exchange-delayed-message',
        exchange,
        'x-delay',
        'publishers set AMQ_SCHEDULED_DELAY instead, with schedulerSupport; what waits inside now is not moved',
      )
}
