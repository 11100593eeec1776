import {BaseCommand} from '../../cli/base-command.ts'
import {renderControl} from '../../cli/render/control.ts'
import {control} from '../../session/control.ts'
import {openSession} from '../../session/session.ts'

export default class ControlResume extends BaseCommand {
  static override summary = 'Let a paused migrate go on.'
  static override description =
    'A file called pause in the folder holds it all the same. Exit 4 when none runs in the folder.'
  static override examples = [
    '<%= config.bin %> control resume --dir move',
    '<%= config.bin %> control resume --dir move --json',
  ]

  async run() {
    const {flags} = await this.parse(ControlResume)
    const session = openSession(this.begin(flags))
    const status = await control(session, {do: 'resume'})
    session.talk.answer(renderControl(status, session.talk.tint))
    return status
  }
}
