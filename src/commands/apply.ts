import {Flags} from '@oclif/core'

import {BaseCommand} from '../cli/base-command.ts'
import {awsFlags, executeFlag} from '../cli/flags.ts'
import {renderApplied} from '../cli/render/deployment.ts'
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
  }

  async run() {
    const {flags} = await this.parse(Apply)
    const session = openSession(this.begin(flags))
    const applied = await applyCommand(session, flags)
    session.talk.answer(renderApplied(applied, session.talk.tint))
    session.talk.say(
      flags.execute || flags.adopt ? 'next: mqlift migrate' : 'to change it: mqlift apply --execute',
    )
    return applied.json
  }
}
