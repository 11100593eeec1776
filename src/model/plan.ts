import {z} from 'zod'

import {artefact} from './artefact.ts'
import {Platform} from './platform.ts'

/** One resource to create. `do` and `settings` are opened by the platform's own folder and by nobody else. */
export const Step = z.object({
  /** Stable: `<do>:<resource name>`, for example `sqs-queue:orders`. */
  id: z.string(),
  platform: Platform,
  do: z.string(),
  name: z.string(),
  /**
   * `before`: needed to move messages. `cutover`: only with `apply --cutover`, for example the final retention.
   * `by-hand`: for a broker that does not exist yet. It is written to a file; `apply` leaves it out.
   */
  when: z.enum(['before', 'cutover', 'by-hand']),
  settings: z.record(z.string(), z.unknown()),
  /** Steps that must exist first. */
  needs: z.array(z.string()),
  /** Source ids this step stands for, and the rules that shaped it. */
  for: z.array(z.string()),
  because: z.array(z.string()),
})
export type Step = z.infer<typeof Step>

/**
 * How a FIFO target finds the message group of a message. `constant` is one group: strict order over the whole
 * queue. A missing value of the others falls back to the entry's own group (`fallback`).
 */
export const GroupRule = z.discriminatedUnion('by', [
  z.object({by: z.literal('constant'), value: z.string()}),
  z.object({by: z.literal('header'), name: z.string()}),
  z.object({by: z.literal('property'), name: z.string()}),
  z.object({by: z.literal('routing-key')}),
  z.object({by: z.literal('source-group')}),
])
export type GroupRule = z.infer<typeof GroupRule>

/** Where an attribute that subscriptions filter by comes from; what publishers of the topic set (docs/routing.md). */
export const RoutingRule = z.discriminatedUnion('by', [
  z.object({by: z.literal('routing-key'), attribute: z.string()}),
  z.object({by: z.literal('header'), attribute: z.string(), header: z.string()}),
  /** A number below `count`, from the routing key, `header:x` or `property:x`; null = drawn. */
  z.object({
    by: z.literal('shard'),
    attribute: z.string(),
    hashOn: z.string().nullable(),
    count: z.number().int().positive(),
  }),
])
export type RoutingRule = z.infer<typeof RoutingRule>

/**
 * An extra queue that a bridge binds to an exchange of the source, for subscribers that have no queue in the plan.
 * It is the source of its move.
 */
export const Tap = z.object({
  /** Id of the exchange. */
  exchange: z.string(),
  /** Routing keys to bind with: together, everything that the exchange routes. */
  keys: z.array(z.string()).min(1),
  /** Messages that it may hold; one more stops the bridge. */
  most: z.number().int().positive(),
})
export type Tap = z.infer<typeof Tap>

/** One source destination into one target. A ledger lane is a move. */
export const Move = z.object({
  /** Stable: `<source id>><step id>`. */
  id: z.string(),
  source: z.string(),
  /** Id of the step that is the target. */
  target: z.string(),
  platform: Platform,
  /** `bridge`: only with `migrate --bridge`, which runs the others as bridges too. */
  mode: z.enum(['drain', 'bridge']),
  tap: Tap.optional(),
  /** Attributes that its target, a topic, filters by. */
  routing: z.array(RoutingRule).optional(),
  group: GroupRule.optional(),
  /** FIFO: `strict` = one entry per group per request, one unresolved request per group. */
  order: z.enum(['strict', 'none']),
  /** Seconds of target-side delay per message, 0..900. */
  delay: z.number().optional(),
  /** AMQP property or header that the operator vouches for as a unique identity: `header:x`, `property:x`. */
  identity: z.string().optional(),
  /** What is known of the source queue, for windows, delivery limits and the proof. */
  sourceType: z.string(),
  deliveryLimit: z.number().nullable(),
  /** True when what the limit gives up goes to a dead-letter exchange, and so is not deleted. */
  deadLetters: z.boolean().optional(),
  /** Depth and mean size when planned; null = unknown. */
  expected: z.object({messages: z.number().nullable(), bytes: z.number().nullable()}),
  /** Estimated duration in seconds; null = unknown. */
  estimateSeconds: z.number().nullable(),
})
export type Move = z.infer<typeof Move>

/** Reversible: needs nobody's acceptance. */
export const Change = z.object({
  subject: z.string(),
  field: z.string(),
  change: z.enum(['renamed', 'encoded', 'mapped']),
  from: z.string(),
  to: z.string(),
  undo: z.string(),
})
export type Change = z.infer<typeof Change>

/** Not reversible: somebody must accept it. `id` = rule + subject, stable: accepted once in decisions.yaml. */
export const Loss = z.object({
  id: z.string(),
  rule: z.string(),
  subject: z.string(),
  field: z.string(),
  change: z.enum(['dropped', 'truncated', 'reset', 'widened']),
  reason: z.string(),
  /** Filled from decisions.yaml. */
  acceptedBy: z.string().nullable(),
})
export type Loss = z.infer<typeof Loss>

/** Something only a person can answer. Blocks `--execute` until `answer` is set. */
export const Question = z.object({
  id: z.string(),
  subject: z.string(),
  question: z.string(),
  /** Allowed answers; empty = free text. */
  choices: z.array(z.string()),
  who: z.string(),
  answer: z.string().nullable(),
})
export type Question = z.infer<typeof Question>

/** A destination that this plan does not move, and why: never silently absent. */
export const NotMoved = z.object({subject: z.string(), because: z.string()})
export type NotMoved = z.infer<typeof NotMoved>

/** Why an exchange is not moved that nothing replaces: a step of its publishers, and nothing that stays behind. */
export const NO_TOPIC = 'no topic is needed: whoever publishes to it sends to its queues directly'

export const Plan = artefact('plan', 1, {
  /** Null until known; a plan without them cannot be executed. */
  account: z.string().nullable(),
  region: z.string().nullable(),
  source: z.object({kind: z.string(), address: z.string(), clusterName: z.string().nullable()}),
  steps: z.array(Step),
  moves: z.array(Move),
  changes: z.array(Change),
  losses: z.array(Loss),
  open: z.array(Question),
  notMoved: z.array(NotMoved),
  /** Source name → target name of every destination, pinned: a later plan never renames. */
  names: z.record(z.string(), z.string()),
  /** Routing attributes that publishers of an exchange must set, by exchange id (docs/wire-format.md). */
  routing: z.record(z.string(), z.array(z.string())),
  /** Hash of the structure of each source object it was made from, by id: only objects that differ are refused. */
  fingerprint: z.record(z.string(), z.string()),
})
export type Plan = z.infer<typeof Plan>
