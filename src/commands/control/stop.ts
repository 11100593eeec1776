import {BaseCommand} from '../../cli/base-command.ts'
import {renderControl} from '../../cli/render/control.ts'
import {control} from '../../session/control.ts'
import {openSession} from '../../session/session.ts'

export default class ControlStop extends BaseCommand {
  static override summary = 'End the running migrate; a bridge ends for good, its taps are removed.'
  static override description =
    'Returns at once; status says stopping until it has ended. A migrate without --bridge ends as after Ctrl-C. Exit 4 when none runs.'
  static override examples = [
    '<%= config.bin %> control stop --dir move',
    '<%= config.bin %> control stop --dir move --json',
  ]

  async run() {
    const {flags} = await this.parse(ControlStop)
    const session = openSession(this.begin(flags))
    const status = await control(session, {do: 'stop'})
    session.talk.answer(renderControl(status, session.talk.tint))
    return status
  }
}
