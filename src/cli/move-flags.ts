import {Flags} from '@oclif/core'

import {MqliftError} from '../errors.ts'
import {
  awsFlags,
  decisionFlags,
  emulatorFlag,
  executeFlag,
  selectionFlags,
  sourceFlags,
  targetFlags,
} from './flags.ts'

/** How `migrate` moves. */
export const moveFlags = {
  ...emulatorFlag,
  until: Flags.option({
    summary:
      'When a queue is done: drained, as many messages as waited, or up to a marker put in at the start.',
    options: ['empty', 'mark', 'sentinel'] as const,
    default: 'empty' as const,
    helpGroup: 'MOVE',
  })(),
  bridge: Flags.boolean({
    default: false,
    summary: 'Move every queue as it fills, and feed the taps, until mqlift control stop.',
    exclusive: ['until', 'rehearse'],
    helpGroup: 'MOVE',
  }),
  engine: Flags.option({
    summary:
      'Who moves: mqlift, with a proof of every message, or a shovel of RabbitMQ, verified by counts alone.',
    options: ['mqlift', 'shovel'] as const,
    default: 'mqlift' as const,
    helpGroup: 'MOVE',
  })(),
  rate: Flags.integer({summary: 'Messages per second at most, over all queues.', min: 1, helpGroup: 'MOVE'}),
  window: Flags.integer({
    summary: 'Messages per queue that may be under way.',
    min: 1,
    max: 65_535,
    helpGroup: 'MOVE',
  }),
  archive: Flags.option({
    summary: 'Keep every message as it left, in the migration folder.',
    options: ['on', 'off'] as const,
    default: 'on' as const,
    helpGroup: 'MOVE',
  })(),
  quarantine: Flags.boolean({
    summary:
      'Put messages that cannot be sent into the archive when no more of them can be held back; see retry.',
    helpGroup: 'MOVE',
  }),
  'skip-failed': Flags.boolean({
    summary: 'Ordered moves: go on with a group although an earlier message of it failed.',
    helpGroup: 'MOVE',
  }),
  identity: Flags.string({
    summary: 'You vouch that this is unique: header:NAME or property:NAME. Prevents repeats.',
    helpGroup: 'MOVE',
  }),
  rehearse: Flags.boolean({
    default: false,
    summary:
      'Copy a sample into scratch targets, compare and measure, remove them. The broker keeps every message.',
    helpGroup: 'MOVE',
  }),
  sample: Flags.string({
    summary: 'With --rehearse: a share or a number of messages per queue, for example 10% or 500.',
    dependsOn: ['rehearse'],
    helpGroup: 'MOVE',
  }),
  events: Flags.string({
    summary: 'Write what happens as JSON lines to a file, or - for stdout.',
    parse: async (target, {argv}) => {
      if (target !== '-' || !argv.includes('--json')) return target
      throw new MqliftError('usage', '--events - and --json both want stdout', {
        suggestions: ['--events FILE'],
      })
    },
    helpGroup: 'MOVE',
  }),
}

/** Everything `migrate` takes: it applies, moves, verifies and reports. */
export const migrateFlags = {
  ...executeFlag,
  ...selectionFlags,
  ...decisionFlags,
  ...moveFlags,
  ...awsFlags,
  ...targetFlags,
  ...sourceFlags,
}
