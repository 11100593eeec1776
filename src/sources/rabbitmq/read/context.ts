import type {AmqpConnection} from '../../../protocols/amqp091/connection.ts'
import type {ManagementApi} from '../../../protocols/management.ts'
import type {ReadOptions} from '../../source.ts'
import type {QueueName} from './queue-now.ts'

/** Everything that reading one queue needs from its source. */
export interface ReadContext {
  /** Destination id, for envelopes and messages. */
  readonly id: string
  readonly queue: QueueName
  readonly options: ReadOptions
  readonly connect: (signal: AbortSignal) => Promise<AmqpConnection>
  /** Undefined = not reachable: fewer facts, longer waits. */
  readonly api: () => Promise<ManagementApi | undefined>
  /** Acks that the broker had counted before this run; undefined = not known. */
  readonly ackedBefore: number | undefined
  /** Shown to operators as consumer tag. */
  readonly name: string
  /** Of the next sentinel. */
  readonly newSentinel: () => string
  /** Something an operator should hear that is no event of the move. */
  onNotice?(text: string): void
  readonly timing: Timing
}

/** Milliseconds. */
export interface Timing {
  /** Between two looks at an idle queue. */
  readonly look: number
  /** Nothing came for this long, before a queue counts as drained. */
  readonly quiet: number
  /** First and longest wait before connecting again, and when to give up. */
  readonly backoff: {readonly first: number; readonly most: number; readonly giveUp: number}
  /** How long acks may take to show in the queue's own number (refreshed every 5 s, rabbitmq.md 4.2). */
  readonly apply: number
}

export const TIMING: Timing = {
  look: 500,
  quiet: 1500,
  backoff: {first: 200, most: 5000, giveUp: 120_000},
  apply: 5000,
}
