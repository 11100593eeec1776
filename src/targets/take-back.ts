import type {Envelope} from '../model/envelope.ts'

/** Something that waits at a target. */
export interface Waiting {
  /** The service's own id of the message: the same at every delivery. */
  readonly id: string
  /** As it left the source; null = mqlift did not write it. */
  readonly ours: Envelope | null
}

/**
 * What becomes of it. `take`: it goes back. `remove`: the broker has it again already. `leave`: nothing more is taken;
 * this one stays where it is.
 */
export type Judgement = 'take' | 'remove' | 'leave'

export interface TakeBackOptions {
  /** Where the messages of others belong to: the source id of the queue that they are taken back to. */
  readonly source: string
  /** Asked once for every delivery, in their order. What it decides is on disk when it answers. */
  judge(waiting: Waiting): Promise<Judgement>
}
