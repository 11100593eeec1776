import type {Body} from '../model/artefact.ts'
import type {Facts} from '../model/facts.ts'
import type {Inventory} from '../model/inventory.ts'
import type {Graph} from '../routing/graph.ts'

export interface PatternContext {
  readonly inventory: Body<Inventory>
  readonly graph: Graph
  /** Structure and observation of a destination together; empty for one that does not exist. */
  readonly facts: (id: string) => Facts
  /** When depths and rates were read, epoch milliseconds; null = never. */
  readonly observedAt: number | null
}

/** One place where the pattern was recognised. */
export interface Found {
  /** Ids, the destination it is mainly about first. They need not exist. */
  readonly subjects: readonly string[]
  readonly because: string
  readonly todo?: string
  readonly decide?: {readonly question: string; readonly who: string}
  readonly evidence: readonly string[]
  /** The first subject serves one of these and goes where it goes. */
  readonly serves?: readonly string[]
  /** `ignore`: no business of ours, leave the subjects out. `retire`: nobody seems to need the subjects. */
  readonly means?: 'ignore' | 'retire'
}

/**
 * Looks at the exchange graph instead of one destination. Pure. It must find the same with every name replaced by
 * a hash; names only add which framework it is.
 */
export interface Pattern {
  readonly id: string
  readonly question: string
  readonly advice: string
  readonly sources: readonly {readonly url: string; readonly read: string}[]
  find(context: PatternContext): Found[]
}
