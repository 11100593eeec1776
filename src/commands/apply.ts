import {Flags} from '@oclif/core'

import {BaseCommand} from '../cli/base-command.ts'
import {awsFlags, executeFlag, targetFlags} from '../cli/flags.ts'
import {differs, type Rehearsal, renderApplied} from '../cli/render/deployment.ts'
import {type Folder, ours} from '../cli/shell.ts'
import {applyCommand} from '../session/apply-command.ts'
import {openSession} from '../session/session.ts'

export default class Apply extends BaseCommand {
  static override summary = 'Create the queues, topics, subscriptions and policies of the plan.'
  static override description =
    'Without --execute only says what differs. Run again, it changes nothing that is as planned.'
  static override examples = [
    '<%= config.bin %> apply --dir move',
    '<%= config.bin %> apply --dir move --cutover --execute',
  ]
  static override flags = {
    ...executeFlag,
    cutover: Flags.boolean({
      default: false,
      summary: 'Also set what waits for the consumers: final retention and delays.',
    }),
    adopt: Flags.boolean({
      default: false,
      summary: 'Take over what somebody else created: writes deployment.json, nothing in AWS.',
      exclusive: ['execute', 'cutover'],
    }),
    ...awsFlags,
    ...targetFlags,
  }

  async run() {
    const {flags} = await this.parse(Apply)
    const session = openSession(this.begin(flags))
    const applied = await applyCommand(session, flags)
    session.talk.answer(renderApplied(applied, session.talk.tint))
    session.talk.say(nextStep(session, flags, applied))
    return applied.json
  }
}

interface ApplyFlags {
  readonly execute: boolean
  readonly adopt: boolean
  readonly cutover: boolean
}

function nextStep(folder: Folder, {execute, adopt, cutover}: ApplyFlags, applied: Rehearsal): string {
  if (!execute && !adopt && differs(applied)) {
    return `to change it: ${ours(folder, 'apply', ...(cutover ? ['--cutover'] : []), '--execute')}`
  }
  return `next: ${cutover ? ours(folder, 'report') : ours(folder, 'migrate')}`
}
