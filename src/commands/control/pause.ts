import {Args} from '@oclif/core'

import {BaseCommand} from '../../cli/base-command.ts'
import {renderControl} from '../../cli/render/control.ts'
import {control} from '../../session/control.ts'
import {openSession} from '../../session/session.ts'

export default class ControlPause extends BaseCommand {
  static override summary = 'Hold the running migrate: what is under way ends, nothing more is sent.'
  static override description =
    'Lasts until control resume, or until that migrate ends. Exit 4 when none runs in the folder.'
  static override examples = [
    '<%= config.bin %> control pause --dir move',
    "<%= config.bin %> control pause 'month-end closing' --dir move",
  ]
  static override args = {why: Args.string({description: 'Shown as the reason.'})}

  async run() {
    const {args, flags} = await this.parse(ControlPause)
    const session = openSession(this.begin(flags))
    const status = await control(session, {do: 'pause', why: args.why ?? null})
    session.talk.answer(renderControl(status, session.talk.tint))
    return status
  }
}
