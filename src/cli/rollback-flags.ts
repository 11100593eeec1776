import {Flags} from '@oclif/core'

import {MqliftError} from '../errors.ts'
import {LEFT_STATES} from '../model/rollback.ts'
import {moveFlags} from './move-flags.ts'

const moment = Flags.custom<number>({
  parse: (text, _, {name}) => {
    const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
    if (!Number.isNaN(time)) return Promise.resolve(time)
    throw new MqliftError('usage', `--${name} ${text} is no date and time`, {
      suggestions: [`--${name} 2026-11-24T08:00:00Z`],
    })
  },
})

/** What `rollback` brings back. */
export const rollbackFlags = {
  since: moment({
    summary: 'Only what was moved at or after this time (ISO 8601).',
    helpGroup: 'WHAT',
    exclusive: ['with-new'],
  }),
  'until-time': moment({
    summary: 'Only what was moved before this time (ISO 8601).',
    helpGroup: 'WHAT',
    exclusive: ['with-new'],
  }),
  state: Flags.option({
    summary: 'Only messages in this state of the ledger (repeatable).',
    options: LEFT_STATES,
    multiple: true,
    multipleNonGreedy: true,
    exclusive: ['with-new'],
    helpGroup: 'WHAT',
  })(),
  'with-new': Flags.integer({
    summary: 'Cut back: also what waits at the targets, and of others’ messages there at most so many.',
    min: 0,
    helpGroup: 'WHAT',
  }),
  'leave-consumed': Flags.boolean({
    summary: 'With --with-new: what consumers took at the targets stays away; the archive is not read.',
    dependsOn: ['with-new'],
    helpGroup: 'WHAT',
  }),
  rate: moveFlags.rate,
  window: moveFlags.window,
  events: moveFlags.events,
}
