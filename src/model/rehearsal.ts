import {z} from 'zod'

import {artefact} from './artefact.ts'
import {Platform} from './platform.ts'

/** One move as it was rehearsed: copies of its messages in a scratch target, taken out again and compared. */
export const RehearsedMove = z.object({
  source: z.string(),
  platform: Platform,
  order: z.enum(['strict', 'none']),
  /** Name of the scratch target, which is gone. */
  scratch: z.string(),
  /** Hash of the structure of the source then, as in the plan: what was measured holds as long as it is the same. */
  structure: z.string().nullable(),
  copies: z.number(),
  bytes: z.number(),
  /** Copies that cannot be sent, and would stay at the broker: too large, or losing what nobody accepted. */
  refused: z.number(),
  /** From the first request to the last answer. */
  seconds: z.number(),
  /** Null = too few to measure. */
  perSecond: z.number().nullable(),
  /** V6: every copy came out once, equal in body, properties and headers, in the order of its group. */
  outcome: z.enum(['passed', 'failed', 'not-checked']),
  because: z.string(),
  missing: z.number(),
  unexpected: z.number(),
  /** Came out twice: SQS standard may do that. */
  repeated: z.number(),
  outOfOrder: z.number(),
})
export type RehearsedMove = z.infer<typeof RehearsedMove>

export const NotRehearsed = z.object({source: z.string(), because: z.string()})
export type NotRehearsed = z.infer<typeof NotRehearsed>

export const Rehearsal = artefact('rehearsal', 1, {
  at: z.string(),
  run: z.string(),
  /** As asked for: `10%`, `500`, or what is taken when nobody asks. */
  sample: z.string(),
  region: z.string().nullable(),
  endpoint: z.string().nullable(),
  moves: z.array(RehearsedMove),
  notRehearsed: z.array(NotRehearsed),
  /** Scratch resources that could not be removed: names, to be removed by hand or by the next rehearsal. */
  leftBehind: z.array(z.string()),
  /** What removes them, one line each. */
  removedBy: z.array(z.string()).default([]),
})
export type Rehearsal = z.infer<typeof Rehearsal>
