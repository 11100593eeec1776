import type {Body} from '../model/artefact.ts'
import type {Config, Decisions} from '../model/decisions.ts'
import type {Drift, Resource} from '../model/deployment.ts'
import type {Envelope} from '../model/envelope.ts'
import type {Inventory, Observation} from '../model/inventory.ts'
import type {Change, Loss, Move, NotMoved, Plan, Question, Step} from '../model/plan.ts'
import type {Platform} from '../model/platform.ts'
import type {BrokerOptions} from '../protocols/broker-options.ts'
import type {Graph} from '../routing/graph.ts'
import type {Source} from '../sources/source.ts'
import type {TakeBackOptions} from './take-back.ts'

/** A row of the ledger as the target sees it. `seq` is unique in the ledger and never reused. */
export interface Entry {
  readonly seq: number
  /** Belongs to the entry, never to the content; set for FIFO targets, 1..128 characters (reliability.md I6). */
  readonly dedupId?: string
}

/** The target's wire form of one message, and what had to be changed. Made without I/O. */
export interface Encoded {
  /** Opened by the target that made it and by nobody else. */
  readonly wire: unknown
  /** Size as the target counts it towards its limits. */
  readonly bytes: number
  /** FIFO: the message group. Strict order: one entry per group per request, one unresolved request per group. */
  readonly group?: string
  /** Fields that were renamed or encoded, reversibly. */
  readonly changes: readonly string[]
  /** What this message would lose: ids `<rule>` are joined with the move's source to look up acceptance. */
  readonly losses: readonly {readonly rule: string; readonly field: string; readonly reason: string}[]
  /** Set when the message cannot be sent at all (too large, illegal): the entry fails, the delivery is held. */
  readonly refused?: string
}

/** What became of one message. `unknownAttempts` = attempts whose outcome nobody knows: possible duplicates. */
export type Receipt = {readonly entry: Entry; readonly unknownAttempts: number} & (
  | {readonly outcome: 'accepted'; readonly targetId: string; readonly md5?: string}
  | {
      readonly outcome: 'refused'
      readonly retryable: boolean
      readonly reason: string
      /** The target asked for less. Back off; this is no attempt on the message (reliability.md T1). */
      readonly throttled?: true
    }
  | {readonly outcome: 'unknown'; readonly reason: string}
)

/** Why a call as a whole could not work; thrown by `send` so that the lane pauses or stops instead of retrying. */
export type StopReason = 'access-denied' | 'target-missing' | 'altered-at-target' | 'wrong-account'

/** What one `send` may carry, and how many may be outstanding. */
export interface BatchLimits {
  readonly batchSize: number
  readonly batchBytes: number
  /** Requests of one lane at once, where more of them are slower; absent = as many as the pace allows (decision 0017). */
  readonly requests?: number
}

/** Where messages of one move go. One per lane. */
export interface Target extends AsyncDisposable {
  readonly limits: BatchLimits
  /** Pure. `now` is epoch milliseconds. */
  encode(envelope: Envelope, now: number): Encoded
  /**
   * One request, one attempt; one receipt per message, never one per batch. Throws only MqliftError
   * `unreachable` or `refused`/`incomplete` with a StopReason as `reason`, when no message of the batch was
   * accepted for certain. May be called while other calls are outstanding.
   */
  send(batch: ReadonlyMap<Entry, Encoded>, signal: AbortSignal): Promise<Receipt[]>
}

/** A destination with the platform it was assigned: by the recommendation, mqlift.yaml or a decision. */
export interface PlanSubject {
  readonly id: string
  readonly platform: Platform
  /** Rules that led there, for `because`. */
  readonly because: readonly string[]
}

export interface PlanContext {
  readonly inventory: Body<Inventory>
  readonly graph: Graph
  readonly observation: Observation | undefined
  readonly decisions: Decisions
  readonly config: Config
  /** Final target name of every subject (routing/names.ts), `.fifo` included where due. */
  readonly names: Readonly<Record<string, string>>
}

export interface PlanPart {
  readonly steps: Step[]
  readonly moves: Move[]
  readonly changes: Change[]
  readonly losses: Loss[]
  readonly questions: Question[]
  readonly notMoved: NotMoved[]
  readonly routing: Record<string, string[]>
}

export interface Provisioned {
  readonly resource: Resource
  /** What was different before, or would have to change without `execute`. Empty = as planned. */
  readonly drift: readonly Drift[]
  /** Write calls made. 0 on a second run. */
  readonly writes: number
}

export interface ProvisionOptions {
  /** False: read only; missing resources are reported as drift with `attribute: 'exists'`. */
  readonly execute: boolean
  readonly cutover: boolean
  /** Resources already made, by step id. */
  readonly resolved: ReadonlyMap<string, Resource>
}

export interface Count {
  readonly visible: number
  readonly inFlight: number
  readonly delayed: number
  readonly approximate: boolean
}

/** What a consumer of a target finds there. */
export interface Found {
  /** As it left the source; null = mqlift did not write it. */
  readonly envelope: Envelope | null
  /** FIFO: its message group. */
  readonly group?: string
}

/** Everything one platform knows. `targets/index.ts` loads it. Pure planning; the rest talks to AWS. */
export interface TargetPlatform {
  /** Plans those of the subjects that this folder serves; it sees all, to refer to the others' steps. Pure. */
  plan(subjects: readonly PlanSubject[], context: PlanContext): PlanPart
  /**
   * What the plan says in files of its own, by path in the migration folder: `target/definitions.json`. Null = this plan
   * says nothing there, and a file of an earlier one is gone. Pure.
   */
  files?(plan: Body<Plan>): Readonly<Record<string, string | null>>
  /**
   * The same target under a scratch name that begins with the prefix, with nothing else to make first. Pure. Absent:
   * planned again under the prefix.
   */
  scratch?(step: Step, prefix: string): Step
  /** Connects. Every call below needs it. */
  connect(options: ConnectOptions): Promise<ConnectedPlatform>
}

/** A broker as the operator named it, and how to reach it. */
export interface BrokerEndpoint {
  readonly address: string
  readonly options: BrokerOptions
}

export interface ConnectOptions {
  readonly region: string
  /** Undefined = AWS. Any URL for emulators and private endpoints. */
  readonly endpoint?: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Brokers that are targets, by platform; a platform that needs one refuses to connect without. */
  readonly brokers?: Readonly<Partial<Record<Platform, BrokerEndpoint>>>
}

export interface ConnectedPlatform extends AsyncDisposable {
  /** Reads back, then writes; idempotent. Null = missing and `execute` is false. */
  provision(
    step: Step,
    options: ProvisionOptions,
    signal: AbortSignal,
  ): Promise<Provisioned | {resource: null; drift: Drift[]; writes: 0}>
  /** Null = there is no such resource. */
  count(resource: Resource, signal: AbortSignal): Promise<Count | null>
  /** Checks that the resource is still the one deployed (name, creation identity), then opens it for sending. */
  open(move: Move, resource: Resource, signal: AbortSignal): Promise<Target>
  /** The resource as a source of one destination, for the way back (decision 0011). Absent: nothing is taken from it. */
  takeBack?(resource: Resource, options: TakeBackOptions): Source
  /**
   * Takes everything out of a resource that a rehearsal made, as its usual consumer would, in the order in which it
   * comes; ends when nothing is left. Refuses any other resource. Absent: this platform cannot be rehearsed.
   */
  drain?(resource: Resource, signal: AbortSignal): AsyncIterable<Found>
  /** What of a message this platform holds: two are the same when this is equal. Absent: all of it. Pure. */
  comparable?(envelope: Envelope): Envelope
  /** Removes what a rehearsal made for this step; false = there was nothing. Refuses any other name. */
  remove?(step: Step, signal: AbortSignal): Promise<boolean>
}
