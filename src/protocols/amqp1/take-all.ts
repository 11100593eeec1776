import rhea from 'rhea'
import type {Delivery, EventContext, Message, Receiver} from 'rhea'

import {MqliftError} from '../../errors.ts'
import {type Amqp1Connection, type Condition, conditionOf} from './connect.ts'

/** Of one question: ActiveMQ hands out a page of 200 that nobody has accepted, and no more. */
const ROUND = 100
const ANSWER_MS = 30_000
/** An answer may belong to the round before. */
const EMPTY_ROUNDS = 2
const CLOSE_MS = 5000

interface Arrived {
  readonly bytes: Buffer
  readonly delivery: Delivery
}

/**
 * Takes everything out of a queue, as a consumer would: accepted first, then yielded, as the bytes of the message.
 * Ends when the broker says that there is no more for this link. The connection stays the caller's.
 */
export async function* takeAll(
  {connection}: Amqp1Connection,
  address: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  keepBytes()
  const receiver = connection.open_receiver({source: {address}, credit_window: 0, autoaccept: false})
  const ended = endOf(receiver, address)
  try {
    const open = Promise.withResolvers<void>()
    receiver.once('receiver_open', () => open.resolve())
    await answered(open.promise, ended, address, signal)
    for (let empty = 0; empty < EMPTY_ROUNDS;) {
      const taken = await answered(round(receiver), ended, address, signal)
      empty = taken.length === 0 ? empty + 1 : 0
      for (const {delivery} of taken) delivery.accept()
      for (const {bytes} of taken) yield bytes
    }
  } finally {
    await closed(receiver)
  }
}

/** As many as there are, up to a round: the broker says when it has no more. */
async function round(receiver: Receiver): Promise<readonly Arrived[]> {
  const arrived: Arrived[] = []
  const done = Promise.withResolvers<void>()
  const take = ({message, delivery}: EventContext): void => {
    if (!message || !delivery) return
    arrived.push({bytes: bytesOf(message), delivery})
    // Then there is no credit that it could give back.
    if (arrived.length === ROUND) done.resolve()
  }
  const drained = (): void => done.resolve()
  receiver.on('message', take)
  receiver.once('receiver_drained', drained)
  receiver.add_credit(ROUND)
  receiver.drain_credit()
  await done.promise
  receiver.removeListener('message', take)
  receiver.removeListener('receiver_drained', drained)
  return arrived
}

/** Rejects when the link ends, whichever way; it is told to one of three alone. */
function endOf(receiver: Receiver, address: string): Promise<never> {
  const ended = Promise.withResolvers<never>()
  // It may come when nobody waits for it.
  ended.promise.catch(() => undefined)
  const refused = (): void => ended.reject(refusal(address, conditionOf(receiver.error)))
  for (const event of ['receiver_error', 'receiver_close']) receiver.once(event, refused)
  const lost = ({error}: EventContext): void => ended.reject(silent(address, conditionOf(error)))
  for (const event of ['session_error', 'session_close']) receiver.session.once(event, lost)
  for (const event of ['disconnected', 'connection_close']) receiver.connection.once(event, lost)
  return ended.promise
}

async function answered<T>(
  answer: Promise<T>,
  ended: Promise<never>,
  address: string,
  signal: AbortSignal,
): Promise<T> {
  const late = Promise.withResolvers<never>()
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
  const abort = (): void => late.reject(signal.aborted ? signal.reason : silent(address, {}))
  if (limit.aborted) abort()
  limit.addEventListener('abort', abort)
  try {
    return await Promise.race([answer, ended, late.promise])
  } finally {
    limit.removeEventListener('abort', abort)
  }
}

/** The broker has let go of the link: a queue that somebody reads from cannot be deleted. */
async function closed(receiver: Receiver): Promise<void> {
  if (receiver.is_closed() || !receiver.connection.is_open()) return
  const done = Promise.withResolvers<void>()
  const timer = setTimeout(() => done.resolve(), CLOSE_MS)
  receiver.once('receiver_close', () => done.resolve())
  receiver.connection.once('disconnected', () => done.resolve())
  receiver.close()
  await done.promise
  clearTimeout(timer)
}

const kept = new WeakMap<object, Buffer>()
let keeping = false

/** rhea gives a message and not the bytes it was made of; it decodes through this one function. */
function keepBytes(): void {
  if (keeping) return
  keeping = true
  const {decode} = rhea.message
  rhea.message.decode = (bytes) => {
    const message = decode(bytes)
    kept.set(message, bytes)
    return message
  }
}

function bytesOf(message: Message): Buffer {
  const bytes = kept.get(message)
  if (!bytes) throw new Error('rhea made a message in another way')
  return bytes
}

function refusal(address: string, {condition = 'no reason'}: Condition): MqliftError {
  const unauthorized = /unauthorized/.test(condition)
  const text = unauthorized ? 'does not let this user read from' : 'refused the link to'
  return new MqliftError('refused', `the broker ${text} ${address} (${condition})`, {
    reason: unauthorized ? 'access-denied' : 'target-missing',
    suggestions: ['look into the broker’s log for the reason'],
  })
}

function silent(address: string, {condition, code}: Condition): MqliftError {
  const name = condition ?? code
  const why = name === undefined ? 'no answer' : `the connection was lost (${name})`
  return new MqliftError('unreachable', `${address} could not be read to its end: ${why}`, {
    reason: 'no-answer',
    suggestions: ['look whether the broker runs, then run the same command again'],
  })
}
