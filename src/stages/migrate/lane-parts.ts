import type {Archive} from '../../archive/archive.ts'
import type {MqliftError} from '../../errors.ts'
import type {MigrateEvent} from '../../model/events.ts'
import type {Move} from '../../model/plan.ts'
import type {ReadOptions, Source} from '../../sources/source.ts'
import type {Target} from '../../targets/target.ts'
import type {Flow} from './flow.ts'
import type {Preparation} from './item.ts'
import type {Window} from './limits.ts'
import type {Watch} from './watch.ts'

export interface LaneParts {
  readonly move: Move
  readonly read: Source['read']
  readonly watch: Watch
  /** With its retry around it. */
  readonly target: Target
  readonly archive: Archive | null
  readonly flow: Flow
  readonly preparation: Preparation
  readonly window: Window
  readonly until: ReadOptions['until']
  /** Strict order: go on with a group after a failure. */
  readonly skipFailed: boolean
  /** Put what cannot be sent into the archive when no more can be held back. */
  readonly quarantine: boolean
  readonly signal: AbortSignal
  readonly now: () => number
  readonly onEvent: (event: MigrateEvent) => void
}

export interface LaneOutcome {
  readonly move: string
  /** Source id. */
  readonly source: string
  readonly outcome: 'drained' | 'stopped' | 'paused' | 'failed'
  readonly reason: string
  /** Messages that were given back to the source because they could not be sent. */
  readonly held: number
  readonly error?: MqliftError
}
