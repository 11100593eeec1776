import {z} from 'zod'

import {artefact} from './artefact.ts'
import {DestinationKind} from './id.ts'
import {NotRead} from './inventory.ts'
import {Advice, Platform, Preference} from './platform.ts'

export const Verdict = z.enum(['native', 'adapt', 'lossy', 'blocker', 'unknown', 'not-applicable'])
export type Verdict = z.infer<typeof Verdict>

/** One judgement. Native and not-applicable ones are counted, not stored. */
export const Finding = z.object({
  /** Id of the criterion or pattern; its texts are in `rules`. */
  rule: z.string(),
  subjects: z.array(z.string()),
  platform: Platform.optional(),
  verdict: Verdict,
  because: z.string(),
  /** What to change, when there is something to change. */
  todo: z.string().optional(),
  evidence: z.array(z.string()),
})
export type Finding = z.infer<typeof Finding>

export const Score = z.object({
  platform: Platform,
  fit: z.number().min(0).max(100),
  benefit: z.number().min(0).max(100),
  score: z.number().min(0).max(100),
  confidence: z.number().min(0).max(1),
  blockedBy: z.array(z.string()),
})
export type Score = z.infer<typeof Score>

export const Recommendation = z.object({
  platform: Advice,
  /** Null when the advice is not a scored platform (stay, retire, kinesis …). */
  score: z.number().nullable(),
  confidence: z.number(),
  because: z.string(),
})
export type Recommendation = z.infer<typeof Recommendation>

export const AssessedDestination = z.object({
  id: z.string(),
  kind: DestinationKind,
  vhost: z.string(),
  name: z.string(),
  recommended: Recommendation,
  /** The answer under every preference, the chosen one included. */
  under: z.record(Preference, Recommendation),
  /** Platforms within 3 points of the recommended one. */
  ties: z.array(Platform),
  scores: z.array(Score),
  findings: z.array(Finding),
  /** How many findings were native and not applicable, per platform. */
  counted: z.object({native: z.number(), notApplicable: z.number()}),
  todo: z.array(z.string()),
  /** Questions a person must answer, with who that usually is. */
  decide: z.array(z.object({question: z.string(), who: z.string()})),
})
export type AssessedDestination = z.infer<typeof AssessedDestination>

/** The texts of one rule, once for the whole file. */
export const Rule = z.object({
  id: z.string(),
  group: z.string(),
  question: z.string(),
  advice: z.string(),
  weight: z.number(),
  scores: z.enum(['fit', 'benefit', 'nothing']),
  sources: z.array(z.object({url: z.string(), read: z.string()})),
})
export type Rule = z.infer<typeof Rule>

const known = z.number().nullable()

/** Totals; null when unknown. Exchanges are counted without the predeclared ones. */
export const Summary = z.object({
  vhosts: known,
  queues: known,
  exchanges: known,
  bindings: known,
  users: known,
  permissions: known,
  policies: known,
  topics: known,
  connections: known,
  consumers: known,
  messages: known,
  bytes: known,
})
export type Summary = z.infer<typeof Summary>

export const Assessment = artefact('assessment', 1, {
  preference: Preference,
  summary: Summary,
  destinations: z.array(AssessedDestination),
  estate: z.object({
    findings: z.array(Finding),
    /** Destinations that are run-time artefacts, not business queues, and why they were left out. */
    ignored: z.array(z.object({id: z.string(), rule: z.string(), because: z.string()})),
  }),
  rules: z.record(z.string(), Rule),
  notChecked: z.array(NotRead),
})
export type Assessment = z.infer<typeof Assessment>
