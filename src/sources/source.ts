import type {Body} from '../model/artefact.ts'
import type {Envelope} from '../model/envelope.ts'
import type {Inventory, Observation} from '../model/inventory.ts'
import type {Tap} from '../model/plan.ts'

/** A message the broker still owns. */
export interface Delivery {
  readonly envelope: Envelope
  /**
   * Tells the broker that it may forget the message. Called once, only after the entry is recorded and fsynced.
   * The source may coalesce acks into one `multiple` for the longest prefix in which every delivery was acked.
   * Resolves when the source can show that the ack was applied, which may be only when the source is closed
   * (quorum queues); it resolves with 'lost' when the connection went away first: the message will come back.
   * Callers must not await it before reading on.
   */
  ack(): Promise<'applied' | 'lost'>
  /** Gives the message back. Nothing goes back to the broker before the end of the run (P3): it is held until then. */
  release(): void
}

export interface ReadOptions {
  /**
   * `empty`: until the queue is drained and stays so. `mark`: as many messages as were ready at the start. `sentinel`:
   * everything in front of a message that the source puts in for it. `never`: until the signal, as a bridge does.
   */
  readonly until: 'empty' | 'mark' | 'sentinel' | 'never'
  readonly window: {readonly messages: number; readonly bytes: number}
  /** Ends the reading as if `until` had been reached: no more from the broker, but all that came is yielded. */
  readonly end?: AbortSignal
  /** Called before a sentinel is put into the queue, so that somebody knows of it whatever happens next. */
  onSentinel?(id: string): Promise<void>
  /** Other consumers may come and take part: nobody is kept out. The source tells about them. */
  readonly shared?: boolean
  /** `header:x` or `property:x`: the operator vouches that it is unique. */
  readonly identity?: string
  /** Something an operator should hear: reconnects, held messages, a foreign consumer. */
  onEvent?(event: SourceEvent): void
}

export type SourceEvent =
  | {readonly type: 'interrupted'; readonly reason: string; readonly epoch: number}
  | {readonly type: 'reconnected'; readonly epoch: number}
  | {readonly type: 'foreign-consumers'; readonly consumers: number}
  | {readonly type: 'left-behind'; readonly messages: number; readonly reason: string}
  /** One of our own sentinels was read and acknowledged: it is no message, and nobody else's. */
  | {readonly type: 'sentinel'; readonly id: string}

export interface Depth {
  readonly ready: number
  readonly unacked: number | null
  readonly consumers: number
  /** What is known of arrivals and acks for the account: Δmessages + Δack (rabbitmq.md 4.1); null = not readable. */
  readonly counters: {readonly acked: number; readonly deliveredWithoutAck: number} | null
}

/** The only thing that is ever made at a source: an extra queue that a bridge reads. `queue` is its destination id. */
export interface Taps {
  /**
   * Makes and binds it, or finds it as it was made. When it is full it gives up its oldest messages to a queue of its
   * own beside it; publishers are never held back or refused.
   */
  make(queue: string, tap: Tap, signal: AbortSignal): Promise<'made' | 'found'>
  /** Messages that it had to give up; what a full overflow queue dropped itself is not in it. */
  overflowed(queue: string): Promise<number>
  /** From now on it gets nothing more, whoever bound it to what; what is in it stays. */
  unbind(queue: string, tap: Tap): Promise<void>
  /**
   * Once nobody reads it: removes both queues, or says how many messages they hold. Refused while anything is bound to
   * it, or where that is not known.
   */
  remove(queue: string): Promise<number>
}

/**
 * A broker, or a file about one. Opened by `sources/index.ts`; disposed by the command that opened it.
 * Errors are MqliftErrors made in the adapter, where a foreign error is first understood.
 */
export interface Source extends AsyncDisposable {
  readonly address: string
  /** Reads only (SEC-43). Whatever could not be read is in `inventory.notRead`. */
  inspect(signal: AbortSignal): Promise<{inventory: Body<Inventory>; observations: Observation[]}>
  /** Null = there is no such destination. */
  depth(destination: string): Promise<Depth | null>
  /**
   * Yields deliveries until `until` is reached. Nothing is removed until acked. An aborted signal stops intake
   * only: what was yielded can still be acked until the iteration is closed (`return()`), which waits until acks
   * are applied, gives back what was not acked and settles every pending ack promise. Absent for export files.
   * Called at most once at a time per destination. Uses a connection of its own per destination.
   */
  read?(destination: string, options: ReadOptions, signal: AbortSignal): AsyncIterableIterator<Delivery>
  /** Absent where nothing can be tapped. */
  readonly taps?: Taps
}
