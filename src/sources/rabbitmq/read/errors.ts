import {MqliftError} from '../../../errors.ts'
import {visible} from '../../../model/visible.ts'
import type {QueueName} from './queue-now.ts'

const shown = ({vhost, name}: QueueName): string => `queue ${visible(name)} in virtual host ${visible(vhost)}`

export const queueGone = (queue: QueueName, cause?: unknown): MqliftError =>
  new MqliftError('incomplete', `There is no ${shown(queue)} (any more)`, {
    cause,
    reason: 'source-changed',
    suggestions: ['mqlift inspect, to see what the broker has now', 'The ledger keeps what was moved so far'],
  })

export const isStream = (queue: QueueName): MqliftError =>
  new MqliftError('refused', `${shown(queue)} is a stream, which is not moved`, {
    reason: 'stream',
    suggestions: ['Leave it out: --except', 'Reading a stream from an offset is the way to copy it'],
  })

export const isExclusive = (queue: QueueName, cause: unknown): MqliftError =>
  new MqliftError('refused', `${shown(queue)} belongs to one connection and nobody else may read it`, {
    cause,
    reason: 'exclusive',
    suggestions: ['Let its application read it empty', 'Leave it out: --except'],
  })

export const heldByConsumer = (queue: QueueName, cause: unknown): MqliftError =>
  new MqliftError('refused', `Another consumer has ${shown(queue)} for itself`, {
    cause,
    reason: 'exclusive-consumer',
    suggestions: ['Stop the application that reads it', 'rabbitmqctl list_consumers'],
  })

export const mayNotRead = (queue: QueueName, cause: unknown): MqliftError =>
  new MqliftError('unreachable', `The user may not read ${shown(queue)}`, {
    cause,
    reason: 'not-permitted',
    suggestions: [`rabbitmqctl set_permissions -p <vhost> <user> '' '' '.*'`],
  })

export const noAnswer = (queue: QueueName, cause: unknown): MqliftError =>
  new MqliftError('unreachable', `The broker does not answer for ${shown(queue)}`, {
    cause,
    reason: 'no-answer',
    suggestions: [
      'rabbitmq-queues quorum_status <queue> --vhost <vhost>: a quorum queue may have no leader',
      'Run again to go on',
    ],
  })

export const deliveryLimitNear = (queue: QueueName, why: string): MqliftError =>
  new MqliftError('refused', `Stopped before ${shown(queue)} gives messages up: ${why}`, {
    reason: 'delivery-limit',
    suggestions: [
      'Raise the limit for the move: rabbitmqctl set_policy --priority 999 mqlift <pattern> \'{"delivery-limit": 1000}\' --apply-to queues',
      'Or give the queue a dead-letter exchange',
    ],
  })

export const heldTooLong = (queue: QueueName, minutes: number): MqliftError =>
  new MqliftError(
    'incomplete',
    `A message of ${shown(queue)} could not be moved and was held for ${minutes} minutes`,
    {
      reason: 'held-too-long',
      suggestions: [
        'The report says why it could not be moved',
        'The broker would close the channel soon; run again to go on',
      ],
    },
  )

export const tooManyUnreadable = (queue: QueueName, count: number): MqliftError =>
  new MqliftError(
    'incomplete',
    `${count} messages of ${shown(queue)} have header tables that cannot be read`,
    {
      reason: 'unreadable-messages',
      suggestions: ['They stay on the broker', 'Look at one: rabbitmqadmin get'],
    },
  )

export const noRoomForSentinel = (queue: QueueName): MqliftError =>
  new MqliftError(
    'refused',
    `${shown(queue)} is nearly full and drops its oldest message for a new one: a sentinel would cost a message`,
    {
      reason: 'sentinel-no-room',
      suggestions: ['Use --until mark', 'Or raise its max-length with a policy'],
    },
  )

export const roomNotKnown = (queue: QueueName): MqliftError =>
  new MqliftError(
    'refused',
    `Whether ${shown(queue)} has room for a sentinel is not known without the management API`,
    {
      reason: 'sentinel-no-room',
      suggestions: ['Name it: --management https://host:15671', 'Or use --until mark'],
    },
  )

export const mayNotMark = (queue: QueueName, cause: unknown): MqliftError =>
  new MqliftError('unreachable', `The user may not put a sentinel into ${shown(queue)}`, {
    cause,
    reason: 'not-permitted',
    suggestions: [
      `rabbitmqctl set_permissions -p <vhost> <user> '' '^amq\\.default$' '.*'`,
      'Or use --until mark, which needs no right to write',
    ],
  })

export const sentinelNotTaken = (queue: QueueName, cause: unknown): MqliftError =>
  new MqliftError('unreachable', `The broker did not take the sentinel for ${shown(queue)}`, {
    cause,
    reason: 'sentinel-not-taken',
    suggestions: [
      'The queue may be full and reject messages: use --until mark',
      'Run again: a sentinel that is there all the same is taken out',
    ],
  })

export const sentinelBlocked = (queue: QueueName, why: string): MqliftError =>
  new MqliftError(
    'unreachable',
    `The broker takes no messages for now (${visible(why)}), and so no sentinel for ${shown(queue)}`,
    {
      reason: 'sentinel-not-taken',
      suggestions: [
        'Use --until mark, which puts nothing into the queue: it can be read empty all the same',
        'Or end the alarm first: rabbitmq-diagnostics alarms says what it is about',
        'Run again: a sentinel that is there all the same is taken out',
      ],
    },
  )

export const sentinelWaits = (queue: QueueName, why: string): string =>
  `the broker takes no messages for now (${visible(why)}): whether it took the sentinel for ${shown(queue)} it has to say`
