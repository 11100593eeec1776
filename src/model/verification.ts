import {z} from 'zod'

import {artefact} from './artefact.ts'

/** The three words of a proof; nothing else may be claimed (reliability.md 2.10). */
export const Proof = z.enum(['proved', 'consistent', 'not-checked'])
export type Proof = z.infer<typeof Proof>

/**
 * Buckets of one move. received = settled + failed + doubt + quarantined + open. `unexplained` is the worst of
 * three independent comparisons; null when one of its parts could not be read (which one is in `notChecked`).
 */
export const Buckets = z.object({
  received: z.number(),
  settled: z.number(),
  failed: z.number(),
  doubt: z.number(),
  quarantined: z.number(),
  open: z.number(),
  unexplained: z.number().nullable(),
  possibleDuplicates: z.number(),
})
export type Buckets = z.infer<typeof Buckets>

export const Level = z.object({
  level: z.enum(['V1', 'V2', 'V3', 'V4']),
  outcome: z.enum(['passed', 'failed', 'pending', 'not-checked']),
  because: z.string(),
})
export type Level = z.infer<typeof Level>

export const VerifiedDestination = z.object({
  /** Source id. */
  id: z.string(),
  move: z.string(),
  target: z.string(),
  /** How the last run of the move ended; `running` while one is under way, or after a crash. */
  state: z.enum(['new', 'running', 'drained', 'stopped', 'interrupted']),
  proof: Proof,
  levels: z.array(Level),
  buckets: Buckets,
  /** The three comparisons behind `unexplained`; null = that part could not be read. */
  comparisons: z.object({
    source: z.number().nullable(),
    digests: z.number().nullable(),
    target: z.number().nullable(),
  }),
  /** Why messages failed or stayed: reason → count. */
  reasons: z.record(z.string(), z.number()),
  leftAtSource: z.number().nullable(),
  notChecked: z.array(z.string()),
})
export type VerifiedDestination = z.infer<typeof VerifiedDestination>

export const Verification = artefact('verification', 1, {
  at: z.string(),
  proof: Proof,
  total: Buckets,
  destinations: z.array(VerifiedDestination),
  /** The promises the proof rests on (A1–A7), as checked or as assumed. */
  assumptions: z.array(z.object({id: z.string(), text: z.string(), checked: z.boolean()})),
})
export type Verification = z.infer<typeof Verification>
