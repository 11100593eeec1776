import type {Channel} from 'amqplib'

import {MqliftError} from '../../errors.ts'
import {type Diagnosis, failed, ok, type Probe, warning} from '../../model/doctor.ts'
import {parseId} from '../../model/id.ts'
import type {Tap} from '../../model/plan.ts'
import {word} from '../../model/shell.ts'
import {visible} from '../../model/visible.ts'
import {connect} from '../../protocols/amqp091/connect.ts'
import type {AmqpConnection} from '../../protocols/amqp091/connection.ts'
import {type AmqpProbeOptions, DEFAULT_VHOST, replyTo} from './probe-amqp.ts'

/**
 * Rights that only bridges with taps and sentinels need. Each is asked for by what RabbitMQ refuses whoever asks: the
 * right is checked first (403), then comes the refusal. Nothing is made, bound or routed (3.10.8, 4.0.5, 2026-11-24).
 */
const NOBODYS_TAP = 'mqlift.tap.doctor.no-such-queue'
const FORBIDDEN = 403
/** Not found, refused for what it is, or done: what is done when asked for is an unbinding of nothing. */
const ANSWERS: ReadonlySet<number | undefined> = new Set([FORBIDDEN, 404, 406, undefined])

/** `taps` are the planned ones; without a plan only what every tap needs is asked for. */
export function writeProbes(options: AmqpProbeOptions, taps: readonly Tap[]): Probe[] {
  const vhost = options.vhost ?? DEFAULT_VHOST
  return [
    {
      id: 'rights.sentinel',
      question: `May the user write to the default exchange of vhost ${visible(vhost)}, which sentinels need?`,
      needs: ['source.login'],
      run: (signal) => sentinelRight(options, signal),
    },
    {
      id: 'rights.taps',
      question:
        taps.length === 0
          ? `May the user make taps in vhost ${visible(vhost)}, which bridges of topics need?`
          : 'May the user make the taps of the plan?',
      needs: ['source.login'],
      run: (signal) => tapRights(options, taps, signal),
    },
  ]
}

async function sentinelRight(options: AmqpProbeOptions, signal: AbortSignal): Promise<Diagnosis> {
  const {endpoint, vhost = DEFAULT_VHOST} = options
  if (await isGiven(() => connect({...endpoint, vhost}, options, signal), DEFAULT_EXCHANGE))
    return ok(`${DEFAULT_EXCHANGE.said} is allowed`)
  return warning(
    `missing: ${DEFAULT_EXCHANGE.said}. migrate --until sentinel cannot put its message into a queue; --until mark needs no such right`,
    grant(vhost, endpoint.user, {write: String.raw`^amq\.default$`, read: QUEUES}),
  )
}

async function tapRights(
  options: AmqpProbeOptions,
  taps: readonly Tap[],
  signal: AbortSignal,
): Promise<Diagnosis> {
  const planned = Map.groupBy(
    taps.map(({exchange}) => parseId(exchange)),
    ({vhost}) => vhost,
  )
  if (planned.size === 0) planned.set(options.vhost ?? DEFAULT_VHOST, [])
  const missing: string[] = []
  const grants: string[] = []
  for (const [vhost, exchanges] of planned) {
    const names = exchanges.map(({name}) => name)
    const found = await missingRights(() => connect({...options.endpoint, vhost}, options, signal), names)
    if (found.length === 0) continue
    missing.push(`in vhost ${visible(vhost)}: ${found.join(', ')}`)
    grants.push(grantTaps(vhost, options.endpoint.user, names))
  }
  if (missing.length === 0)
    return ok(
      taps.length === 0
        ? 'all that a tap itself needs'
        : `all that ${taps.length === 1 ? 'the tap needs' : 'the taps need'}`,
    )
  const evidence = `missing ${missing.join('; ')}`
  return taps.length === 0
    ? warning(`${evidence}. Only migrate --bridge with taps needs it`, grants.join(' && '))
    : failed(evidence, grants.join(' && '))
}

interface Right {
  readonly said: string
  readonly ask: (channel: Channel) => Promise<unknown>
}

const MAKE: Right = {
  said: 'configure on mqlift.tap.*',
  // No queue has a length below zero. Exclusive, so that even one that was made would end with the connection.
  ask: (channel) =>
    channel.assertQueue(NOBODYS_TAP, {durable: false, exclusive: true, arguments: {'x-max-length': -1}}),
}
const DEFAULT_EXCHANGE: Right = {
  said: 'write on the default exchange (amq.default)',
  ask: (channel) => publishNothing(channel, ''),
}
/** A permission is a pattern of names, whatever has the name: an exchange called like a tap answers for taps. */
const FILL: Right = {
  said: 'write on mqlift.tap.*',
  ask: (channel) => publishNothing(channel, NOBODYS_TAP),
}
const EMPTY: Right = {
  said: 'read on mqlift.tap.*',
  ask: (channel) => channel.get(NOBODYS_TAP, {noAck: false}),
}
/** Unbinding what is not bound asks for the rights that binding needs, and changes nothing. */
const bindTo = (exchange: string): Right => ({
  said: `read on exchange ${visible(exchange)}`,
  ask: (channel) => channel.unbindQueue(NOBODYS_TAP, exchange, NOBODYS_TAP),
})

/** A time to live that is no number is refused (406) before a message is routed; besides, no queue has that name. */
async function publishNothing(channel: Channel, exchange: string): Promise<void> {
  channel.publish(exchange, NOBODYS_TAP, Buffer.alloc(0), {expiration: 'never'})
  // A publish has no answer of its own: this one comes after it.
  await channel.checkQueue(NOBODYS_TAP)
}

type Connect = () => Promise<AmqpConnection>

async function missingRights(open: Connect, exchanges: readonly string[]): Promise<string[]> {
  const missing: string[] = []
  for (const right of [MAKE, FILL, DEFAULT_EXCHANGE, EMPTY]) {
    if (!(await isGiven(open, right))) missing.push(right.said)
  }
  // Binding needs it as well, so without it nothing can be said of an exchange.
  if (missing.includes(FILL.said)) return missing
  for (const right of exchanges.map(bindTo)) {
    if (!(await isGiven(open, right))) missing.push(right.said)
  }
  return missing
}

/** A connection each: a broker in alarm answers the first publish and reads nothing after it, not even the farewell. */
async function isGiven(open: Connect, {said, ask}: Right): Promise<boolean> {
  await using connection = await open()
  const alarm: {reason: string | null} = {reason: null}
  connection.onBlocked((reason) => (alarm.reason = reason))
  const code = await replyTo(async (onClosed) => {
    await ask(await connection.openChannel(onClosed))
  })
  const answered = ANSWERS.has(code) && connection.isOpen
  if (alarm.reason !== null) {
    connection.destroy()
    await connection.closed
  }
  if (answered) return code !== FORBIDDEN
  throw new MqliftError('unreachable', `the broker answered ${code ?? 'nothing'} when asked for ${said}`, {
    reason: 'no-answer',
    suggestions: ['run it again when the broker is at rest'],
  })
}

const QUEUES = '<regex of the queues>'

/** `set_permissions` replaces what the user had, so the queues to move are in it as well. */
function grantTaps(vhost: string, user: string, exchanges: readonly string[]): string {
  const names = exchanges.length === 0 ? ['<exchanges>'] : exchanges.map(literal)
  return grant(vhost, user, {
    configure: String.raw`^mqlift\.tap\.`,
    write: String.raw`^(mqlift\.tap\..*|amq\.default)$`,
    read: String.raw`^(mqlift\.tap\..*|${[...names, QUEUES].join('|')})$`,
  })
}

function grant(
  vhost: string,
  user: string,
  {
    configure = '^$',
    write,
    read,
  }: {readonly configure?: string; readonly write: string; readonly read: string},
): string {
  return `rabbitmqctl set_permissions -p ${word(vhost)} ${word(user)} ${word(configure)} ${word(write)} ${word(read)}`
}

const literal = (name: string): string => name.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`)
