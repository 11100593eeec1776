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
  let altered: string | undefined
  const receipts = batch.map((one): Receipt => {
    const accepted = successful.get(one.id)
    if (!accepted) return failedReceipt(one.entry, failed.get(one.id))
    if (isAsSent(one, accepted)) return acceptedReceipt(one.entry, accepted)
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
function isAsSent({wire: {body, attributes}}: Outgoing, accepted: Successful): boolean {
  const wanted = attributes.length > 0 ? md5OfAttributes(attributes) : undefined
  return accepted.MD5OfMessageBody === md5OfBody(body) && accepted.MD5OfMessageAttributes === wanted
}

function faultOfEntry({Code, SenderFault, Message = ''}: Failed): Fault {
  return faultOf({name: Code, message: Message, status: SenderFault ? 400 : 500})
}

/** An entry in `Failed` was not accepted; whose fault it is decides whether trying again can help (T3). */
function failedReceipt(entry: Entry, failed: Failed | undefined): Receipt {
  if (!failed) return unknownReceipt(entry, 'the answer does not mention it')
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
