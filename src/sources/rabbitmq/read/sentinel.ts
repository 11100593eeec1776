import {MqliftError} from '../../../errors.ts'
import {sentinelContent} from '../../../model/sentinel.ts'
import {Content, encodeProperties} from '../../../protocols/amqp091/content-writer.ts'
import {Publisher} from '../../../protocols/amqp091/publisher.ts'
import type {ReadContext} from './context.ts'
import {
  mayNotMark,
  noRoomForSentinel,
  roomNotKnown,
  sentinelBlocked,
  sentinelNotTaken,
  sentinelWaits,
} from './errors.ts'
import type {QueueNow} from './queue-now.ts'

/** How long the broker may take to confirm, and an alarm to end: a quorum queue without a leader never confirms. */
const CONFIRM_MS = 15_000
/** Closer to its limit than this a queue may drop its oldest message for the sentinel; numbers are 5 s old. */
const NEARLY_FULL = 0.9
const ACCESS_REFUSED = 403

/** A queue that drops its head at its limit would drop a message for our sentinel (rabbitmq.md 3.4: 1 lost). */
export function refuseWithoutRoom({queue}: ReadContext, now: QueueNow | undefined): void {
  if (!now) throw roomNotKnown(queue)
  const settings = {...now.effective_policy_definition, ...now.arguments}
  if ((settings['x-overflow'] ?? settings['overflow'] ?? 'drop-head') !== 'drop-head') return
  const {arguments: own, effective_policy_definition: policy = {}} = now
  if (
    full(now.messages, own['x-max-length'], policy['max-length']) ||
    full(now.message_bytes, own['x-max-length-bytes'], policy['max-length-bytes'])
  )
    throw noRoomForSentinel(queue)
}

const full = (held: number | undefined, ...limits: unknown[]): boolean =>
  limits.some((limit) => typeof limit === 'number' && (held ?? limit) >= NEARLY_FULL * limit)

/**
 * Through the default exchange, which reaches this queue and no other; returns when the broker has confirmed it. A
 * broker in alarm takes the first message of a connection all the same (3.10.8 and 4.0.5, 2026-11-24). When it says
 * nothing of it, the end of the alarm is not waited for: that may be never.
 */
export async function putSentinel(context: ReadContext, id: string, signal: AbortSignal): Promise<void> {
  const {queue, connect} = context
  using alarm = new Alarm(context)
  await using publisher = await Publisher.open(await connect(signal), {
    route: {exchange: '', routingKey: queue.name},
    confirmMs: CONFIRM_MS,
    onBlocked: (reason) => alarm.changed(reason),
  })
  const {properties, headers} = sentinelContent(id)
  const content = new Content(encodeProperties(properties, headers), new Uint8Array())
  const patience = AbortSignal.any([signal, alarm.tooLong])
  patience.addEventListener('abort', () => publisher.abandon(), {once: true})
  signal.throwIfAborted()
  const [fate] = (await publisher.publish([content])).fates
  if (fate === 'confirmed') return
  signal.throwIfAborted()
  if (alarm.reason !== null) throw sentinelBlocked(queue, alarm.reason)
  const {code, reason} = publisher.closed ?? {code: undefined, reason: fate}
  const cause = new MqliftError('unreachable', `${fate}: ${reason}`)
  throw code === ACCESS_REFUSED ? mayNotMark(queue, cause) : sentinelNotTaken(queue, cause)
}

/** The broker takes no messages while it is short of memory or disk. */
class Alarm implements Disposable {
  readonly #context: ReadContext
  readonly #tooLong = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #reason: string | null = null

  constructor(context: ReadContext) {
    this.#context = context
  }

  /** Why it takes none now; null = it does. */
  get reason(): string | null {
    return this.#reason
  }

  get tooLong(): AbortSignal {
    return this.#tooLong.signal
  }

  changed(reason: string | null): void {
    this.#reason = reason
    clearTimeout(this.#timer)
    if (reason === null) return
    this.#context.onNotice?.(sentinelWaits(this.#context.queue, reason))
    this.#timer = setTimeout(() => this.#tooLong.abort(), CONFIRM_MS)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}
