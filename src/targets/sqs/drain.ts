import type {Message} from '@aws-sdk/client-sqs'

import {MqliftError} from '../../errors.ts'
import type {Found} from '../target.ts'
import {decodedOrNull} from './decode.ts'
import type {ConsumerCalls, Held} from './take-back/calls.ts'

export interface DrainOptions {
  readonly calls: Pick<ConsumerCalls, 'url' | 'receive' | 'remove'>
  /** Messages that are there and cannot be received yet: in flight or delayed. */
  hidden(): Promise<number>
}

/** Long enough for the rest of a reading: nothing comes twice in it. */
const INVISIBLE_SECONDS = 600
/** A short answer may be empty although there is something; a long one asks every server (AWS guide, read 2026-11-24). */
const EMPTY_ANSWERS = 2
/** What stays hidden so long was received by somebody else, or is delayed: it is not there for us. */
const HIDDEN_ANSWERS = 30

/**
 * Takes everything out of a queue, as its usual consumer would, and undoes the wire form. One request at a time, so
 * that a FIFO queue is seen in its order.
 */
export async function* drainQueue(options: DrainOptions, signal: AbortSignal): AsyncGenerator<Found, void> {
  for (let [empty, hidden] = [0, 0]; empty < EMPTY_ANSWERS && hidden < HIDDEN_ANSWERS;) {
    const messages = await options.calls.receive(signal, INVISIBLE_SECONDS)
    if (messages.length > 0) {
      empty = hidden = 0
      await remove(options, messages.map(held))
      yield* messages.map(found)
    } else if ((await options.hidden()) === 0) empty++
    else hidden++
  }
}

/** What says that it is ours and cannot be read is as foreign as what does not say so: the comparison tells. */
function found(message: Message): Found {
  const group = message.Attributes?.MessageGroupId
  return {envelope: decodedOrNull(message), ...(group !== undefined && {group})}
}

/** By place in the answer: an id may be missing, or come twice. */
const held = ({ReceiptHandle: handle = ''}: Message, index: number): Held => ({id: String(index), handle})

/** A group gives nothing more while some of it is in flight: what is not deleted would look like the queue's end. */
async function remove({calls}: DrainOptions, messages: readonly Held[]): Promise<void> {
  const failed = new Set(await calls.remove(messages))
  if (failed.size === 0) return
  const left = await calls.remove(messages.filter(({id}) => failed.has(id)))
  if (left.length === 0) return
  throw new MqliftError(
    'unreachable',
    `SQS did not delete what came from ${calls.url}: ${left.length} failed twice`,
    {
      suggestions: ['wait a minute and rehearse again: the scratch queue is removed, whatever is in it'],
    },
  )
}
