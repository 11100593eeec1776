import {type Fault, faultOf} from '../../protocols/aws-errors.ts'
import type {Entry, Receipt} from '../target.ts'
import {md5OfAttributes, md5OfBody} from './digest.ts'
import type {BatchEntry} from './request.ts'
import type {Answer, Failed, Successful} from './sender.ts'

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

export function outcomeOf(batch: readonly Outgoing[], answer: Answer): Outcome {
  const successful = new Map(answer.Successful.map((one) => [one.Id, one]))
  const failed = new Map(answer.Failed.map((one) => [one.Id, one]))
  const altered = batch.find((one) => isAltered(one, successful.get(one.id)))
  const denied = answer.Failed.filter((one) => faultOfEntry(one) === 'access-denied')
  return {
    receipts: batch.map((one) => receiptOf(one, successful.get(one.id), failed.get(one.id))),
    ...(altered && {altered: successful.get(altered.id)?.MessageId ?? 'unknown'}),
    ...(denied[0] && denied.length === batch.length && {denied: denied[0].Code}),
  }
}

function receiptOf(one: Outgoing, accepted: Successful | undefined, refused: Failed | undefined): Receipt {
  const {entry} = one
  if (accepted && isAltered(one, accepted)) {
    const reason = `altered at the target: the digest of message ${accepted.MessageId} is not ours`
    return refusedReceipt(entry, reason, false)
  }
  if (accepted) {
    const {MessageId: targetId, MD5OfMessageBody: md5} = accepted
    return {entry, unknownAttempts: 0, outcome: 'accepted', targetId, ...(md5 !== undefined && {md5})}
  }
  return refused ? failedReceipt(entry, refused) : unknownReceipt(entry, 'the answer does not mention it')
}

/** Both digests, always: the SDK checks the body only, and throws after the message was stored (M15). */
function isAltered({wire}: Outgoing, accepted: Successful | undefined): boolean {
  if (!accepted) return false
  const attributes = wire.attributes.length > 0 ? md5OfAttributes(wire.attributes) : undefined
  return accepted.MD5OfMessageBody !== md5OfBody(wire.body) || accepted.MD5OfMessageAttributes !== attributes
}

function faultOfEntry({Code, SenderFault, Message = ''}: Failed): Fault {
  return faultOf({name: Code, message: Message, status: SenderFault ? 400 : 500})
}

/** An entry in `Failed` was not accepted; whose fault it is decides whether trying again can help (T3). */
function failedReceipt(entry: Entry, failed: Failed): Receipt {
  const fault = faultOfEntry(failed)
  if (fault === 'throttled') return throttledReceipt(entry, failed.Code)
  // Only the name: what a service says about a message may quote the message.
  return refusedReceipt(entry, `refused by SQS: ${failed.Code}`, fault !== 'refused')
}

export function throttledReceipt(entry: Entry, name: string): Receipt {
  const reason = `throttled: ${name}`
  return {entry, unknownAttempts: 0, outcome: 'refused', retryable: true, throttled: true, reason}
}

export function refusedReceipt(entry: Entry, reason: string, retryable: boolean): Receipt {
  return {entry, unknownAttempts: 0, outcome: 'refused', retryable, reason}
}

export function unknownReceipt(entry: Entry, reason: string): Receipt {
  return {entry, unknownAttempts: 1, outcome: 'unknown', reason}
}
