import {MqliftError} from '../../errors.ts'
import {word} from '../../model/shell.ts'
import type {Shovelled} from '../../model/shovels.ts'
import {visible} from '../../model/visible.ts'
import {shovelledDestinations} from './verified.ts'

export const noEnd = (end: 'source' | 'target'): MqliftError =>
  new MqliftError('usage', `a shovel needs both brokers, and nobody said where the ${end} is`, {
    reason: 'no-broker',
    suggestions: [
      end === 'source'
        ? 'give its address: amqps://user@host/, or set MQLIFT_SOURCE'
        : 'brokers: {amazon-mq-rabbitmq: {address: "amqps://USER@HOST:5671"}} in mqlift.yaml',
    ],
  })

/** Where somebody removes it by hand. */
export const removal = ({shovel: {at, vhost, name}}: Shovelled): string =>
  `rabbitmqctl clear_parameter -p ${word(vhost)} shovel ${word(name)} (at the ${at})`

/** Nothing is removed: cut off in the middle, a shovel gives back what it has in hand, which would then be moved twice. */
export const leftAlone = (running: readonly Shovelled[]): MqliftError =>
  new MqliftError('interrupted', 'shovels go on without mqlift until they have moved what waited', {
    suggestions: [
      'run the same command again: it watches them to their end, and counts',
      ...running.map((one) => `or remove it, which may repeat up to 1,000 messages: ${removal(one)}`),
    ],
  })

/** Another one beside it would take part in its messages, and neither would know how many it moved. */
export const elsewhere = (record: Shovelled): MqliftError =>
  new MqliftError('refused', `a shovel of an earlier run may be at work at the ${record.shovel.at}`, {
    reason: 'shovel-elsewhere',
    suggestions: [
      `shovel: {at: ${record.shovel.at}} in mqlift.yaml, and run again: it is watched to its end, and counted`,
    ],
  })

/** What the shovels of one queue ended with, when they did not move everything, or nobody can say whether they did. */
export function unfinished(moves: readonly Shovelled[]): MqliftError | undefined {
  const stopped = moves.find(({state}) => state === 'stopped')
  if (!stopped) return uncounted(moves)
  return new MqliftError('incomplete', `${stopped.source}: ${visible(stopped.reason ?? 'stopped')}`, {
    reason: 'not-drained',
    suggestions: [
      'settle that, then run the same command again',
      'or move this queue without a shovel: mqlift migrate --only and --except choose, --engine mqlift moves',
    ],
  })
}

/** It will not be known later either: what is counted is counted. */
function uncounted(moves: readonly Shovelled[]): MqliftError | undefined {
  const found = shovelledDestinations({moves}).find(({buckets}) => buckets.unexplained === null)
  if (!found) return undefined
  return new MqliftError(
    'incomplete',
    `${found.id}: whether everything arrived is not known: ${found.notChecked[0]}`,
    {
      reason: 'not-counted',
      suggestions: [
        'mqlift report says what was counted',
        'compare by hand what the old and the new consumers have; nothing is left to move',
      ],
    },
  )
}
