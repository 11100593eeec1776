import {type Fault, faultOf} from '../../protocols/aws-errors.ts'
import {refusedReceipt, throttledReceipt, unknownReceipt} from '../receipt.ts'
import type {Entry, Receipt} from '../target.ts'
import type {BatchEntry} from './request.ts'
import type {SqsWire} from './wire.ts'

/** The parts of an answer to a batch that matter, of SendMessageBatch and PublishBatch alike. */
export interface Answer {
  readonly Successful: readonly Successful[]
  readonly Failed: readonly Failed[]
}

interface Successful {
  readonly Id: string
  readonly MessageId: string
  readonly MD5OfMessageBody?: string | undefined
  readonly MD5OfMessageAttributes?: string | undefined
}

interface Failed {
  readonly Id: string
  readonly Code: string
  readonly SenderFault: boolean
  readonly Message?: string | undefined
}

/** What the service must say that it stored. */
export interface Digests {
  readonly ofBody: (wire: SqsWire) => string
  readonly ofAttributes: (wire: SqsWire) => string | undefined
}

interface Service {
  readonly name: string
  readonly digests: Digests | null
}

/** A message as it goes out, with the id that it has in its batch. */
export interface Outgoing extends BatchEntry {
  readonly entry: Entry
}

export interface Outcome {
  /** One per message. What the answer does not mention is unknown. */
  readonly receipts: Receipt[]
  /** Id of a message that is stored, but not as we sent it (reliability.md T10). */
  readonly altered?: string
  /** Set when every message failed because something forbids it, for example the key of the queue (T17). */
  readonly denied?: string
}

export function outcomeOf(batch: readonly Outgoing[], answer: Answer, {name, digests}: Service): Outcome {
  const successful = new Map(answer.Successful.map((one) => [one.Id, one]))
  const failed = new Map(answer.Failed.map((one) => [one.Id, one]))
  let altered: string | undefined
  const receipts = batch.map((one): Receipt => {
    const accepted = successful.get(one.id)
    if (!accepted) return failedReceipt(one.entry, failed.get(one.id), name)
    if (digests === null || isAsSent(one.wire, accepted, digests)) return acceptedReceipt(one.entry, accepted)
    altered ??= accepted.MessageId
    const reason = `altered at the target: the digest of message ${accepted.MessageId} is not ours`
    return refusedReceipt(one.entry, reason, false)
  })
  const denied = answer.Failed.filter((one) => faultOfEntry(one) === 'access-denied')
  return {
    receipts,
    ...(altered !== undefined && {altered}),
    ...(denied[0] && denied.length === batch.length && {denied: denied[0].Code}),
  }
}

function acceptedReceipt(entry: Entry, {MessageId, MD5OfMessageBody: md5}: Successful): Receipt {
  const targetId = MessageId
  return {entry, unknownAttempts: 0, outcome: 'accepted', targetId, ...(md5 !== undefined && {md5})}
}

/** Both digests, always: the SDK checks the body only, and throws after the message was stored (M15). */
function isAsSent(wire: SqsWire, accepted: Successful, {ofBody, ofAttributes}: Digests): boolean {
  return accepted.MD5OfMessageBody === ofBody(wire) && accepted.MD5OfMessageAttributes === ofAttributes(wire)
}

function faultOfEntry({Code, SenderFault, Message = ''}: Failed): Fault {
  return faultOf({name: Code, message: Message, status: SenderFault ? 400 : 500})
}

/** An entry in `Failed` was not accepted; whose fault it is decides whether trying again can help (T3). */
function failedReceipt(entry: Entry, failed: Failed | undefined, service: string): Receipt {
  if (!failed) return unknownReceipt(entry, 'the answer does not mention it')
  const fault = faultOfEntry(failed)
  if (fault === 'throttled') return throttledReceipt(entry, failed.Code)
  // Only the name: what a service says about a message may quote the message.
  return refusedReceipt(entry, `refused by ${service}: ${failed.Code}`, fault !== 'refused')
}
