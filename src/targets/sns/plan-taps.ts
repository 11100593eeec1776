import {MqliftError} from '../../errors.ts'
import {valueOf} from '../../model/facts.ts'
import {parseId} from '../../model/id.ts'
import {TAP_MESSAGES, tapQueueOf} from '../../model/tap.ts'
import type {CompiledSubscription} from '../../routing/compile.ts'
import {snsPolicy} from '../../routing/filter-policy.ts'
import type {Graph} from '../../routing/graph.ts'
import {routingRules} from '../../routing/routing-rules.ts'
import type {Draft} from '../plan-draft.ts'
import {addChange, addMove, ask} from '../plan-draft.ts'
import {groupFor} from '../sqs/plan-group.ts'
import type {PlannedQueues} from '../sqs/plan-queues.ts'
import type {PlanContext} from '../target.ts'
import type {PlannedTopic} from './plan.ts'

/** Ids of the exchanges that `taps:` in mqlift.yaml names, by id or `vhost/name`. */
export function tappedExchanges({config, graph}: PlanContext): ReadonlySet<string> {
  const exchanges = [...graph.destinations.values()].filter(({kind}) => kind === 'exchange')
  return new Set(
    config.taps.map((wanted) => {
      const found = exchanges.find(({id, vhost, name}) => id === wanted || `${vhost}/${name}` === wanted)
      if (found) return found.id
      throw wrong(`taps: ${wanted} is no exchange of the inventory`, [
        'an id or vhost/name, as mqlift inspect shows it, for example exchange:%2F/orders or //orders',
      ])
    }),
  )
}

/** Every tap feeds a topic of this plan. */
export function assertTopics(tapped: ReadonlySet<string>, topics: ReadonlySet<string>): void {
  const without = [...tapped].find((id) => !topics.has(id))
  if (without === undefined) return
  throw wrong(`taps: ${without} does not become a topic, so a tap would have nothing to feed`, [
    `platforms: {'${without}': sns-sqs} in mqlift.yaml, or take it out of taps:`,
  ])
}

const wrong = (message: string, suggestions: readonly string[]): MqliftError =>
  new MqliftError('input', message, {reason: 'tap', file: 'mqlift.yaml', suggestions})

/** An extra queue at the source, bound to everything that the exchange routes, and its move into the topic. */
export function planTap(draft: Draft, topic: PlannedTopic, planned: PlannedQueues): void {
  refuseTwice(topic, planned)
  const {id, name, fifo, compiled, step} = topic
  const keys = keysOf(draft.context.graph, id)
  const source = tapQueueOf(id)
  addMove(draft, {
    id: `${source}>${step}`,
    source,
    target: step,
    // A FIFO topic asks of a message what a FIFO queue asks.
    platform: fifo ? 'sqs-fifo' : 'sns-sqs',
    mode: 'bridge',
    tap: {exchange: id, keys, most: TAP_MESSAGES},
    routing: routingRules(compiled),
    order: fifo ? 'strict' : 'none',
    ...(fifo && {group: groupFor(draft, topic, false)}),
    sourceType: 'quorum',
    deliveryLimit: null,
    expected: {messages: null, bytes: null},
    estimateSeconds: null,
  })
  addChange(draft, {
    subject: id,
    field: 'tap',
    change: 'mapped',
    from: 'what is published reaches the queues of the old broker',
    to: `migrate --bridge also copies it into topic ${name}, through queue ${parseId(source).name}, which holds ${TAP_MESSAGES} messages at most. Publishers that set mandatory no longer get back what no other queue takes`,
    undo: 'mqlift control stop: the tap is unbound, read empty and removed',
  })
  for (const subscription of compiled.subscriptions) sayFilter(draft, topic, subscription)
  askAboutAlternate(draft, topic, keys)
}

/** The queue of a subscriber that this plan moves gets every message already. */
function refuseTwice({id, compiled}: PlannedTopic, {queues, rooms}: PlannedQueues): void {
  const moved = compiled.subscriptions
    .map(({queue}) => queue)
    .filter((one) => queues.has(one) || rooms.has(one))
  const [first] = moved
  if (first === undefined) return
  const more = moved.length > 1 ? ` (and ${moved.length - 1} more)` : ''
  throw new MqliftError(
    'refused',
    `taps: ${id} reaches ${first}${more}, whose messages this plan moves: through the tap every one would arrive twice`,
    {
      reason: 'tap-and-queue',
      suggestions: [
        'take the exchange out of taps: in mqlift.yaml, its queue is enough',
        `or leave the queue where it is: platforms: {'${first}': stay}`,
      ],
    },
  )
}

/** Routing keys that together take everything the exchange routes today. */
function keysOf(graph: Graph, id: string): string[] {
  const type = typeOf(graph, id)
  if (type === 'topic') return ['#']
  // A headers binding without arguments matches every message.
  if (type === 'fanout' || type === 'headers') return ['']
  if (type !== 'direct')
    throw untappable(id, `an exchange of type ${type} would share its messages out anew, among one more`)
  const keys = [...new Set(graph.bindingsFrom(id).map(({routingKey}) => routingKey))].toSorted()
  if (keys.length > 0) return keys
  throw untappable(id, 'nothing is bound to it, and a direct exchange has no key for everything')
}

function typeOf(graph: Graph, id: string): string {
  const facts = graph.destinations.get(id)?.facts
  const type = valueOf(facts?.type) ?? 'unknown'
  return type === 'x-delayed-message' ? (valueOf(facts?.delayedType) ?? type) : type
}

const untappable = (id: string, because: string): MqliftError =>
  wrong(`taps: ${id} cannot be tapped: ${because}`, ['take it out of taps: in mqlift.yaml'])

/** Subscribers that have no queue in the plan make their own. */
function sayFilter(draft: Draft, {id, name}: PlannedTopic, {queue, filter}: CompiledSubscription): void {
  addChange(draft, {
    subject: id,
    field: `subscriber ${queue}`,
    change: 'mapped',
    from: 'its bindings',
    to:
      filter === null
        ? `a queue of its own that subscribes to ${name} with raw delivery and no filter`
        : `a queue of its own that subscribes to ${name} with raw delivery and filter policy ${JSON.stringify(snsPolicy(filter))}`,
    undo: 'unsubscribe',
  })
}

/** A tap takes everything: nothing is unroutable any more, which changes what the live system does. */
function askAboutAlternate(draft: Draft, {id}: PlannedTopic, keys: readonly string[]): void {
  const facts = draft.context.graph.destinations.get(id)?.facts
  const alternate = valueOf(facts?.alternateExchange)
  const everything = keys.includes('#') || keys.includes('')
  if (alternate === undefined || alternate === null || !everything) return
  ask(draft, {
    rule: 'tap-alternate',
    subject: id,
    question: `What no binding takes goes to its alternate exchange ${alternate || '(default)'} today; with a tap bound, nothing does. Tap it all the same?`,
    choices: ['tap'],
    who: 'owner of the publishers',
  })
}
