import {Flags} from '@oclif/core'

import {MqliftError} from '../errors.ts'
import {emulatorFlag} from './flags.ts'

/** How `migrate` moves. */
export const moveFlags = {
  ...emulatorFlag,
  until: Flags.option({
    summary: 'When a queue is done: drained, or as many messages as waited at the start.',
    options: ['empty', 'mark'] as const,
    default: 'empty' as const,
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
  identity: Flags.string({
    summary: 'You vouch that this is unique: header:NAME or property:NAME. Prevents repeats.',
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
