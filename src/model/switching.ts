import type {Client} from './inventory.ts'
import type {Move} from './plan.ts'

/** Who uses what must switch, as the broker saw it. */
export interface Party {
  readonly client: Client
  /** Ids of the flow's exchanges it publishes to, or of the flow's queues it consumes from. */
  readonly touches: readonly string[]
}

/** Producers → exchanges → queues → consumers: what belongs together by bindings, dead letters or a shared target. */
export interface Flow {
  /** Stable: the id of its first exchange, or of its first queue. */
  readonly id: string
  readonly exchanges: readonly string[]
  readonly queues: readonly string[]
  readonly moves: readonly Move[]
  /** A move of it keeps an order: nothing may come in while it is moved. */
  readonly ordered: boolean
  readonly producers: readonly Party[]
  readonly consumers: readonly Party[]
  /** Ids of flows whose dead letters come here: they switch first. */
  readonly after: readonly string[]
}

/** Flows that one application uses: they switch in one window. */
export interface Wave {
  readonly flows: readonly Flow[]
  /** Named applications that work on more than one flow of it. */
  readonly shared: readonly Client[]
}

/** By destination id: users whose rights let them publish to an exchange, or consume from a queue. */
export interface Permitted {
  readonly publish: ReadonlyMap<string, readonly string[]>
  readonly consume: ReadonlyMap<string, readonly string[]>
}
