import {z} from 'zod'

import {artefact} from './artefact.ts'
import {NotMoved} from './plan.ts'
import {Buckets, Proof} from './verification.ts'

/** Entries whose message left the broker: only they can come back. */
export const LeftState = z.enum(['settled', 'sent', 'quarantined'])
export type LeftState = z.infer<typeof LeftState>
export const LEFT_STATES: readonly LeftState[] = LeftState.options

export const RolledBackDestination = z.object({
  /** The queue it was moved from, and goes back to. */
  id: z.string(),
  /** Step id of the target it was moved to. */
  target: z.string(),
  /** Messages that left the broker and are in the archive, by the state of their ledger entry. */
  archived: z.record(LeftState, z.number()),
  /** Left the broker and are not in the archive: moved with `--archive off`, or before it was removed. */
  notArchived: z.number(),
  /** Came back from the archive already. */
  back: z.number(),
  /** A copy came back from the queue they were moved to, so the archive's stays. */
  elsewhere: z.number(),
  /** Selected, and not back yet. */
  waiting: z.number(),
  /** Of those, with properties and headers. */
  bytes: z.number(),
  /** Among the archived, at most so many are there twice, or never left: the forward move was interrupted. */
  mayRepeat: z.number(),
  /** Messages at the target now; null = not asked, or it did not say. */
  atTarget: z.number().nullable(),
  estimateSeconds: z.number(),
})
export type RolledBackDestination = z.infer<typeof RolledBackDestination>

/** What was, or would be, taken back to the broker it came from. */
export const Rollback = artefact('rollback', 1, {
  at: z.string(),
  executed: z.boolean(),
  /** The old broker, without user and password. */
  broker: z.string(),
  /** Most messages of others that are taken from the targets, too; null = only the archive is read. */
  withNew: z.number().nullable(),
  /** What consumers took at the target stays away. */
  leaveConsumed: z.boolean(),
  destinations: z.array(RolledBackDestination),
  notBack: z.array(NotMoved),
  /** What no way back can restore. */
  cannotComeBack: z.array(z.string()),
  /** Null before anything was taken back. */
  proof: Proof.nullable(),
  total: Buckets.nullable(),
})
export type Rollback = z.infer<typeof Rollback>
