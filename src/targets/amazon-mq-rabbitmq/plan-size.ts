import {RABBITMQ_SIZES} from '../../facts/amazon-mq-sizes.ts'
import {valueOf} from '../../model/facts.ts'
import {ask} from '../plan-draft.ts'
import type {PlannedDefinitions} from './definitions.ts'
import {loadOf} from './load.ts'
import type {Planning} from './planning.ts'
import {lose, say} from './planning.ts'
import type {Exceeded, Fit, Load} from './sizing.ts'
import {fitOf, messageBytes, smallestFor} from './sizing.ts'

export interface PlannedSize {
  readonly instance: string
  /** Bytes of the largest message that it takes once what is asked for is done. */
  readonly maxMessageBytes: number
}

const RAISED = 'raised'

/** Checks the instance that was named, or chooses the smallest that holds everything. */
export function planSize(planning: Planning, planned: PlannedDefinitions): PlannedSize {
  const {broker} = planning
  const load = loadOf(planning, planned)
  const smallest = smallestFor(load, broker)
  const fit = broker.instance === null ? smallest : fitOf(broker.instance, load, broker)
  sayInstance(planning, load, {fit, smallest})
  for (const over of fit.over) tooSmall(planning, {fit, smallest, over})
  for (const over of fit.raise) askToRaise(planning, fit, over)
  return {instance: fit.instance, maxMessageBytes: planMessageBytes(planning, planned)}
}

interface Chosen {
  readonly fit: Fit
  readonly smallest: Fit
}

const subjectOf = ({broker}: Planning): string => `broker:${broker.name}`
const figure = (value: number): string => value.toLocaleString('en-US')

function sayInstance(planning: Planning, load: Load, {fit, smallest}: Chosen): void {
  const {broker} = planning
  const nodes = broker.deployment === 'cluster' ? 'three nodes' : 'one node'
  const counted = Object.entries(load).flatMap(([what, value]) =>
    typeof value === 'number' ? [`${figure(value)} ${WORDS[what] ?? what}`] : [],
  )
  const unknown = Object.entries(load).flatMap(([what, value]) =>
    value === null && what !== 'deepest' ? [WORDS[what] ?? what] : [],
  )
  const blind = [...unknown, 'channels', 'consumers per channel', 'the largest message']
  const why =
    broker.instance === null
      ? 'the smallest that holds it; mq.m7g.medium is for evaluation'
      : fit.instance === smallest.instance
        ? 'as mqlift.yaml says, and the smallest that holds it'
        : `as mqlift.yaml says; the smallest that holds it is ${smallest.instance}`
  say(planning, {
    subject: subjectOf(planning),
    field: 'instance',
    from: `${counted.join(', ')}. Not seen: ${blind.join(', ')}`,
    to: `${fit.instance}, RabbitMQ ${broker.version}, ${nodes}: ${why}`,
    undo: 'brokers: amazon-mq-rabbitmq: instance: in mqlift.yaml',
  })
}

const WORDS: Readonly<Record<string, string>> = {backlogBytes: 'bytes waiting'}

function tooSmall(planning: Planning, {fit, smallest, over}: Chosen & {readonly over: Exceeded}): void {
  const instead =
    smallest.over.length === 0
      ? `${smallest.instance} is the smallest that holds everything`
      : 'no instance holds everything: split the estate over several brokers'
  lose(planning, {
    rule: `limit-${over.what}`,
    subject: subjectOf(planning),
    field: over.what,
    change: 'truncated',
    reason: `${figure(over.needed)} ${over.unit} where ${fit.instance} has ${figure(over.limit)} at most; ${instead} (${over.source})`,
  })
}

/** Nothing but a person can say that a broker was configured: Amazon MQ does not show it over AMQP. */
function askToRaise(planning: Planning, {instance}: Fit, over: Exceeded): void {
  const first = `${figure(over.needed)} ${over.unit} where ${instance} has ${figure(over.limit)} when created (${over.source})`
  if (!planning.broker.exists) {
    say(planning, {
      subject: subjectOf(planning),
      field: over.what,
      from: first,
      to: `raise ${over.key ?? over.what} when the broker is made`,
      undo: 'a larger instance has more when created',
    })
    return
  }
  ask(planning.draft, {
    rule: `raise-${over.what}`,
    subject: subjectOf(planning),
    question: `${first}: is ${over.key ?? over.what} raised, and the broker rebooted since?`,
    choices: [RAISED],
    who: 'whoever runs the broker on AWS',
  })
}

/**
 * 512 KiB as created, on 4.x. Of a queue only the mean size is known: above the limit somebody must have raised it,
 * and a single larger message is refused when it is its turn, and stays where it is.
 */
function planMessageBytes(planning: Planning, {queues}: PlannedDefinitions): number {
  const standard = messageBytes(planning.broker)
  const {key, most} = RABBITMQ_SIZES.messageBytes.value
  if (standard === most) return most
  const {observation} = planning.draft.context
  const means = queues.map(({destination: {id}}) => {
    const observed = observation?.destinations[id]
    const [bytes, messages] = [valueOf(observed?.bytes) ?? 0, valueOf(observed?.messages) ?? 0]
    return {id, mean: messages === 0 ? 0 : Math.ceil(bytes / messages)}
  })
  const [largest] = means.toSorted((one, other) => other.mean - one.mean)
  if (!planning.broker.exists || largest === undefined) {
    say(planning, {
      subject: subjectOf(planning),
      field: 'largest message',
      from: 'not seen',
      to: `${figure(standard)} bytes as created: raise ${key} (up to ${figure(most)}) if any is larger`,
      undo: 'none needed',
    })
    return standard
  }
  return askMessageBytes(planning, {standard, largest}) === RAISED ? most : standard
}

interface Message {
  readonly standard: number
  readonly largest: {readonly id: string; readonly mean: number}
}

const askMessageBytes = (planning: Planning, {standard, largest}: Message): string | null => {
  const {key, most} = RABBITMQ_SIZES.messageBytes.value
  const {url, read} = RABBITMQ_SIZES.messageBytes
  return ask(planning.draft, {
    rule: 'raise-message-size',
    subject: subjectOf(planning),
    question: `A 4.x broker of Amazon MQ takes messages up to ${figure(standard)} bytes until ${key} is raised (to ${figure(most)} at most); the largest mean is ${figure(largest.mean)}, of ${largest.id} (${url}, ${read}). Is it as created, or raised?`,
    choices: [RAISED, 'as-created'],
    who: 'whoever runs the broker on AWS',
    // On average too large: somebody must say that it was raised.
    ...(largest.mean <= standard && {assumed: 'as-created'}),
  })
}
