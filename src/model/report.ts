import {z} from 'zod'

import {artefact} from './artefact.ts'
import {Recommendation, Score, Summary, Verdict} from './assessment.ts'
import {DestinationKind} from './id.ts'
import {NotMoved} from './plan.ts'
import {Platform, Preference} from './platform.ts'
import {Rehearsal} from './rehearsal.ts'
import {Buckets, Level, Proof, VerifiedDestination} from './verification.ts'

/**
 * complete: every message received is at its target. accounted: some stayed behind, each with its reason.
 * pending: nothing is missing so far, the approximate counts of the target have not settled yet. unexplained: messages
 * are missing or could not be counted. ready, blocked: planned, nothing moved yet. assessed: no plan yet.
 */
export const ReportVerdict = z.enum([
  'complete',
  'accounted',
  'pending',
  'unexplained',
  'ready',
  'blocked',
  'assessed',
])
export type ReportVerdict = z.infer<typeof ReportVerdict>

export const ReportedBlocker = z.object({
  rule: z.string(),
  question: z.string(),
  /** Platforms it rules out. */
  platforms: z.array(Platform),
  subjects: z.array(z.string()),
  /** Subjects that it leaves without any platform. */
  stranded: z.number(),
  because: z.string(),
  fix: z.string(),
  url: z.string().nullable(),
})
export type ReportedBlocker = z.infer<typeof ReportedBlocker>

/** One line of the histogram. `unknown` = objects for which it was not readable: never counted as "no". */
export const Construct = z.object({
  group: z.string(),
  construct: z.string(),
  objects: z.number(),
  unknown: z.number(),
})
export type Construct = z.infer<typeof Construct>

export const ReportedDestination = z.object({
  id: z.string(),
  kind: DestinationKind,
  vhost: z.string(),
  name: z.string(),
  recommended: Recommendation,
  under: z.record(Preference, Recommendation),
  scores: z.array(Score),
  /** Findings stored for it, by verdict. */
  findings: z.partialRecord(Verdict, z.number()),
  todo: z.array(z.string()),
  /** Names of the resources that the plan gives it. */
  resources: z.array(z.string()),
  /** Why the plan does not move its messages; null = it does, or there is no plan. */
  notMoved: z.string().nullable(),
  messages: z.number().nullable(),
  bytes: z.number().nullable(),
})
export type ReportedDestination = z.infer<typeof ReportedDestination>

export const ReportedLoss = z.object({
  id: z.string(),
  rule: z.string(),
  subject: z.string(),
  field: z.string(),
  change: z.string(),
  reason: z.string(),
  acceptedBy: z.string().nullable(),
})
export type ReportedLoss = z.infer<typeof ReportedLoss>

/** Something for a person: a question to answer, or a task that no tool can do. */
export const Task = z.object({
  what: z.string(),
  who: z.string(),
  subjects: z.array(z.string()),
  answer: z.string().nullable(),
})
export type Task = z.infer<typeof Task>

export const NotChecked = z.object({what: z.string(), because: z.string(), remedy: z.string().nullable()})
export type NotChecked = z.infer<typeof NotChecked>

/** A limit of a service that this report relies on. */
export const Limit = z.object({
  service: z.string(),
  what: z.string(),
  value: z.string(),
  url: z.string().nullable(),
  /** Day it was read at the source. */
  read: z.string(),
})
export type Limit = z.infer<typeof Limit>

export const ProvedDestination = z.object({
  id: z.string(),
  move: z.string(),
  target: z.string(),
  state: VerifiedDestination.shape.state,
  proof: Proof,
  levels: z.array(Level),
  ...Buckets.shape,
  /** The three comparisons behind `unexplained`. */
  comparisons: VerifiedDestination.shape.comparisons,
  reasons: z.record(z.string(), z.number()),
  leftAtSource: z.number().nullable(),
  notChecked: z.array(z.string()),
})
export type ProvedDestination = z.infer<typeof ProvedDestination>

export const ReportedProof = z.object({
  at: z.string(),
  proof: Proof,
  total: Buckets,
  destinations: z.array(ProvedDestination),
  assumptions: z.array(z.object({id: z.string(), text: z.string(), checked: z.boolean()})),
})
export type ReportedProof = z.infer<typeof ReportedProof>

/** The archive of moved messages, when one was kept. */
export const ArchiveSummary = z.object({
  directory: z.string(),
  /** Null while its last segment is still open. */
  messages: z.number().nullable(),
  bytes: z.number(),
  segments: z.number(),
})
export type ArchiveSummary = z.infer<typeof ArchiveSummary>

export const ReportedFile = z.object({path: z.string(), what: z.string(), sha256: z.string().nullable()})
export type ReportedFile = z.infer<typeof ReportedFile>

/** What a change board gets. The Markdown page is made from this and from nothing else. */
export const Report = artefact('report', 1, {
  verdict: z.object({word: ReportVerdict, sentence: z.string()}),
  source: z.object({
    kind: z.string(),
    version: z.string().nullable(),
    clusterName: z.string().nullable(),
    address: z.string(),
  }),
  target: z
    .object({
      account: z.string().nullable(),
      region: z.string().nullable(),
      endpoint: z.string().nullable(),
      caller: z.string(),
      resources: z.number(),
    })
    .nullable(),
  preference: Preference,
  summary: Summary,
  counts: z.object({
    /** Destinations by recommendation, the most frequent first. */
    recommended: z.array(z.object({platform: z.string(), destinations: z.number()})),
    /** Stored findings by verdict. Native and not-applicable ones are the counts of the criteria. */
    verdicts: z.record(Verdict, z.number()),
    ignored: z.number(),
  }),
  /** Worst first. */
  blockers: z.array(ReportedBlocker),
  constructs: z.array(Construct),
  /** About no single destination. With a platform: what that platform brings or costs the whole estate. */
  estate: z.array(
    z.object({
      rule: z.string(),
      platform: Platform.nullable(),
      verdict: Verdict,
      because: z.string(),
      subjects: z.array(z.string()),
    }),
  ),
  ignored: z.array(z.object({id: z.string(), rule: z.string(), because: z.string()})),
  destinations: z.array(ReportedDestination),
  losses: z.array(ReportedLoss),
  /** How many reversible changes the plan makes; null = there is no plan yet. */
  changes: z.number().nullable(),
  tasks: z.array(Task),
  notMoved: z.array(NotMoved),
  notChecked: z.array(NotChecked),
  limits: z.array(Limit),
  /** V6: copies of messages taken out of scratch targets again. Absent = nothing was rehearsed. */
  rehearsal: Rehearsal.omit({kind: true, version: true, inputs: true}).optional(),
  /** Null = no verification yet. */
  proof: ReportedProof.nullable(),
  archive: ArchiveSummary.nullable(),
  files: z.array(ReportedFile),
  rerun: z.array(z.string()),
})
export type Report = z.infer<typeof Report>
