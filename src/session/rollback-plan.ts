import type {MoveAccount} from '../ledger/ledger.ts'
import type {Body} from '../model/artefact.ts'
import type {Deployment, Resource} from '../model/deployment.ts'
import {type Facts, valueOf} from '../model/facts.ts'
import {parseId} from '../model/id.ts'
import type {Inventory} from '../model/inventory.ts'
import type {Loss, Move, Plan, Step} from '../model/plan.ts'

/** One lane of the way back. */
export interface WayBack {
  /** Where the messages come from: a destination of the archive, or a queue that was moved into. */
  readonly source: string
  /** The queue they go back to. */
  readonly queue: string
  readonly messages: number | null
  readonly bytes: number | null
}

export interface OldBroker {
  /** Without user and password. */
  readonly address: string
  readonly clusterName: string | null
}

/** Measured for one queue of a broker on the same machine, and an assumption anywhere else; printed as one. */
const MESSAGES_PER_SECOND = 4000
const BYTES_PER_SECOND = 40_000_000

export const estimateBack = (messages: number, bytes: number): number =>
  Math.ceil(Math.max(messages / MESSAGES_PER_SECOND, bytes / BYTES_PER_SECOND))

export const stepOf = (queue: string): string => `rabbitmq-queue:${queue.replace(/^queue:/, '')}`

/** Steps and moves in the other direction: everything but the lanes stays empty. Pure. */
export function planBack(ways: readonly WayBack[], broker: OldBroker, losses: readonly Loss[]): Body<Plan> {
  const queues = [...new Set(ways.map(({queue}) => queue))]
  return {
    account: null,
    region: null,
    source: {kind: 'archive', ...broker},
    steps: queues.map(stepFor),
    moves: ways.map(moveFor),
    changes: [],
    losses: [...losses],
    open: [],
    notMoved: [],
    names: {},
    routing: {},
    fingerprint: {},
  }
}

function stepFor(queue: string): Step {
  const {vhost, name} = parseId(queue)
  return {
    id: stepOf(queue),
    platform: 'amazon-mq-rabbitmq',
    do: 'rabbitmq-queue',
    name: queue.replace(/^queue:/, ''),
    when: 'before',
    settings: {vhost, queue: name},
    needs: [],
    for: [queue],
    because: ['rollback'],
  }
}

const moveFor = ({source, queue, messages, bytes}: WayBack): Move => ({
  id: `${source}>${stepOf(queue)}`,
  source,
  target: stepOf(queue),
  platform: 'amazon-mq-rabbitmq',
  mode: 'drain',
  order: 'none',
  sourceType: 'archive',
  deliveryLimit: null,
  expected: {messages, bytes},
  estimateSeconds: messages === null ? null : estimateBack(messages, bytes ?? 0),
})

/** Told by its cluster, not by the name it is reached with: that may change between two runs. */
export const identityOf = (queue: string, {address, clusterName}: OldBroker): string => {
  const {vhost, name} = parseId(queue)
  return `rabbitmq:${clusterName ?? address}/${encodeURIComponent(vhost)}/${encodeURIComponent(name)}`
}

export function deploymentBack(
  ways: readonly WayBack[],
  broker: OldBroker,
  {now, caller}: {readonly now: string; readonly caller: string},
): Body<Deployment> {
  const queues = [...new Set(ways.map(({queue}) => queue))]
  const resources = queues.map((queue): Resource => {
    const identity = identityOf(queue, broker)
    return {
      step: stepOf(queue),
      platform: 'amazon-mq-rabbitmq',
      arn: identity,
      address: identity,
      createdAt: null,
      readyAt: now,
      origin: 'found',
      evidence: 'confirm',
    }
  })
  return {account: null, region: null, endpoint: null, caller, resources, cutover: false}
}

/** What comes back into one queue at most, over all of its lanes, and what waits in it. */
export interface Incoming {
  readonly queue: string
  /** Null = not known. */
  readonly messages: number | null
  readonly bytes: number | null
  /** In the old queue now; 0 where it was not asked. */
  readonly there: number
}

const DROPS = 'way-back-length'
const EXPIRES = 'way-back-ttl'

/** Settings of the old queue under which what comes back would not stay (B2): nobody has accepted that yet. */
export function lossesBack(incoming: readonly Incoming[], inventory: Body<Inventory> | undefined): Loss[] {
  const known = new Map(inventory?.destinations.map(({id, facts}) => [id, facts]))
  return incoming
    .filter(({messages}) => messages !== 0)
    .flatMap((one) => {
      const facts = known.get(one.queue)
      return facts ? lossesOf(one, facts) : []
    })
}

function lossesOf(incoming: Incoming, facts: Facts): Loss[] {
  const {queue} = incoming
  const loss = (rule: string, change: Loss['change'], reason: string): Loss => ({
    id: `${rule}:${queue}`,
    rule,
    subject: queue,
    field: 'message',
    change,
    reason,
    acceptedBy: null,
  })
  const limit = tooSmall(facts, incoming)
  const ttl = valueOf(facts.messageTtl) ?? null
  return [
    ...(limit === undefined ? [] : [loss(DROPS, 'dropped', limit)]),
    ...(ttl === null
      ? []
      : [
          loss(EXPIRES, 'reset', `the queue lets messages expire after ${ttl} ms, counted from the way back`),
        ]),
  ]
}

/** `reject-publish` says no, which is heard; anything else confirms what it drops (M2). */
export const isBounded = (facts: Facts): boolean =>
  !valueOf(facts.overflow)?.startsWith('reject-publish') &&
  [facts.maxLength, facts.maxLengthBytes].some((limit) => (valueOf(limit) ?? null) !== null)

function tooSmall(facts: Facts, {messages, bytes, there}: Incoming): string | undefined {
  if (!isBounded(facts)) return undefined
  const waits = there === 0 ? '' : `${there} messages wait in it, `
  const most = valueOf(facts.maxLength) ?? null
  if (exceeds(most, there, messages))
    return `the queue keeps ${most} messages and drops the oldest; ${waits}${comesBack(messages)}`
  const mostBytes = valueOf(facts.maxLengthBytes) ?? null
  // A depth has no bytes.
  if (exceeds(mostBytes, there === 0 ? 0 : null, bytes))
    return `the queue keeps ${mostBytes} bytes and drops the oldest; ${waits}${comesBack(bytes)}`
  return undefined
}

/** What is not known does not fit. */
const exceeds = (limit: number | null, ...amounts: readonly (number | null)[]): boolean =>
  limit !== null && amounts.reduce<number>((sum, one) => sum + (one ?? Number.POSITIVE_INFINITY), 0) > limit

const comesBack = (amount: number | null): string =>
  amount === null ? 'how much comes back is not known' : `up to ${amount} come back`

/** A tap's messages are copies of what an exchange routed elsewhere, too. */
export function notBackBecause({target}: Pick<MoveAccount, 'target'>): string | undefined {
  if (!target.startsWith('sns-topic:')) return undefined
  return 'a tap’s messages are copies of what its exchange routed to other queues: they are not taken back'
}

/** Said before and after: a broker gives these anew, or has forgotten them. */
export const CANNOT_COME_BACK: readonly string[] = [
  'the position: what comes back stands behind what waits in the queue now',
  'the exchange and routing key that consumers see: messages are published to the queue itself',
  'the delivery count and the mark of redelivery: they start again',
  'elapsed time to live: an expiration starts again',
  'what the broker added when it first took the message, as a time of arrival: it adds it anew',
]
