import type {Archive} from '../../archive/archive.ts'
import type {Ledger} from '../../ledger/ledger.ts'
import type {Resource} from '../../model/deployment.ts'
import type {MigrateEvent} from '../../model/events.ts'
import type {Move} from '../../model/plan.ts'
import type {ReadOptions, Source} from '../../sources/source.ts'
import type {LimitOptions, Pace} from '../../targets/retry.ts'
import type {Count, Target} from '../../targets/target.ts'
import type {Flow} from './flow.ts'
import type {Window} from './limits.ts'
import type {MigrateInput} from './preflight.ts'

export interface MigratePorts {
  readonly source: Source
  /** Opens the target of a move. The retry is put around it here: nobody else may (reliability.md 2.13.2). */
  target(move: Move, resource: Resource, signal: AbortSignal): Promise<Target>
  /** Messages at the target before the first send; without it, comparison (c) of the proof cannot be made. */
  count?(resource: Resource, signal: AbortSignal): Promise<Count | null>
  readonly ledger: Ledger
  /** Null = `--archive off`. */
  readonly archive: Archive | null
  /** Whether the operator wants a pause, and why: asked twice a second. */
  paused?(): Promise<string | null>
}

export interface MigrateOptions {
  readonly until: ReadOptions['until']
  /** Moves that run at once. */
  readonly lanes?: number
  readonly window?: Partial<Window>
  /** Requests under way at once, over all lanes: where the adaptive limit starts and its bounds. */
  readonly requests?: LimitOptions
  /** Messages per second over all lanes, asked again and again; null = as fast as the target takes them. */
  rate?(): number | null
  /** Ordered moves: go on with a group although an earlier message of it failed. */
  readonly skipFailed?: boolean
  /** Put messages that cannot be sent into the archive, when no more of them can be held back. */
  readonly quarantine?: boolean
  /** Epoch milliseconds. */
  readonly now: () => number
  /** 0 ≤ n < 1. */
  readonly random: () => number
  onEvent?(event: MigrateEvent): void
}

/** One call of `migrate`: what its lanes share. */
export interface Run {
  readonly input: MigrateInput
  readonly ports: MigratePorts
  readonly options: MigrateOptions
  readonly signal: AbortSignal
  readonly pace: Pace
  readonly flow: Flow
}

/** Whoever watches cannot break the move: a full disk under the events, a pipe that nobody reads (H2). */
export function tell({options}: Run, event: MigrateEvent): void {
  try {
    options.onEvent?.(event)
  } catch {
    // Told or not, the ledger knows.
  }
}
