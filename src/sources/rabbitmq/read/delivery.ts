import type {Envelope} from '../../../model/envelope.ts'
import type {Delivery} from '../../source.ts'
import type {Outcome, Tracked} from './outstanding.ts'
import type {Session} from './session.ts'

/** A message of one epoch. Its acks go to the session it came from, or nowhere. */
export class QueueDelivery implements Delivery {
  readonly envelope: Envelope
  readonly #session: Session
  readonly #item: Tracked

  constructor(envelope: Envelope, session: Session, item: Tracked) {
    this.envelope = envelope
    this.#session = session
    this.#item = item
  }

  ack(): Promise<Outcome> {
    return this.#session.ack(this.#item)
  }

  release(): void {
    this.#session.release(this.#item)
  }
}
