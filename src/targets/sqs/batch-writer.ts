import {MqliftError} from '../../errors.ts'
import type {Envelope} from '../../model/envelope.ts'
import type {Credentials} from '../../protocols/aws-credentials.ts'
import {awsFailure, errorFacts, faultOf, nameOf} from '../../protocols/aws-errors.ts'
import {refusedReceipt, throttledReceipt, unknownReceipt} from '../receipt.ts'
import type {Encoded, Entry, Receipt, StopReason, Target} from '../target.ts'
import {type Answer, type Digests, type Outgoing, outcomeOf} from './receipts.ts'
import {SqsWire} from './wire.ts'

/** What a service that takes batches of messages does in its own way: SQS, and SNS in front of it. */
export interface BatchService {
  readonly name: 'SQS' | 'SNS'
  readonly limits: Target['limits']
  readonly encode: (envelope: Envelope, now: number) => Encoded
  /** Every message has a group and a deduplication id. */
  readonly fifo: boolean
  /** No two messages of one group in a request. */
  readonly strict: boolean
  /** Makes the request; calling the result sends it, once. Rejects with whatever went wrong. */
  readonly request: (batch: readonly Outgoing[]) => (signal: AbortSignal) => Promise<Answer>
  /** Null = the service tells no digest of what it stored. */
  readonly digests: Digests | null
  /** The refusal was about the time, and the next request will be signed with the service's. */
  readonly clockCorrected: (error: unknown) => boolean
  readonly credentials: Pick<Credentials, 'forget'>
  /** Completes "sending to …", "… does not exist", and says what must be allowed. */
  readonly words: {readonly target: string; readonly kind: string; readonly allow: string}
}

/** Writes the messages of one move into one place. One request per `send`; it never repeats anything. */
export class BatchWriter implements Target {
  readonly limits: Target['limits']
  readonly encode: Target['encode']
  readonly #service: BatchService
  /** Id of a message that the service altered: nothing more is sent after it (T10). */
  #altered: string | undefined

  constructor(service: BatchService) {
    this.#service = service
    this.limits = service.limits
    this.encode = service.encode
  }

  async send(batch: ReadonlyMap<Entry, Encoded>, signal: AbortSignal): Promise<Receipt[]> {
    if (this.#altered !== undefined) throw this.#alteredError(this.#altered)
    this.#assertLegal(batch)
    const outgoing = [...batch].map(([entry, {wire}], index): Outgoing => {
      if (!(wire instanceof SqsWire)) throw new Error('a message that encode refused was given to send')
      const dedupId = this.#service.fifo ? entry.dedupId : undefined
      return {id: String(index), entry, wire, ...(dedupId !== undefined && {dedupId})}
    })
    return this.#attempt(outgoing, signal)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }

  /** The caller keeps to these; a mistake would cost order or messages, so it is looked for. */
  #assertLegal(batch: ReadonlyMap<Entry, Encoded>): void {
    const {batchSize, batchBytes} = this.limits
    const messages = [...batch.values()]
    if (batch.size === 0 || batch.size > batchSize) throw new Error(`a batch of ${batch.size} messages`)
    if (messages.reduce((sum, {bytes}) => sum + bytes, 0) > batchBytes)
      throw new Error(`a batch above ${batchBytes} bytes`)
    const {fifo, strict} = this.#service
    if (!fifo) return
    if ([...batch.keys()].some(({dedupId}) => dedupId === undefined))
      throw new Error('a message for a FIFO target without a deduplication id')
    const groups = new Set(messages.map(({group}) => group))
    if (strict && groups.size < batch.size)
      throw new Error('two messages of one group in one request of a strictly ordered move')
  }

  async #attempt(batch: readonly Outgoing[], signal: AbortSignal): Promise<Receipt[]> {
    const service = this.#service
    // Outside the try: what fails here is a bug and was not sent.
    const sent = service.request(batch)
    let answer
    try {
      answer = await sent(signal)
    } catch (error) {
      return this.#afterFailure(batch, error, signal)
    }
    const {receipts, altered, denied} = outcomeOf(batch, answer, service)
    if (denied !== undefined) throw this.#stop('access-denied', denied)
    this.#altered ??= altered
    return receipts
  }

  /** The request failed as a whole: what is known of its messages (reliability.md 2.6). */
  #afterFailure(
    batch: readonly Outgoing[],
    error: unknown,
    signal: AbortSignal,
  ): Receipt[] | Promise<Receipt[]> {
    const facts = errorFacts(error)
    const fault = faultOf(facts)
    const name = nameOf(facts)
    if (fault === 'unknown')
      return batch.map(({entry}) => unknownReceipt(entry, `no certain answer: ${name}`))
    if (fault === 'throttled') return batch.map(({entry}) => throttledReceipt(entry, name))
    if (fault === 'refused') return this.#findTheCulprit(batch, name, signal)
    if (this.#service.clockCorrected(error))
      return batch.map(({entry}) => refusedReceipt(entry, `clock corrected: ${name}`, true))
    if (fault === 'target-missing') throw this.#stop('target-missing', name, error)
    if (fault === 'access-denied' || fault === 'clock-skew') throw this.#stop('access-denied', name, error)
    if (fault === 'credentials-expired') this.#service.credentials.forget()
    throw awsFailure(error, this.#doing)
  }

  /** One bad message refuses its whole request, or together they are too large (T5): halve until it is alone. */
  async #findTheCulprit(batch: readonly Outgoing[], name: string, signal: AbortSignal): Promise<Receipt[]> {
    if (batch.length === 1)
      return batch.map(({entry}) => refusedReceipt(entry, `refused by ${this.#service.name}: ${name}`, false))
    const middle = Math.ceil(batch.length / 2)
    const first = await this.#attempt(batch.slice(0, middle), signal)
    try {
      return [...first, ...(await this.#attempt(batch.slice(middle), signal))]
    } catch (error) {
      // Throwing would lose the receipts of the first half. The next send meets the same obstacle and says so.
      if (!(error instanceof MqliftError)) throw error
      return [...first, ...batch.slice(middle).map(({entry}) => refusedReceipt(entry, error.message, true))]
    }
  }

  get #doing(): string {
    return `sending to ${this.#service.words.target}`
  }

  #stop(reason: StopReason, name: string, cause?: unknown): MqliftError {
    const {words} = this.#service
    const says = reason === 'access-denied' ? 'AWS denied access' : `the ${words.kind} does not exist`
    const advice =
      reason === 'access-denied'
        ? `allow ${words.allow} on the ${words.kind}, and kms:GenerateDataKey and kms:Decrypt on its key`
        : `run mqlift apply, or find out who deleted the ${words.kind}`
    return new MqliftError('refused', `${this.#doing}: ${says} (${name})`, {
      reason,
      suggestions: [advice],
      cause,
    })
  }

  #alteredError(messageId: string): MqliftError {
    const message = `${this.#doing}: message ${messageId} was stored altered, so nothing more is sent`
    const advice = `receive ${messageId} and compare it with the source: what changed it is between here and ${this.#service.name}`
    return new MqliftError('incomplete', message, {
      reason: 'altered-at-target' satisfies StopReason,
      suggestions: [advice],
    })
  }
}
