import {BaseCommand} from '../../cli/base-command.ts'
import {renderControl} from '../../cli/render/control.ts'
import {control} from '../../session/control.ts'
import {openSession} from '../../session/session.ts'

export default class ControlStatusCommand extends BaseCommand {
  static override summary = 'Say what the running migrate does.'
  static override description = 'Exit 4 when none runs in the folder.'
  static override examples = [
    '<%= config.bin %> control status --dir move',
    '<%= config.bin %> control status --dir move --json',
  ]

  async run() {
    const {flags} = await this.parse(ControlStatusCommand)
    const session = openSession(this.begin(flags))
    const status = await control(session, {do: 'status'})
    session.talk.answer(renderControl(status, session.talk.tint))
    return status
  }
}
