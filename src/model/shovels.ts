import {z} from 'zod'

import {artefact} from './artefact.ts'

/** Which broker runs a shovel. */
export const ShovelSide = z.enum(['source', 'target'])
export type ShovelSide = z.infer<typeof ShovelSide>

/** A queue by numbers alone: what is in it, and what its own counters say was taken out of it. */
export const ShovelReading = z.object({
  at: z.string(),
  /** Ready and unacknowledged. */
  messages: z.number(),
  /** Acknowledged, and delivered without an ack, since the queue or its node began to count; null = not readable. */
  removed: z.number().nullable(),
})
export type ShovelReading = z.infer<typeof ShovelReading>

const Ends = z.object({source: ShovelReading, target: ShovelReading})

/** What shovels did to one queue, from before the first to after the last. */
export const Shovelled = z.object({
  /** Id of the plan's move, its source and its target. */
  move: z.string(),
  source: z.string(),
  target: z.string(),
  shovel: z.object({at: ShovelSide, vhost: z.string(), name: z.string()}),
  /** `running`: a shovel may be at work, whether or not mqlift is. */
  state: z.enum(['running', 'drained', 'stopped']),
  /** Why it was stopped. */
  reason: z.string().nullable(),
  /** Shovels that were put, one after the other. */
  rounds: z.number(),
  /** Messages that may be at both ends: in hand when a shovel was removed before its end, or found when one had ended. */
  inHand: z.number(),
  /** Consumers beside the shovel, at most, as far as they were seen: what they acknowledged cannot be told apart. */
  others: z.number(),
  before: Ends,
  /** Null until it has ended. */
  after: Ends.nullable(),
})
export type Shovelled = z.infer<typeof Shovelled>

/** What was moved by shovels instead of by mqlift: written before a shovel is put, and after it has gone. */
export const Shovels = artefact('shovels', 1, {moves: z.array(Shovelled)})
export type Shovels = z.infer<typeof Shovels>
