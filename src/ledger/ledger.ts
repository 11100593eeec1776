import type {KeyObject} from 'node:crypto'

import {z} from 'zod'

import {Evidence} from '../model/deployment.ts'
import type {Entry, Receipt} from '../targets/target.ts'
import type {Archived, Archiving} from './archived.ts'

/** One opening of the ledger: who moves, with what. The second opener is told about the first from here. */
export interface LedgerRun {
  readonly id: string
  /** ISO 8601. */
  readonly at: string
  readonly tool: string
  readonly host: string
  readonly pid: number
  /** Redacted. */
  readonly command: readonly string[]
  /** AWS identity, null when none was used. */
  readonly caller: string | null
  /** Content hash of plan.json. */
  readonly plan: string
  /** Default: `kept`, there is an archive and it goes on. */
  readonly archiving?: Archiving
}

/** What a lane (one move) is. Pinned at its first start: a different answer later is refused. */
export const LaneFacts = z.object({
  move: z.string(),
  source: z.string(),
  /** Step id of the target, its address, and its creation identity (null = not told). */
  target: z.string(),
  address: z.string(),
  createdAt: z.string().nullable(),
  sourceType: z.string(),
  /** FIFO targets get a deduplication id per entry. */
  fifo: z.boolean(),
  /** What its receipts rest on; undefined = checksum. */
  evidence: Evidence.optional(),
})
export type LaneFacts = z.infer<typeof LaneFacts>

/** Read when the lane first started; null = could not be read. The baseline of the proof. */
export const LaneStart = z.object({
  at: z.string(),
  depth: z.number().nullable(),
  /** Cumulative counters of the source queue, when it has them. */
  counters: z.object({acked: z.number(), deliveredWithoutAck: z.number()}).nullable(),
  /** Messages at the target before the first send. */
  atTarget: z.number().nullable(),
})
export type LaneStart = z.infer<typeof LaneStart>

/** A delivery as the ledger sees it: no body, no headers, no delivery tag. */
export interface Received {
  /** Keyed digest of the canonical envelope (model/canonical.ts), 32 bytes. */
  readonly digest: Buffer
  readonly bytes: number
  readonly redelivered: boolean
  readonly identity?: string
  readonly group?: string
  /** It will not be sent, and why: the entry is `failed` from the start. */
  readonly failed?: string
}

export interface Claim {
  readonly entry: Entry
  /**
   * `send`: on disk as claimed, send it. `already-sent`: its unique identity has a recorded entry; ack without
   * sending (I4). `failed`: recorded with its reason; hold it.
   */
  readonly step: 'send' | 'already-sent' | 'failed'
}

/** What `record` takes: receipts, or an entry that was put into the archive instead of the target. */
export type Outcome =
  | Receipt
  | {readonly entry: Entry; readonly outcome: 'quarantined'; readonly reason: string}

export const LaneState = z.enum(['new', 'running', 'drained', 'stopped', 'interrupted'])
export type LaneState = z.infer<typeof LaneState>

/** One lane's part of the ledger. Calls of all lanes share commits: claim and record resolve after the fsync. */
export interface LedgerLane {
  readonly facts: LaneFacts
  /** Interruptions of this lane so far, crashes included (S6). */
  readonly interruptions: number
  /** The operator's identity was contradicted once: it no longer allows a skip (P5). */
  readonly distrusted: boolean
  claim(batch: readonly Received[]): Promise<readonly Claim[]>
  record(outcomes: readonly Outcome[]): Promise<void>
  /** The source showed that the ack was applied. Written with a later commit. */
  settle(entry: Entry): void
  /** The connection went away before the ack was applied: the message will come back. Counted. */
  lost(entry: Entry): void
  /**
   * The connection was lost: everything claimed or sent and not settled may come back. Counts it, opens a new
   * epoch. Call it only when no request of this lane is unresolved.
   */
  interrupted(reason: string): Promise<void>
  /** The counters of the source restarted (node restart): they prove nothing from here on. */
  countersReset(): void
  /** Something worth keeping: a pause, a stop, a foreign consumer. */
  note(type: string, reason: string): void
  /**
   * The source was drained: entries sent in an earlier epoch did not come back, or came back as later entries.
   * They are settled by absence (K8).
   */
  drained(): Promise<void>
  /** Ends the lane; flushes. */
  end(state: 'drained' | 'stopped' | 'interrupted', reason: string): Promise<void>
}

/** The account of one move, from the ledger alone. */
export interface MoveAccount extends LaneFacts {
  readonly state: LaneState
  readonly endReason: string
  readonly start: LaneStart
  /** received = settled + failed + doubt + quarantined + open, unless somebody touched the file. */
  readonly received: number
  readonly receivedBytes: number
  readonly settled: number
  readonly failed: number
  readonly doubt: number
  readonly quarantined: number
  /** Claimed, or sent and not settled. */
  readonly open: {readonly claimed: number; readonly sent: number}
  /** Part of `settled` that was concluded from a drained source instead of seen by an ack. */
  readonly settledByAbsence: number
  /** Positive receipts ever recorded, and how many carried the target's id and the service's own checksum. */
  readonly accepted: number
  readonly withTargetId: number
  readonly withMd5: number
  readonly possibleDuplicates: number
  readonly interruptions: number
  readonly countersReset: boolean
  /** Sums of digests modulo 2^256, hex: of what was received, and over all buckets. */
  readonly digests: {readonly received: string; readonly buckets: string}
  /** Why entries failed, are in doubt or in quarantine → count. */
  readonly reasons: Readonly<Record<string, number>>
}

export type EntryState = 'claimed' | 'sent' | 'settled' | 'failed' | 'doubt' | 'quarantined'

/** One entry that is not folded yet. */
export interface EntryRow {
  readonly seq: number
  readonly move: string
  readonly state: EntryState
  readonly digest: Buffer
  readonly bytes: number
  readonly group: string | null
  readonly identity: string | null
  readonly attempts: number
  readonly targetId: string | null
  readonly reason: string | null
}

export interface LedgerEvent {
  readonly at: string
  readonly move: string
  readonly type: string
  readonly reason: string
  /** Messages that this event can have repeated. */
  readonly possibleDuplicates: number
}

/** Reading never waits for a commit and never changes anything: report, verify, status, check. */
export interface LedgerReader extends AsyncDisposable {
  readonly path: string
  readonly key: KeyObject
  readonly keyId: string
  accounts(): readonly MoveAccount[]
  account(move: string): MoveAccount | undefined
  runs(): readonly LedgerRun[]
  events(move?: string): readonly LedgerEvent[]
  /** Entries that are not folded; all states unless named. */
  entries(move: string, state?: EntryState): Iterable<EntryRow>
  /** The entries that an archive was open for. */
  archived(): Archived
  /** Damage found: database pages, sums, digest segments. Empty = none. */
  damage(): Promise<readonly string[]>
  /** Digests of everything settled and folded, in the order of settling. */
  folded(): AsyncIterable<{readonly seq: number; readonly move: string; readonly digest: Buffer}>
}

export interface Ledger extends LedgerReader {
  /** Opens the lane of a move; at its first start `start` is kept as the baseline. */
  lane(facts: LaneFacts, start: () => Promise<LaneStart>): Promise<LedgerLane>
  /** Waits until everything said so far is on disk. */
  flush(): Promise<void>
}
